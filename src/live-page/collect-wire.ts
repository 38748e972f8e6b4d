/**
 * What the service for metric events sends to its live page: the messages of its event stream. Types only.
 */

/** Event `start`, the first of each connection. */
export interface CollectStart {
  /** Another process, or another service in it, has another. */
  readonly run: string;
  readonly collector: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** How many samples the service keeps; it takes one a second. */
  readonly kept: number;
}

/** Events per second, and those that wait now; null in the first sample, which has no sample before it. */
export type EventRates = readonly [
  recorded: number | null,
  counted: number | null,
  dropped: number | null,
  failed: number | null,
  pending: number,
];

/**
 * Of one series: a rate per second, or a gauge's value; and quantiles of a histogram, null where nothing was counted
 * since the sample before.
 */
export type SeriesValue = readonly [
  id: number,
  value: number | null,
  p50?: number | null,
  p95?: number | null,
  p99?: number | null,
];

export interface CollectSample {
  /** Counts the samples of a run, from 0. */
  readonly n: number;
  /** Milliseconds since 1970, by the service's clock. */
  readonly at: number;
  readonly events: EventRates;
  readonly series: readonly SeriesValue[];
}

export interface ShownSeries {
  readonly id: number;
  /** As in a query: `jobs_total{queue="mail"}`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
}

export interface CollectTotals {
  readonly total: number;
  readonly processed: number;
  readonly dropped: number;
  readonly failed: number;
  readonly pending: number;
  readonly batches: number;
  /** Those of the latest sample. */
  readonly series: readonly ShownSeries[];
  /** Series that are not among them. */
  readonly moreSeries: number;
}

/** Event `samples`: after `start` all that are kept or that the page has missed, then one a second. */
export interface CollectSamples {
  readonly totals: CollectTotals;
  readonly samples: readonly CollectSample[];
}
