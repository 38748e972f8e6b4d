/**
 * The statistics of reports and comparisons: percentiles, medians, and an interval for a median.
 */

/** The smallest of some sorted values that at least `p` percent of them do not exceed. */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) throw new RangeError('no values');
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] as number;
}

/** The middle of some values, in any order; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** A figure of several repeats. */
export interface Repeated {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Values in the order of the repeats. */
  readonly all: number[];
}

export function repeated(all: number[]): Repeated {
  return { median: median(all), min: Math.min(...all), max: Math.max(...all), all };
}

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Probability that such an interval contains the true median, for any distribution. */
  readonly confidence: number;
}

/**
 * An interval for the median of the distribution that the values are a sample of: from the k-th smallest to the k-th
 * largest, where k is the largest with at least 95 % confidence. It holds for any distribution, since each value is
 * above or below the true median with equal probability.
 *
 * @returns undefined for fewer than 6 values, which cannot reach this confidence.
 */
export function medianInterval(values: readonly number[]): Interval | undefined {
  const n = values.length;
  const sorted = values.toSorted((a, b) => a - b);
  // The chance that fewer than k of n coins fall on one side.
  let below = 0;
  let chance = 0.5 ** n;
  let k = 0;
  while (2 * (below + chance) <= 0.05) {
    below += chance;
    chance *= (n - k) / (k + 1);
    k++;
  }
  if (k === 0) return undefined;
  return { low: sorted[k - 1] as number, high: sorted[n - k] as number, confidence: 1 - 2 * below };
}
