/**
 * The verdict on the ratios of paired measurements: less, more, or no difference shown.
 */
import { type Interval, median, medianInterval } from '../harness/report/statistics.js';

export interface Verdict {
  /** Median of the pairs' ratios of here to base; below 1 is less. */
  readonly ratio: number;
  /** Interval of the median; undefined with fewer than 6 pairs. */
  readonly interval: Interval | undefined;
  readonly words: 'too few pairs' | 'no difference shown' | 'less' | 'more';
}

/**
 * Judge the ratios of all pairs.
 *
 * @param ratios the figure here, divided by the figure of the base, of each pair.
 */
export function verdictOf(ratios: readonly number[]): Verdict {
  const interval = medianInterval(ratios);
  const ratio = median(ratios);
  if (interval === undefined) return { ratio, interval, words: 'too few pairs' };
  if (interval.high < 1) return { ratio, interval, words: 'less' };
  return { ratio, interval, words: interval.low > 1 ? 'more' : 'no difference shown' };
}
