/**
 * Exponential histograms: each value is in the bucket whose bounds hold it, at every scale, and sets add up.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { observeExponential, readExponential } from '../../../dist/src/collector/series/exponential.js';
import { cellCount } from '../../../dist/src/collector/series/metric-cells.js';

const size = cellCount({ type: 'histogram', buckets: 'exponential' });
/** Behind other cells. */
const at = 3;

function setOf(values: readonly number[]): Float64Array {
  const cells = new Float64Array(at + size);
  for (const value of values) observeExponential(cells, at, value, () => {});
  return cells;
}

/** How many of the values lie between the bounds of each bucket, as the definition has it. */
function expected(values: readonly number[], scale: number, offset: number, buckets: number): number[] {
  const slack = 1e-9;
  return Array.from({ length: buckets }, (_, i) => {
    const low = 2 ** ((offset + i) / 2 ** scale);
    const high = 2 ** ((offset + i + 1) / 2 ** scale);
    return values.filter((value) => value > low * (1 + slack) && value <= high * (1 + slack)).length;
  });
}

test.each([
  ['one value', [1.5]],
  ['powers of two, which are upper bounds', [1, 2, 4, 8, 0.5]],
  ['zeros', [0, 0, 3]],
  ['from very small to very large', [1e-300, 1, 1e300]],
  ['a wide range, then more of it', [1, 1.0001, 5, 0.3, 1e6, 2, 2, 1e-4]],
])('%s', (_, values) => {
  const point = readExponential([setOf(values)], at);
  const positive = values.filter((value) => value > 0);
  expect(point.count).toBe(values.length);
  expect(point.zeroCount).toBe(values.length - positive.length);
  expect(point.sum).toBeCloseTo(values.reduce((a, b) => a + b));
  expect(point.counts.length).toBeLessThanOrEqual(160);
  expect([...(point.counts as number[])]).toEqual(
    expected(positive, point.scale, point.offset, point.counts.length),
  );
});

test('sets of several flushers add up in the lowest scale of them, and nothing is lost', () => {
  const value = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true }));
  fc.assert(
    fc.property(fc.array(fc.array(value, { maxLength: 60 }), { minLength: 1, maxLength: 4 }), (sets) => {
      const cells = sets.map(setOf);
      const point = readExponential(cells, at);
      const all = sets.flat();
      expect(point.count).toBe(all.length);
      expect([...(point.counts as number[])].reduce((a, b) => a + b, 0) + point.zeroCount).toBe(all.length);
      for (const each of all.filter((one) => one > 0)) {
        const bucket = Math.ceil(Math.log2(each) * 2 ** point.scale) - 1 - point.offset;
        const near = [bucket - 1, bucket, bucket + 1].map((i) => point.counts[i] ?? 0);
        expect(Math.max(...near)).toBeGreaterThan(0);
      }
      for (const set of cells) expect([...set.subarray(0, at)]).toEqual([0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});

test('each cell that changes is named', () => {
  const cells = new Float64Array(at + size);
  for (const value of [1, 3, 0, 1e-5, 1e5, 7]) {
    const before = cells.slice();
    const named = new Set<number>();
    observeExponential(cells, at, value, (cell) => named.add(cell));
    cells.forEach((now, cell) => {
      if (now !== before[cell]) expect(named).toContain(cell);
    });
  }
});

test('two sets whose values are as far apart as there are buckets are shown in a coarser scale', () => {
  const point = (values: readonly number[]) => readExponential([setOf([1]), setOf(values)], at);
  const { scale } = point([1]);
  // In the buckets with numbers −1 and 158, then −1 and 159.
  for (const [apart, expectedScale] of [
    [158.5, scale],
    [159.5, scale - 1],
  ] as const) {
    const { scale: shown, counts } = point([2 ** (apart / 2 ** scale)]);
    expect([shown, counts.length <= 160]).toEqual([expectedScale, true]);
    expect((counts as number[]).reduce((a, b) => a + b)).toBe(2);
  }
});
