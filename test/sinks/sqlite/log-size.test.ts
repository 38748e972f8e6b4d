/**
 * The write-ahead log of a SQLite file: a reader that stays makes it grow; when the reader has left it is short again,
 * with more writes and without. Its length is a metric.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Registry } from 'prom-client';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { prometheus } from '../../../dist/src/metrics/index.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { settingsOf } from '../../../dist/src/sinks/sqlite/options.js';
import factory from '../../../dist/src/sinks/sqlite/sink.js';
import { until } from '../../fixtures/until.js';

const Key = defineSchema('k', { id: t.int32(), v: t.string() });
const limitBytes = 16 * 1024 * 1024;
const large = { id: 1, v: 'x'.repeat(8000) };

let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'log-size-'));
  file = join(folder, 'events.db');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const logBytes = () => statSync(`${file}-wal`).size;

/** A reader of the state as it is now. */
function reader() {
  const db = new Database(file, { readonly: true });
  onTestFinished(() => void db.close());
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM k').get();
  return { leave: () => db.exec('COMMIT') };
}

/** The sink, opened, and its registry. */
async function open() {
  const settings = settingsOf({ file, synchronous: 'off' });
  const sink = factory.create(settings);
  const metrics = new Registry();
  let changes = 0;
  const context = { flusher: 1, options: settings, metrics };
  await sink.open?.({ ...context, schemas: [Key], metricsChanged: () => changes++ });
  onTestFinished(() => sink.close?.());
  const { signal } = new AbortController();
  return {
    add(rows: number): void {
      void sink.write(batchOf(Key, Array(rows).fill(large)), { ...context, schema: Key, attempt: 1, signal });
    },
    shown: async () => (await metrics.getMetricsAsJSON())[0],
    changes: () => changes,
    close: () => sink.close?.(),
  };
}

it('is short again at the second commit after a reader has left', async () => {
  const sink = await open();
  const old = reader();
  while (logBytes() < 2 * limitBytes) sink.add(200);
  old.leave();
  // The first copies all of the log into the database, the second begins it anew. No timer can come between.
  sink.add(1);
  sink.add(1);
  expect(logBytes()).toBe(limitBytes);
});

it('is short again without another write once the reader has left, and the metric shows it', async () => {
  const sink = await open();
  const old = reader();
  while (logBytes() < limitBytes) sink.add(200);
  const grown = { value: logBytes(), labels: { file: 'events.db' } };
  expect(await sink.shown()).toMatchObject({ name: 'batchflow_sqlite_wal_bytes', values: [grown] });
  expect(sink.changes()).toBe(0);
  old.leave();
  await until(() => sink.changes() === 1, 'the log to be truncated');
  expect(logBytes()).toBe(0);
  expect(await sink.shown()).toMatchObject({ values: [{ value: 0, labels: { file: 'events.db' } }] });
  sink.add(200);
  expect(logBytes()).toBeGreaterThan(0);
});

it('is shortened at the end, too, where another connection keeps the file open', async () => {
  const sink = await open();
  const old = reader();
  while (logBytes() < limitBytes) sink.add(200);
  old.leave();
  sink.close();
  expect(logBytes()).toBe(0);
});

it.each([
  [1, 0],
  // One that saw less than the limit at its last commit does not look again.
  [2, limitBytes],
])(
  'is shown for the file of a flow, no less current while nothing is written: %i flushers',
  async (flushers, most) => {
    const flow = await createBatchFlow({
      schema: Key,
      sink: sqlite({ file, synchronous: 'off' }),
      flushIntervalMs: 1,
      flushers,
    });
    onTestFinished(async () => void (await flow.destroy().catch(() => {})));
    const registry = new Registry();
    prometheus(flow, { registry });
    const shown = async () => {
      const line = /^batchflow_sqlite_wal_bytes\{(.*)\} (\d+)$/m.exec(await registry.metrics());
      return line === null ? undefined : { labels: line[1], bytes: Number(line[2]) };
    };
    const labels = 'file="events.db",flow="k"';
    const old = reader();
    while (logBytes() < limitBytes) {
      for (let i = 0; i < 200; i++) flow.push(large);
      await flow.committed();
    }
    await until(async () => ((await shown())?.bytes ?? 0) >= limitBytes, 'the length of a grown log');
    old.leave();
    await until(
      async () => ((await shown())?.bytes ?? limitBytes) <= most,
      'the length of the truncated log',
    );
    expect(logBytes()).toBe(0);
    expect((await shown())?.labels?.split(',').sort().join()).toBe(labels);
    await flow.close();
  },
);
