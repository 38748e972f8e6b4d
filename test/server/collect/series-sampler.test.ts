/**
 * What the live page of a collector is sent: rates and quantiles of its series between two looks.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Family, Snapshot } from '../../../dist/src/collector/index.js';
import type { CollectSample } from '../../../dist/src/live-page/collect-wire.js';
import { type Counts, SeriesSampler } from '../../../dist/src/server/collect/series-sampler.js';
import { looksOf, valuesOf } from '../../../dist/src/server/collect/series-values.js';

const snapshot = (...families: Family[]): Snapshot => ({ at: 0, startedAt: 0, families });
const plain = { help: '', seenAt: 1 };

const number = (type: 'counter' | 'gauge', value: number): Family => ({
  ...{ type, name: 'n', help: '' },
  points: [{ labels: [['queue', 'a"b']], seenAt: 1, value }],
});

const histogram = (...counts: number[]): Family => ({
  ...{ type: 'histogram', name: 'h_seconds', help: '', bounds: [1, 2] },
  points: [{ labels: [], seenAt: 1, count: counts.reduce((a, b) => a + b), sum: 0, counts }],
});

const exponential = (offset: number, ...counts: number[]): Family => ({
  ...{ type: 'exponential', name: 'e', help: '' },
  points: [
    {
      ...{ labels: [], seenAt: 1, sum: 0, zeroCount: 0, scale: 0, offset, counts },
      count: counts.reduce((a, b) => a + b),
    },
  ],
});

/** The values of the only series, two seconds after an earlier look. */
function valuesBetween(before: Family | undefined, now: Family) {
  const earlier = looksOf(before === undefined ? snapshot() : snapshot(before));
  const [[name, look]] = [...looksOf(snapshot(now))] as [[string, Parameters<typeof valuesOf>[0]]];
  return [look.type, name, valuesOf(look, earlier.get(name), 2)];
}

describe('values', () => {
  it.each([
    [number('counter', 4), number('counter', 10), ['counter', 'n{queue="a\\"b"}', [3]]],
    [undefined, number('counter', 10), ['counter', 'n{queue="a\\"b"}', [5]]],
    [number('gauge', 4), number('gauge', -1), ['gauge', 'n{queue="a\\"b"}', [-1]]],
    [histogram(5, 5, 5), histogram(5, 15, 5), ['histogram', 'h_seconds', [5, 1.5, 1.95, 1.99]]],
    [histogram(5, 5, 5), histogram(5, 5, 5), ['histogram', 'h_seconds', [0, null, null, null]]],
    [exponential(0, 0, 0), exponential(0, 0, 10), ['histogram', 'e', [5, 3, 3.9, 3.98]]],
    [exponential(0, 1, 1), exponential(1, 2, 2), ['histogram', 'e', [1, null, null, null]]],
  ])('between %j and %j', (before, now, expected) => {
    expect(valuesBetween(before, now)).toEqual(expected);
  });
});

describe('samples', () => {
  function sampler(families: () => Family[]) {
    const counts: Counts = { total: 0, processed: 0, dropped: 0, failed: 0, pending: 0, batches: 0 };
    const collector = { name: 'c', getStats: () => ({ ...counts }), snapshot: () => snapshot(...families()) };
    const sampled = vi.fn();
    const made = new SeriesSampler(collector, sampled);
    const samples = () => made.from(0).map((text): CollectSample => JSON.parse(text));
    return { made, counts, sampled, samples };
  }

  it('have no rates at first, and the same number for a series each time', () => {
    let value = 5;
    const { made, counts, samples, sampled } = sampler(() => [number('counter', value)]);
    made.take();
    value = 50;
    Object.assign(counts, { total: 7, pending: 3 });
    made.take();
    const [first, second] = samples();
    const [shown] = made.totals.series;
    expect(first).toMatchObject({ n: 0, events: [null, null, null, null, 0], series: [[shown?.id, null]] });
    expect(second?.events[0]).toBeGreaterThan(0);
    expect(second?.events.slice(1)).toEqual([0, 0, 0, 3]);
    expect(second?.series).toEqual([[shown?.id, expect.any(Number)]]);
    expect(shown).toMatchObject({ name: 'n{queue="a\\"b"}', type: 'counter' });
    expect(made.totals).toMatchObject({ total: 7, pending: 3, moreSeries: 0 });
    expect(sampled).toHaveBeenCalledTimes(2);
    expect(made.from(1)).toHaveLength(1);
  });

  it('have the series that events changed last, when there are very many', () => {
    const points = Array.from({ length: 250 }, (_, i) => ({
      labels: [['i', String(i)]] as const,
      seenAt: i,
      value: 1,
    }));
    const { made, samples } = sampler(() => [{ ...plain, type: 'counter', name: 'n', points }]);
    made.take();
    expect(samples()[0]?.series).toHaveLength(100);
    expect(made.totals.moreSeries).toBe(150);
    expect(made.totals.series.map(({ name }) => name)).toContain('n{i="249"}');
    expect(made.totals.series.map(({ name }) => name)).not.toContain('n{i="149"}');
  });
});
