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
export function boundsOf(first: number): number[] {
  return Array.from({ length: buckets }, (_, i) => first * 2 ** i);
}

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
  for (const cells of writers) {
    for (let i = 0; i <= buckets; i++) (counts[i] as number) += cells[at + i] as number;
    sum += cells[at + buckets + 1] as number;
  }
  return { bounds: boundsOf(first), counts, sum, count: counts.reduce((a, b) => a + b, 0) };
}
