/**
 * What the service sends to the live page: the messages of its event stream. Types only, for both sides.
 */

/** What takes time on a row's way. */
export type Stage = 'enqueue' | 'dequeue' | 'assemble' | 'execute' | 'process' | 'lateness';
type Quantile = 'P50' | 'P95' | 'P99';

/** Figures of one sample. Rates are per second, durations in seconds, shares from 0 to 1. */
export type FigureName =
  | 'accepted'
  | 'rejected'
  | 'committed'
  | 'batchRows'
  | 'ringRows'
  | 'ringFill'
  | 'blocksFree'
  | 'blocksOpen'
  | 'blocksSealed'
  | `${Stage}${Quantile}`
  | 'flushSize'
  | 'flushDeadline'
  | 'flushFlush'
  | 'flushDemand'
  | 'flushDrain'
  | 'errors'
  | 'retries'
  | 'dropped'
  | 'deadLettered'
  | 'restarts'
  | 'loopP50'
  | 'loopP99'
  | 'loopMax'
  /** 0 closed, 1 half-open, 2 open. */
  | 'circuit';

/**
 * Of one flusher: rows committed per second, share of the time in which it held batches, batches held at this moment,
 * and threads of it that died, ever.
 */
export type Lane = readonly [rows: number | null, busy: number | null, inFlight: number, restarts: number];

/** One moment, and what happened since the sample before. */
export interface Sample {
  /** Counts the samples of a run, from 0. The first has no sample before it, and so no rates. */
  readonly n: number;
  /** Milliseconds since 1970, by the service's clock. */
  readonly at: number;
  /** In the order of `Start.names`; null: nothing happened of which it could be told. */
  readonly figures: readonly (number | null)[];
  readonly lanes: readonly Lane[];
}

/** The place of a database, a queue or a file. */
export interface Target {
  readonly scheme: string;
  readonly file?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly table?: string | undefined;
}

/** Event `start`, the first of each connection. */
export interface Start {
  /** Another process, or another service in it, has another. */
  readonly run: string;
  readonly flow: string;
  /** Where a source brings rows from; undefined where clients send them. */
  readonly source?: Target | undefined;
  /** Where rows go; undefined where the service was not told. */
  readonly target?: Target | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly names: readonly FigureName[];
  /** How many samples the service keeps; it takes one a second. */
  readonly kept: number;
}

type Counts = Readonly<Record<string, number>>;

/** Exact counts since the flow began, those of `GET /stats`. */
export interface Totals {
  readonly accepted: number;
  readonly rejected: number;
  readonly committed: number;
  readonly deadLettered: number;
  readonly duplicatesAtTarget: number;
  readonly redelivered: number;
  readonly retries: number;
  readonly pending: number;
  readonly inFlight: number;
  readonly dropped: Counts;
  readonly batches: Counts;
  readonly errors: Counts;
  readonly restarts: number;
  readonly capacity: number;
}

/** Event `samples`: after `start` all that are kept or that the page has missed, then one a second. */
export interface Samples {
  readonly totals: Totals;
  readonly samples: readonly Sample[];
}
