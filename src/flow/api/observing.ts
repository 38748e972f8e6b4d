/**
 * Observing a flow, as types: the events of batches, which of them an observer receives, the logger, and what is
 * redacted in both.
 */

/** Where a batch is: refused on push; not sent; an attempt of the sink; another one begins; all rows have ended. */
export type BatchStage = 'validate' | 'generate' | 'execute' | 'retry' | 'final';

/** What has happened to a batch. It never holds a row's values; texts of errors are redacted. */
export interface BatchEvent {
  readonly stage: BatchStage;
  readonly status: 'success' | 'fail' | 'retry';
  readonly flow: string;
  readonly schema: string;
  /** What the sink says of itself: `sql`, `redis`, …; `custom`. */
  readonly backend: string;
  /** What it does there: `insert`, `upsert`, …; `custom`. */
  readonly operation: string;
  /** The flusher's number, from 1. Undefined for `validate` events of this thread. */
  readonly flusher?: number;
  /** The identity of the batch's first row: the same at each delivery. */
  readonly batch?: string;
  /** Rows that the event is about. */
  readonly rows: number;
  /** Which attempt of the batch it is, from 1; 0 where there was none. */
  readonly attempt: number;
  /** Of an attempt; of `final`, from the moment the batch was taken. */
  readonly durationMs: number;
  /** Why it failed: an error reason, or what is wrong with an event. */
  readonly reason?: string;
  readonly error?: { readonly message: string; readonly code?: string };
}

/**
 * Which events an observer receives: failures, retries and slow ones; all; those of a share of batches, the same ones
 * at each delivery; or those for which a function of the creating thread returns true.
 */
export type Sampler =
  | 'errors-and-slow'
  | 'all'
  | { readonly ratio: number }
  | ((event: BatchEvent) => boolean);

export interface ObserverOptions {
  /** Default `errors-and-slow`. */
  sample?: Sampler;
  /** An attempt, or a whole batch, that takes so long is slow. Default 1000. */
  slowMs?: number;
  /** Runs on the creating thread. What it throws is counted, and the first such error is a warning of the process. */
  onEvent(event: BatchEvent): unknown;
}

/** pino's shape: an object of members, and a text. `console` has it, too. */
export interface Logger {
  info(members: object, message: string): unknown;
  warn(members: object, message: string): unknown;
  error(members: object, message: string): unknown;
}

export interface RedactOptions {
  /** Names, at any depth and within longer names; or paths as pino has them. Default: `usualNames`. */
  paths?: readonly string[];
  /** Stands in the place of what is redacted. Default `[REDACTED]`. */
  censor?: string;
}
