/**
 * Quantiles of what a histogram has counted between two readings, as Prometheus's `histogram_quantile` has them.
 */
import type { HistogramData } from '../../metrics/cells/histogram.js';

/** The counts of each bucket since `before`; the last bucket has no bound. */
export function countsSince(before: HistogramData, now: HistogramData): number[] {
  return now.counts.map((count, i) => count - (before.counts[i] ?? 0));
}

/**
 * Where a share of the values lies: found by bucket, then on a straight line within it. Values beyond every bound count
 * as the last bound.
 *
 * @param share from 0 to 1.
 * @param counts of each bucket, not accumulated.
 * @returns null when nothing was counted.
 */
export function quantile(share: number, bounds: readonly number[], counts: readonly number[]): number | null {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [i, bound] of bounds.entries()) {
    const count = counts[i] as number;
    if (count > 0 && below + count >= rank) {
      const from = bounds[i - 1] ?? 0;
      return from + ((bound - from) * (rank - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1) as number;
}

/** Two histograms of the same buckets as one. */
export function together(a: HistogramData, b: HistogramData): HistogramData {
  return {
    bounds: a.bounds,
    counts: a.counts.map((count, i) => count + (b.counts[i] as number)),
    sum: a.sum + b.sum,
    count: a.count + b.count,
  };
}
