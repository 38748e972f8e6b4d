/**
 * The places of flushers at a clock that a test moves.
 */
import { expect, test } from 'vitest';
import { createClockMemory, MovedClock } from '../../../dist/src/flow/waiting/moved-clock.js';

test('there are 65,536 places, and none more', () => {
  const clock = new MovedClock(createClockMemory());
  expect(clock.take(65_535)).toMatchObject({ first: 0, count: 65_535 });
  expect(clock.take(1)).toMatchObject({ first: 65_535, count: 1 });
  expect(clock.take(1)).toBe(undefined);
});
