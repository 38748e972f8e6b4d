/**
 * Measuring a way checks what its handler got.
 */
import { describe, expect, it } from 'vitest';
import { assertTruth } from '../../dist/bench/ways/measure-way.js';

describe('a way', () => {
  it('that loses or changes an event fails its run', () => {
    const way = { name: 'lossy', handledOn: 'a worker thread' } as const;
    const truth = [{ rows: 10, sum: 700 }];
    expect(() => assertTruth(way, { rows: 10, sum: 700 }, truth)).not.toThrow();
    expect(() => assertTruth(way, { rows: 9, sum: 700 }, truth)).toThrow('lossy: handled 9 events');
    expect(() => assertTruth(way, { rows: 10, sum: 701 }, truth)).toThrow('pushed were 10 of 700');
  });
});
