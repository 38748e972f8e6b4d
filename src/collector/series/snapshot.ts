/**
 * The series of a collector at one moment: every backend is made from it.
 *
 * Values are cumulative since `startedAt`, summed over all flushers. Backends that send differences keep what they
 * have sent.
 */

/** Pairs of a label's name and its value, sorted by name. */
export type Labels = readonly (readonly [name: string, value: string])[];

interface Point {
  readonly labels: Labels;
  /** When an event last changed the series, in Unix milliseconds. */
  readonly seenAt: number;
}

export interface NumberPoint extends Point {
  readonly value: number;
}

export interface HistogramPoint extends Point {
  readonly count: number;
  readonly sum: number;
  /** Values of each bucket alone, one more than there are bounds: the last is of those above all bounds. */
  readonly counts: ArrayLike<number>;
}

/** As OpenTelemetry and Prometheus define it: bucket `i` holds values in (base^(offset+i), base^(offset+i+1)]. */
export interface ExponentialPoint extends Point {
  readonly count: number;
  readonly sum: number;
  readonly zeroCount: number;
  /** base = 2^(2^-scale). */
  readonly scale: number;
  readonly offset: number;
  readonly counts: ArrayLike<number>;
}

interface FamilyOf<Type extends string, P> {
  readonly type: Type;
  /** As Prometheus names metrics: `http_request_duration_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly points: readonly P[];
}

export type NumberFamily = FamilyOf<'counter' | 'gauge', NumberPoint>;
export type HistogramFamily = FamilyOf<'histogram', HistogramPoint> & {
  /** Upper bounds of the buckets, ascending, without infinity. */
  readonly bounds: readonly number[];
};
export type ExponentialFamily = FamilyOf<'exponential', ExponentialPoint>;
export type Family = NumberFamily | HistogramFamily | ExponentialFamily;

export interface Snapshot {
  /** When it was read, in Unix milliseconds. */
  readonly at: number;
  /** Since when counters count, in Unix milliseconds. */
  readonly startedAt: number;
  readonly families: readonly Family[];
}
