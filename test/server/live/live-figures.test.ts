/**
 * The figures of the live page: quantiles and rates from two readings, lanes; the series of the page and its texts.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Series } from '../../../dist/src/live-page/series.js';
import { exact, short, span } from '../../../dist/src/live-page/units.js';
import { boundsOf } from '../../../dist/src/metrics/cells/histogram.js';
import type { FlowMetrics } from '../../../dist/src/metrics/read/flow-metrics.js';
import { figuresOf, type Moment } from '../../../dist/src/server/live/figures.js';
import { lanesOf } from '../../../dist/src/server/live/lanes.js';
import { countsSince, quantile } from '../../../dist/src/server/live/quantiles.js';
import { event, lines, ndjson, start } from '../../fixtures/ingest.js';

describe('a quantile', () => {
  test('is where Prometheus puts it', () => {
    const bounds = [1, 2, 4];
    expect(quantile(0.5, bounds, [0, 10, 0, 0])).toBe(1.5);
    expect(quantile(0.5, bounds, [4, 0, 4, 0])).toBe(1);
    expect(quantile(0.75, bounds, [4, 0, 4, 0])).toBe(3);
    expect(quantile(0.9, bounds, [10, 0, 0, 0])).toBe(0.9);
    expect(quantile(0.99, bounds, [1, 0, 0, 9])).toBe(4);
    expect(quantile(0.5, bounds, [0, 0, 0, 0])).toBe(null);
  });

  test('lies in the bucket of the value that sorting finds', () => {
    const bounds = boundsOf(0.0005);
    const bucketOf = (value: number) => {
      const found = bounds.findIndex((bound) => value <= bound);
      return found < 0 ? bounds.length : found;
    };
    const value = fc.double({ min: 1e-5, max: 100, noNaN: true });
    const share = fc.constantFrom(0.5, 0.95, 0.99);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), share, (values, q) => {
        const counts = new Array<number>(bounds.length + 1).fill(0);
        for (const v of values) counts[bucketOf(v)] = (counts[bucketOf(v)] as number) + 1;
        const sorted = values.toSorted((a, b) => a - b);
        const bucket = bucketOf(sorted[Math.ceil(q * sorted.length) - 1] as number);
        const estimate = quantile(q, bounds, counts) as number;
        expect(estimate).toBeLessThanOrEqual(bounds[bucket] ?? (bounds.at(-1) as number));
        expect(estimate).toBeGreaterThanOrEqual(bucket === 0 ? 0 : (bounds[bucket - 1] as number));
      }),
    );
  });

  test('is of what was counted since the reading before', () => {
    const of = (counts: number[]) => ({ bounds: [1, 2], counts, sum: 0, count: 0 });
    expect(countsSince(of([5, 5, 0]), of([5, 7, 1]))).toEqual([0, 2, 1]);
  });
});

const loop = { p50: 0, p90: 0, p99: 0, max: 0 };
const moment = (metrics: FlowMetrics, clock: number): Moment => ({ ...metrics, clock, loop });

test('rates are of the time between two readings, and of nothing at the first', async () => {
  const { flow, post } = await start({ flushSize: 10 });
  await post(lines([event()]), ndjson, '?ack=committed');
  const before = moment(flow.metrics(), 10);
  await post(lines(Array(100).fill(event())), ndjson, '?ack=committed');
  const now = moment(flow.metrics(), 14);
  expect(figuresOf(undefined, before)).toMatchObject({
    accepted: null,
    processP95: null,
    ringRows: 0,
    circuit: 0,
  });
  const figures = figuresOf(before, now);
  const batches = now.total.batchSize.count - before.total.batchSize.count;
  expect(figures).toMatchObject({
    ...{ accepted: 25, committed: 25, rejected: 0, errors: 0, restarts: 0, enqueueP50: null, ringFill: 0 },
    batchRows: Number((100 / batches).toPrecision(4)),
    blocksFree: now.ring.freeBlocks,
  });
  expect(figures.executeP99).toBeGreaterThanOrEqual(figures.executeP50 as number);
  const triggers = (figures.flushSize as number) + (figures.flushDeadline as number);
  expect(triggers + (figures.flushFlush as number)).toBe(batches / 4);
  expect(lanesOf(before, now)).toMatchObject([[25, expect.any(Number), expect.any(Number), 0]]);
});

test('a lane is busy with batches that ended, or with one that does not end', async () => {
  const { flow } = await start();
  const idle = flow.metrics();
  const [flusher] = idle.flushers as [FlowMetrics['flushers'][number]];
  const reading = (seconds: number, batches: number, inFlightBatches: number) => ({
    ...idle,
    concurrency: 2,
    flushers: [
      {
        ...flusher,
        inFlightBatches,
        processSuccess: { ...flusher.processSuccess, sum: seconds, count: batches },
      },
    ],
  });
  const busy = (before: FlowMetrics, now: FlowMetrics) => lanesOf(moment(before, 0), moment(now, 1))[0]?.[1];
  // Two may be in flight, so a second has two to fill.
  expect(busy(reading(0, 0, 0), reading(0.5, 3, 0))).toBe(0.25);
  expect(busy(reading(0, 0, 1), reading(9, 1, 0))).toBe(1);
  expect(busy(reading(0, 0, 1), reading(0, 0, 1))).toBe(1);
  expect(busy(reading(0, 0, 0), reading(0, 0, 1))).toBe(0);
});

describe('the series of the page', () => {
  const begin = (run: string) =>
    ({ run, flow: 'f', startedAt: 0, names: ['accepted', 'ringRows'], kept: 300 }) as const;
  const sample = (n: number, at: number) => ({ n, at: at * 1000, figures: [n, 7], lanes: [] });
  const drawn = (series: InstanceType<typeof Series>) =>
    series.columns([({ figures }: { figures: { ringRows?: number } }) => figures.ringRows]);

  test('have each sample once, and only those of the last minutes', () => {
    const series = new Series();
    series.begin(begin('a'));
    series.add([sample(0, 1000), sample(1, 1001)]);
    series.begin(begin('a'));
    series.add([sample(0, 1000), sample(1, 1001), sample(2, 1002)]);
    expect(drawn(series)[0]).toEqual([1000, 1001, 1002]);
    series.add([sample(300, 1301.5)]);
    expect(drawn(series)[0]).toEqual([1002, 1301.5]);
  });

  test('have a gap between two runs, and begin anew with the counts of the second', () => {
    const series = new Series();
    series.begin(begin('a'));
    series.add([sample(0, 1000), sample(1, 1001)]);
    series.begin(begin('b'));
    series.add([sample(0, 1010), sample(1, 1011)]);
    expect(drawn(series)).toEqual([
      [1000, 1001, 1001.001, 1010, 1011],
      [7, 7, null, 7, 7],
    ]);
  });
});

test('numbers are short where they move and exact where they count', () => {
  const texts = [0, 0.98, 12.34, 999.4, 1234, 12_345, 1_234_567].map((n) => short(n, 'rate'));
  expect(texts).toEqual(['0/s', '0.98/s', '12.3/s', '999/s', '1,234/s', '12.3k/s', '1.23M/s']);
  expect([0, 0.00025, 0.0123, 1.5, 240].map((n) => short(n, 'seconds'))).toEqual([
    ...['0 ms', '250 µs', '12.3 ms', '1.5 s', '4 min'],
  ]);
  expect([short(0.5, 'share'), short(2, 'circuit'), short(null, 'count')]).toEqual(['50 %', 'open', '–']);
  expect(exact(12_345_678)).toBe('12,345,678');
  expect([4000, 64_000, 3_700_000, 100_000_000].map(span)).toEqual([
    '4 s',
    '1 min 4 s',
    '1 h 1 min',
    '1 d 3 h',
  ]);
});
