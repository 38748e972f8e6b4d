/**
 * Single values out of a histogram in shared memory, for those who want to be told of each.
 *
 * The cells keep how many values fell into each bucket, and their exact sum. So each new value is told at the same
 * fraction of its bucket's width, and the fraction is the one that makes the sum right.
 */
import type { HistogramData } from '../cells/histogram.js';

export class Observations {
  #told: readonly number[];
  #toldSum: number;

  /** @param first what is in it is not told. */
  constructor(first: HistogramData) {
    this.#told = first.counts;
    this.#toldSum = first.sum;
  }

  /** Call `observe` for each value that came since. */
  tell({ bounds, counts, sum }: HistogramData, observe: (value: number) => void): void {
    const told = this.#told;
    this.#told = counts;
    const buckets = bounds.map((bound, i) => {
      const low = bounds[i - 1] ?? 0;
      return { count: (counts[i] as number) - (told[i] as number), low, width: bound - low };
    });
    const beyond = (counts.at(-1) as number) - (told.at(-1) as number);
    const last = bounds.at(-1) as number;
    const lowest = buckets.reduce((total, { count, low }) => total + count * low, beyond * last);
    const range = buckets.reduce((total, { count, width }) => total + count * width, 0);
    // A writer may have counted a value and not yet added it up, or the other way round: the next time makes up for it.
    const excess = Math.max(0, sum - this.#toldSum - lowest);
    // Beyond the last bound there is no width, so values there take what the others, in their buckets' middle, leave.
    const fraction = range === 0 ? 0 : Math.min(beyond > 0 ? 0.5 : 1, excess / range);
    const left = beyond === 0 ? 0 : excess - fraction * range;
    this.#toldSum += lowest + fraction * range + left;
    for (const { count, low, width } of buckets) {
      for (let n = 0; n < count; n++) observe(low + fraction * width);
    }
    for (let n = 0; n < beyond; n++) observe(last + left / beyond);
  }
}
