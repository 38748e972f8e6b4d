/**
 * Single values out of a histogram in shared memory, for those who want to be told of each.
 *
 * The cells keep how many values fell into each bucket, and their exact sum. So each new value is told at the same
 * fraction of its bucket's width, and the fraction is the one that makes the sum right.
 */
import type { HistogramData } from './histogram.js';

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
    // Beyond the last bound there is none; values there are taken to lie within twice of it.
    const buckets = counts.map((count, i) => {
      const low = bounds[i - 1] ?? 0;
      return { count: count - (told[i] as number), low, width: (bounds[i] ?? 2 * low) - low };
    });
    const lowest = buckets.reduce((total, { count, low }) => total + count * low, 0);
    const range = buckets.reduce((total, { count, width }) => total + count * width, 0);
    if (range === 0) return;
    // A writer may have counted a value and not yet added it up, or the other way round: the next time makes up for it.
    const fraction = Math.max(0, (sum - this.#toldSum - lowest) / range);
    this.#toldSum += lowest + fraction * range;
    for (const { count, low, width } of buckets) {
      for (let n = 0; n < count; n++) observe(low + fraction * width);
    }
  }
}
