/**
 * Native exponential histograms, as OpenTelemetry defines them: bucket `i` of scale `s` holds values in
 * (2^(i/2^s), 2^((i+1)/2^s)]. The scale falls as the range of values grows, so that 160 buckets hold them all.
 */

import { exponentialBuckets, exponentialCell, firstScale } from './metric-cells.js';
import type { ExponentialPoint } from './snapshot.js';

const { sum, zeros, scale, lowest, counts } = exponentialCell;
const leastScale = -10;

function bucketOf(value: number, scale: number): number {
  return Math.ceil(Math.log2(value) * 2 ** scale) - 1;
}

/**
 * Count a value.
 *
 * @param cells of all series.
 * @param at where this one's begin.
 * @param value 0 or more.
 * @param changed receives the number of each cell that changes.
 */
export function observeExponential(
  cells: Float64Array,
  at: number,
  value: number,
  changed: (cell: number) => void,
): void {
  const add = (cell: number, amount: number) => {
    cells[at + cell] = (cells[at + cell] as number) + amount;
    changed(at + cell);
  };
  add(sum, value);
  if (value === 0) {
    add(zeros, 1);
    return;
  }
  const buckets = cells.subarray(at + counts, at + counts + exponentialBuckets);
  const [first, last] = rangeOf(buckets);
  if (first < 0) {
    cells[at + scale] = firstScale;
    cells[at + lowest] = bucketOf(value, firstScale);
    changed(at + scale);
    changed(at + lowest);
    add(counts, 1);
    return;
  }
  const now = cells[at + scale] as number;
  const base = cells[at + lowest] as number;
  let fitting = now;
  let [low, high, index] = [base + first, base + last, bucketOf(value, now)];
  while (Math.max(high, index) - Math.min(low, index) >= exponentialBuckets && fitting > leastScale) {
    fitting--;
    [low, high] = [low >> 1, high >> 1];
    index = bucketOf(value, fitting);
  }
  const bottom = Math.min(low, index);
  const shift = now - fitting;
  const fits = shift === 0 && index >= base && index < base + exponentialBuckets;
  if (!fits) {
    const moved = new Float64Array(exponentialBuckets);
    for (let i = first; i <= last; i++) {
      const to = ((base + i) >> shift) - bottom;
      moved[to] = (moved[to] as number) + (buckets[i] as number);
    }
    buckets.set(moved);
    cells[at + scale] = fitting;
    cells[at + lowest] = bottom;
    for (let cell = scale; cell < counts + exponentialBuckets; cell++) changed(at + cell);
  }
  add(counts + index - (cells[at + lowest] as number), 1);
}

/** The first and the last bucket with values; -1 without any. */
function rangeOf(buckets: ArrayLike<number>): [first: number, last: number] {
  let first = 0;
  while (first < buckets.length && buckets[first] === 0) first++;
  if (first === buckets.length) return [-1, -1];
  let last = buckets.length - 1;
  while (buckets[last] === 0) last--;
  return [first, last];
}

/** The histogram of several sets of cells together, in the lowest of their scales. */
export function readExponential(
  sets: readonly Float64Array[],
  at: number,
): Omit<ExponentialPoint, 'labels' | 'seenAt'> {
  let count = 0;
  let total = 0;
  let zeroCount = 0;
  let least = firstScale;
  const parts: { from: number; scale: number; counts: Float64Array }[] = [];
  for (const cells of sets) {
    total += cells[at + sum] as number;
    zeroCount += cells[at + zeros] as number;
    const all = cells.slice(at + counts, at + counts + exponentialBuckets);
    const [first, last] = rangeOf(all);
    if (first < 0) continue;
    const own = cells[at + scale] as number;
    least = Math.min(least, own);
    parts.push({
      from: (cells[at + lowest] as number) + first,
      scale: own,
      counts: all.subarray(first, last + 1),
    });
  }
  if (parts.length === 0)
    return { count: zeroCount, sum: total, zeroCount, scale: least, offset: 0, counts: [] };
  // Flushers may have met values far apart from each other's.
  const range = () => {
    const firsts = parts.map(({ from, scale }) => from >> (scale - least));
    const lasts = parts.map(({ from, scale, counts }) => (from + counts.length - 1) >> (scale - least));
    return { offset: Math.min(...firsts), last: Math.max(...lasts) };
  };
  let { offset, last } = range();
  while (last - offset >= exponentialBuckets) {
    least--;
    ({ offset, last } = range());
  }
  const dense = new Array<number>(last - offset + 1).fill(0);
  for (const { from, scale, counts } of parts) {
    counts.forEach((values, i) => {
      const bucket = ((from + i) >> (scale - least)) - offset;
      dense[bucket] = (dense[bucket] as number) + values;
      count += values;
    });
  }
  return { count: count + zeroCount, sum: total, zeroCount, scale: least, offset, counts: dense };
}
