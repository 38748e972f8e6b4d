/**
 * The limits give figures for every way of pushing and copying. How fast anything is, is not looked at.
 */
import { describe, expect, it } from 'vitest';
import { measure } from '../../dist/bench/limits/measure.js';

describe('a limit', () => {
  it.each([
    ...(['floor', 'push', 'pushMany', 'pushColumns'] as const).flatMap((way) => [
      { way, events: 'numbers' as const },
      { way, events: 'request' as const },
    ]),
    { way: 'floor-without-texts' as const, events: 'request' as const },
  ])('gives a time an event: $way, $events', (which) => {
    const figures = measure({ ...which, ms: 15 });
    expect(figures.nsPerEvent).toBeGreaterThan(0);
    expect(figures.gbPerSecond).toBeGreaterThan(0);
  });

  it.each(['copy-in', 'copy-out'] as const)('of copying gives a bandwidth: %s', (way) => {
    expect(measure({ way, events: 'numbers', bytes: 4096, ms: 5 }).gbPerSecond).toBeGreaterThan(0);
  });
});
