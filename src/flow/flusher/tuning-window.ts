/**
 * What a flow's threads have measured between two moments, as the tuner takes it: plain numbers in, plain numbers out.
 */
import type { HistogramData } from '../../metrics/cells/histogram.js';
import type { TuningWindow } from './tuner.js';

/** What has been measured up to a moment. */
export interface TuningSample {
  /** The clock, in ms. */
  readonly at: number;
  /** Batches that were taken since as many rows as they hold waited. */
  readonly fullBatches: number;
  /** Rows of batches as they were taken. */
  readonly batches: HistogramData;
  /** How long the first rows of batches waited, and how long batches took until their end, in seconds. */
  readonly waits: HistogramData;
  readonly flushes: HistogramData;
  /** Attempts that failed. */
  readonly failures: number;
  /** Rows that have not ended. */
  readonly backlog: number;
}

type Live = Pick<TuningWindow, 'flushSize' | 'flushIntervalMs' | 'lanes'>;

/** @returns undefined for a time in which attempts failed: what flushes took then says nothing of their size. */
export function windowBetween(
  before: TuningSample,
  after: TuningSample,
  live: Live,
): TuningWindow | undefined {
  if (after.failures > before.failures) return undefined;
  const batches = difference(before.batches, after.batches);
  const waits = difference(before.waits, after.waits);
  const flushes = difference(before.flushes, after.flushes);
  return {
    ...live,
    ms: after.at - before.at,
    batches: batches.count,
    fullBatches: after.fullBatches - before.fullBatches,
    rows: batches.sum,
    waitMs: percentile95(waits) * 1000,
    flushMs: percentile95(flushes) * 1000,
    busyMs: flushes.sum * 1000,
    backlog: after.backlog,
  };
}

function difference(before: HistogramData, after: HistogramData): HistogramData {
  return {
    bounds: after.bounds,
    counts: after.counts.map((count, i) => count - (before.counts[i] as number)),
    sum: after.sum - before.sum,
    count: after.count - before.count,
  };
}

/**
 * The 95th percentile, as well as buckets tell it: each is twice as wide as the one before. Where the mean lies in the
 * percentile's bucket, or past it, most values are of one size, and the mean, which is exact, says more.
 */
export function percentile95({ bounds, counts, sum, count }: HistogramData): number {
  if (count === 0) return 0;
  const mean = sum / count;
  let rank = 0.95 * count;
  let bucket = 0;
  while (bucket < bounds.length && rank > (counts[bucket] as number)) rank -= counts[bucket++] as number;
  const low = bucket === 0 ? 0 : (bounds[bucket - 1] as number);
  if (mean > low) return mean;
  const high = bounds[bucket] ?? 2 * low;
  return low + ((high - low) * rank) / (counts[bucket] as number);
}
