/**
 * The buckets of histograms as options.
 */
import { list, number, oneOf, union } from '../../options/rules.js';

/** Seconds, as prom-client's by default. */
export const usualBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const maxBounds = 200;

const bounds = list(number(Number.NEGATIVE_INFINITY), 'a list of numbers')
  .and((values) => values.length > 0 && values.length <= maxBounds, `1 to ${maxBounds} bounds`)
  .and(
    (values) =>
      values.every((value, i) => Number.isFinite(value) && (i === 0 || value > (values[i - 1] as number))),
    'finite bounds in ascending order',
  );

export const bucketsRule = union(
  "upper bounds in ascending order, or 'exponential'",
  oneOf('exponential'),
  bounds,
);
