/**
 * The SQLite bench measures what it says: every way stores every event whole.
 * How fast anything is, is not looked at.
 */
import { expect, it } from 'vitest';
import { measure } from '../../dist/bench/sqlite/measure.js';
import { sqliteWays } from '../../dist/bench/sqlite/ways.js';
import { briefTask } from './brief-task.js';

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
