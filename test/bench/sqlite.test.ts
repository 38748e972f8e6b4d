/**
 * The SQLite bench measures what it says: every way stores every event whole.
 * How fast anything is, is not looked at.
 */
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { type RequestEvent, requests } from '../../dist/bench/harness/events.js';
import { createTallyMemory } from '../../dist/bench/harness/tally.js';
import { databaseIn } from '../../dist/bench/sqlite/insert.js';
import { measure } from '../../dist/bench/sqlite/measure.js';
import { sqliteWays } from '../../dist/bench/sqlite/ways.js';
import { briefTask } from './brief-task.js';
import { temporaryFolder } from './temporary-folder.js';

// `measure` throws unless the totals of the rows in the file are those of what was pushed.
it.each(sqliteWays.map(({ name }) => name))('stores every event whole: %s', async (way) => {
  const figures = await measure({ ...briefTask, way });
  expect(Object.keys(figures).sort()).toEqual([
    ...['eventsPerSecond', 'loopDelayP99Ms', 'mainCpuNsPerEvent', 'memoryBeforeMb', 'peakMemoryMb'],
    'totalCpuNsPerEvent',
  ]);
  expect(figures.eventsPerSecond).toBeGreaterThan(0);
  expect(figures.totalCpuNsPerEvent).toBeGreaterThan(0);
});

it('stores into the same table in every way', async () => {
  const [event] = requests(1) as [RequestEvent];
  const tables = await Promise.all(
    sqliteWays.map(async (way) => {
      const folder = fileURLToPath(temporaryFolder());
      const running = await way.start({ ...briefTask, memory: createTallyMemory(), folder });
      running.push(event);
      await running.settle();
      await running.end();
      const db = new Database(databaseIn(folder), { readonly: true });
      try {
        return db.pragma('table_info(requests)');
      } finally {
        db.close();
      }
    }),
  );
  expect(tables[0]).toHaveLength(6);
  for (const table of tables) expect(table).toEqual(tables[0]);
});
