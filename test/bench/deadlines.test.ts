/**
 * The deadline bench sees every flush, and tells the late ones from those in time.
 */
import { expect, it } from 'vitest';
import { deadlineWays, measure } from '../../dist/bench/deadlines/measure.js';

it.each(deadlineWays.map(({ name }) => name))('sees every flush: %s', async (way) => {
  const slices = { slices: 2, sliceMs: 500, blockedMs: 450, everyMs: 5, intervalMs: 20 };
  const figures = await measure({ ...slices, way });
  expect(figures.flushes).toBeGreaterThanOrEqual(2);
  // The last event before the thread is blocked waits for its end where the thread itself is to flush.
  if (way === 'in-process') expect(figures.lateMaxMs).toBeGreaterThan(400);
  else expect(figures.lateP50Ms).toBeGreaterThanOrEqual(-2);
});
