/**
 * Histograms in shared memory: one writer each, read by the creating thread at any moment.
 *
 *     bucket 0 │ … │ bucket 17 │ beyond │ sum            20 Float64 cells
 *
 * Bucket i counts values up to `first` × 2^i that are above the bucket before. The count of all is not stored but added
 * up by the reader, so whatever moment it reads at, no bucket exceeds it.
 */

/** Buckets with a bound. */
const buckets = 18;
export const cellsPerHistogram = buckets + 2;

/** The first bound of durations, in seconds, and of batch sizes, in rows. */
export const firstSecond = 0.0005;
export const firstRow = 1;

/** The bounds of a histogram's buckets, inclusive. */
export function boundsOf(first: number): readonly number[] {
  const bounds = knownBounds.get(first) ?? Array.from({ length: buckets }, (_, i) => first * 2 ** i);
  knownBounds.set(first, bounds);
  return bounds;
}

/** All histograms of one first bound share their bounds: a scrape reads hundreds. */
const knownBounds = new Map<number, readonly number[]>();

export class Histogram {
  /** @param at the first of its cells. */
  constructor(
    private readonly cells: Float64Array,
    private readonly at: number,
    private readonly first: number,
  ) {}

  observe(value: number): void {
    let bucket = 0;
    for (let bound = this.first; bucket < buckets && value > bound; bound *= 2) bucket++;
    this.#add(bucket, 1);
    this.#add(buckets + 1, value);
  }

  #add(cell: number, amount: number): void {
    this.cells[this.at + cell] = (this.cells[this.at + cell] as number) + amount;
  }
}

/** What a histogram has counted. */
export interface HistogramData {
  readonly bounds: readonly number[];
  /** Values in each bucket, not accumulated; the last counts those beyond every bound. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Add up the histograms that begin at `at` in several writers' cells. */
export function readHistograms(writers: readonly Float64Array[], at: number, first: number): HistogramData {
  const counts = new Array<number>(buckets + 1).fill(0);
  let sum = 0;
  let count = 0;
  for (const cells of writers) {
    for (let i = 0; i <= buckets; i++) {
      const each = cells[at + i] as number;
      (counts[i] as number) += each;
      count += each;
    }
    sum += cells[at + buckets + 1] as number;
  }
  return { bounds: boundsOf(first), counts, sum, count };
}

/** Two histograms of the same bounds as one. */
export function addedUp(one: HistogramData, other: HistogramData): HistogramData {
  if (other.count === 0) return one;
  return {
    bounds: one.bounds,
    counts: one.counts.map((count, i) => count + (other.counts[i] as number)),
    sum: one.sum + other.sum,
    count: one.count + other.count,
  };
}

/** As many values of 1 as a histogram of the same bounds has values. */
export function onesOf({ bounds, count }: HistogramData): HistogramData {
  return { bounds, counts: [count, ...bounds.map(() => 0)], sum: count, count };
}
