/**
 * The cells of one series of a metric: how many there are, how an event changes them, and what they say.
 *
 *     counter      value
 *     gauge        value, when it was counted, and which event of which producer has set it
 *     histogram    sum, a count for each bucket
 *     exponential  sum, count of zeros, scale, lowest bucket, and counts of 160 buckets
 */
import type { MetricDefinition } from './event-definition.js';

export type CellsType = 'counter' | 'gauge' | 'histogram' | 'exponential';

export function cellsTypeOf({ type, buckets }: Pick<MetricDefinition, 'type' | 'buckets'>): CellsType {
  return buckets === 'exponential' ? 'exponential' : type;
}

/** Positions in a gauge's cells. */
export const gaugeCell = { value: 0, setAt: 1, producer: 2, sequence: 3 } as const;
/** Buckets of an exponential histogram, as many as OpenTelemetry's by default. */
export const exponentialBuckets = 160;
/** The scale of a histogram with one value; wider ranges need a lower one. */
export const firstScale = 20;
/** Positions in an exponential histogram's cells. */
export const exponentialCell = { sum: 0, zeros: 1, scale: 2, lowest: 3, counts: 4 } as const;

export function cellCount({ type, buckets }: Pick<MetricDefinition, 'type' | 'buckets'>): number {
  if (type === 'counter') return 1;
  if (type === 'gauge') return 4;
  if (buckets === 'exponential') return exponentialCell.counts + exponentialBuckets;
  return 2 + (buckets?.length ?? 0);
}
