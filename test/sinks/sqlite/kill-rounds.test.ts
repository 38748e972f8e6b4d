/**
 * Threads killed at random moments: each row is in SQLite exactly once.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { folder } from '../../fixtures/command.js';
import { killRounds, killsTimeoutMs } from '../../fixtures/kill-rounds.js';
import { sql } from '../../fixtures/letters.js';

it(
  'kills lose no row, and store none twice',
  async () => {
    const file = join(folder(), 'killed.db');
    const sink = sqlite({ file, identityColumn: 'event_id', synchronous: 'full' });
    // Two would find the file locked again and again, and better-sqlite3 ends the process when a thread is terminated
    // at the moment when a statement of it fails (https://github.com/WiseLibs/better-sqlite3/issues/842).
    const { pushed, stats } = await killRounds(sink, undefined, 1);
    console.log(`${pushed} rows, ${stats.redelivered} redelivered, ${stats.duplicatesAtTarget} there`);
    expect(stats.redelivered).toBeGreaterThan(0);
    expect(stats).toMatchObject({ accepted: pushed, committed: pushed, deadLettered: 0, dropped: {} });
    const [counts] = sql(file, 'SELECT count(*), count(DISTINCT id), max(id) FROM killed');
    expect(counts).toEqual([pushed, pushed, pushed - 1]);
  },
  killsTimeoutMs,
);
