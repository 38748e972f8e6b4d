/**
 * What the ratios of paired measurements show.
 */
import { type Interval, median, medianInterval } from '../harness/report/statistics.js';

export interface Verdict {
  /** Of the pairs' ratios, here by base: below 1 is less. */
  readonly ratio: number;
  /** Undefined with fewer than 6 pairs. */
  readonly interval: Interval | undefined;
  readonly words: 'too few pairs' | 'no difference shown' | 'less' | 'more';
}

/** @param ratios of each pair: what was measured here by what was measured at the base. */
export function verdictOf(ratios: readonly number[]): Verdict {
  const interval = medianInterval(ratios);
  const ratio = median(ratios);
  if (interval === undefined) return { ratio, interval, words: 'too few pairs' };
  if (interval.high < 1) return { ratio, interval, words: 'less' };
  return { ratio, interval, words: interval.low > 1 ? 'more' : 'no difference shown' };
}
