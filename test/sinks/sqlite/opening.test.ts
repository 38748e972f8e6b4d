/**
 * Many connections that open one new SQLite file at the same time, of many flushers and several processes: they wait
 * for each other's switch to WAL and for the table, as long as `busyTimeoutMs` says, counted from the first lock on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { Child } from '../../fixtures/child.js';
import { selectNumber } from '../../fixtures/command.js';

const Key = defineSchema('k', { id: t.int32(), v: t.string() });

let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'opening-'));
  file = join(folder, 'events.db');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

it('waits for locks only from the moment on at which the driver is loaded', async () => {
  const slow = new Child('slow-driver.mjs', [file]);
  await slow.says();
  const holder = new Child('lock-holder.mjs', [file, 'EXCLUSIVE', 1500]);
  await holder.says();
  slow.tell({});
  expect(await slow.says()).toEqual({ opened: true });
});

it('of eight flushers and three processes arrives, all rows of all of them', async () => {
  // All of them meet the lock, and go on at the same moment.
  const holder = new Child('lock-holder.mjs', [file, 'EXCLUSIVE']);
  await holder.says();
  const writers = [1, 2, 3].map(() => new Child('sqlite-writer.mjs', [file]));
  const opening = createBatchFlow({
    schema: Key,
    sink: sqlite({ file, busyTimeoutMs: 20_000 }),
    flushers: 8,
    flushIntervalMs: 1,
  });
  holder.tell({});
  await holder.says();
  const flow = await opening;
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  for (let id = 0; id < 1000; id++) flow.push({ id, v: 'x' });
  const answers = writers.map(async (writer, i) => {
    expect(await writer.says()).toEqual({ ready: true });
    writer.tell({ from: 1000 * (i + 1), rows: 1000 });
    expect(await writer.says()).toEqual({ stored: 1000 });
    writer.tell({ from: 0, rows: 0 });
  });
  await Promise.all(answers);
  await flow.committed();
  await flow.close();
  expect(selectNumber(file, 'SELECT count(DISTINCT id) FROM k')).toBe(4000);
  expect(selectNumber(file, 'SELECT count(*) FROM k')).toBe(4000);
});
