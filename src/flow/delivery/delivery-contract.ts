/**
 * The types of a delivery: the rows that it gets, what all writes of one sink have in common, and a row that failed.
 */
import type { ErrorStage } from '../../metrics/cells/operations.js';
import type { FlushStatus } from '../../metrics/read/flush-info.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { ErrorReason } from '../../target-errors/meaning.js';
import type { Timers } from '../waiting/timers.js';
import type { SinkRegistry } from './sink-registry.js';

/** Rows to be delivered, by their numbers from 0. */
export interface Load {
  readonly schema: Schema;
  /** These rows, given in order, in fresh arrays. */
  copy(rows: readonly number[]): Batch;
  /** The sink has stored these. @param skipped those that it had already, in order, or how many. */
  committed(rows: readonly number[], skipped: number | readonly number[]): void;
}

/** A row that has failed for good. */
export interface RowFailure {
  readonly row: number;
  readonly error: unknown;
  /** How often the sink had it. */
  readonly attempts: number;
  readonly reason: 'fatal' | 'retries' | 'answer';
  readonly errorReason: ErrorReason;
}

/** What every `write` of one sink has in common. */
export interface DeliveryContext {
  readonly flusher: number;
  readonly options: unknown;
  /** Aborts when the flow stops: no further attempt begins, attempts under way are aborted. */
  readonly signal: AbortSignal;
  readonly metrics: SinkRegistry;
  /** The timers of attempts and pauses; undefined: the event loop's. */
  readonly timers?: Timers;
}

/** What an error of an attempt, or of a row of it, was. */
export type AttemptError = 'retry' | 'fatal' | 'unknown' | 'timeout' | 'answer';

/** Measures a delivery. */
export interface DeliveryObserver {
  /** An attempt that is not a batch's first begins. */
  retried(attempt: number): void;
  /** The sink's `write` has ended. @param endedAt on the clock. */
  wrote(rows: number, durationMs: number, status: FlushStatus, endedAt: number): void;
  /** An attempt has failed, or rows of it: each of its errors. */
  failed(type: AttemptError, reason: ErrorReason, stage: ErrorStage, error: unknown): void;
}
