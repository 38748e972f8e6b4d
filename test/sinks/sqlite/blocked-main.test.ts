/**
 * Deadlines hold while the creating thread is blocked: rows pushed before are in SQLite on time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';

const Event = defineSchema('events', { i: t.int32() });

test.each(['sync', 'async'] as const)(
  'a main thread that is blocked holds up no deadline in %s mode',
  async (flushMode) => {
    const folder = mkdtempSync(join(tmpdir(), 'batchflow-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'events.db');
    const db = new Database(file);
    onTestFinished(() => void db.close());
    await using flow = await createBatchFlow({
      schema: Event,
      sink: sqlite({ file }),
      flushSize: 1000,
      flushIntervalMs: 50,
      flushMode,
    });
    const stored = db.prepare('SELECT count(*) FROM events').pluck();
    const count = 500;
    for (let i = 0; i < count; i++) flow.push({ i });
    flow.publish();
    // The event loop does not turn until all rows are stored. Real time is the subject, as no clock moves while this
    // thread is blocked; the limit only ends a test whose flushers wait for this thread.
    for (const end = performance.now() + 30_000; performance.now() < end && stored.get() !== count; );
    expect(stored.get()).toBe(count);
    // Read from shared memory: this thread has not given up the processor since.
    const { batches } = flow.stats();
    expect(batches).toEqual({ size: 0, deadline: batches.deadline, flush: 0, demand: 0, drain: 0 });
    expect(batches.deadline).toBeGreaterThanOrEqual(1);
  },
);
