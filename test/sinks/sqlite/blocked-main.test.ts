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

const Event = defineSchema('events', { i: t.int32(), pushedAt: t.timestamp() });

test.each(['sync', 'async'] as const)(
  'a main thread that is blocked for 3 s delays no flush in %s mode',
  async (flushMode) => {
    const folder = mkdtempSync(join(tmpdir(), 'batchflow-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'events.db');
    // The database stamps each row itself, with the clock of the moment it is stored.
    const db = new Database(file);
    onTestFinished(() => void db.close());
    const storedAt = `storedAt REAL DEFAULT ((julianday('now') - 2440587.5) * 86400000.0)`;
    db.exec(`CREATE TABLE events (i INTEGER NOT NULL, pushedAt INTEGER NOT NULL, ${storedAt})`);
    await using flow = await createBatchFlow({
      schema: Event,
      sink: sqlite({ file }),
      flushIntervalMs: 50,
      flushMode,
    });
    const count = 500;
    for (let i = 0; i < count; i++) flow.push({ i, pushedAt: Date.now() });
    flow.publish();
    const blockedFrom = Date.now();
    while (Date.now() - blockedFrom < 3000) {
      // The event loop does not turn.
    }
    const { rows, earliest, latest } = db
      .prepare(
        'SELECT count(*) AS rows, min(storedAt - pushedAt) AS earliest, max(storedAt - pushedAt) AS latest FROM events',
      )
      .get() as { rows: number; earliest: number; latest: number };
    // Stored while this thread was blocked: it has not given up the processor since.
    expect(rows).toBe(count);
    expect(earliest).toBeGreaterThanOrEqual(45);
    // Half of the blocked time is far above any deadline, and far below what waiting for this thread would take.
    expect(latest).toBeLessThan(1500);
  },
);
