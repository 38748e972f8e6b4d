/**
 * A flow as types: what its creating thread may do with it, its events, and what its end reports.
 */
import type { FlushError } from '../../errors.js';
import type { FlowMetrics } from '../../metrics/read/flow-metrics.js';
import type { FlushInfo } from '../../metrics/read/flush-info.js';
import type { CircuitState, FlowStats, Lateness, RingUsage } from '../../metrics/read/stats.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { FlowHandle, Producer, WaitOptions } from './producer.js';

/** What `close()` did. */
export interface CloseReport {
  committed: number;
  deadLettered: number;
  /** Rows that were given up where there are no dead letters. */
  failed: number;
  /** Rows that were still in the ring when the time limit ended. `takeUndelivered()` gives them. */
  undelivered: number;
}

export interface CloseOptions {
  /** Gives up draining when it aborts. */
  signal?: AbortSignal;
  /** Gives up draining after this long. Default: no limit. */
  timeoutMs?: number;
}

/** Events of a flow, and what their listeners get. */
export interface FlowEvents {
  /** A flush has ended, whatever became of its rows. */
  flush: [FlushInfo];
  /** Rows were given up, or could not be (`reason` `dead-letters`). `kept`: `errors()` had a place for the error. */
  flushError: [error: FlushError, kept: boolean];
  /** Rows were given up and are kept as dead letters; each such failure is a `flushError`, too. */
  deadLetter: [FlushError];
  /** A flusher has sent values of metrics that its sink has registered: `metrics().sink`. */
  sinkMetrics: [{ flusher: number }];
  /** The flow has ended: closed, destroyed or failed. A listener that comes later is called at once. */
  close: [];
  /** A flusher's thread died; another takes its place. */
  flusherExit: [{ flusher: number; error: unknown; redelivered: number }];
}

export interface Flow<S extends Schema = Schema>
  extends Omit<Producer<S>, 'close' | 'schema'>,
    AsyncDisposable {
  readonly name: string;
  /** Closing, closed, or failed. */
  readonly closed: boolean;
  /** An independent producer; `schema` is needed only when the flow has several. */
  producer<T extends S = S>(schema?: T): Producer<T>;
  /** Structured-cloneable: post it to a worker and call `attachProducer` there. */
  handle(): FlowHandle;
  /** Resolves when everything pushed before this call is committed, or was given up. */
  flush(options?: WaitOptions): Promise<void>;
  /** Change live settings; takes effect at once in every flusher. */
  update(settings: { flushSize?: number; flushIntervalMs?: number }): void;
  stats(): FlowStats;
  ring(): RingUsage;
  lateness(): Lateness;
  /** All that is measured, read out of shared memory. */
  metrics(): FlowMetrics;
  /** Whether batches go out; the worst of all flushers. */
  circuit(): CircuitState;
  /** Failures as they come, from a bounded buffer of 256; what overflows is counted in `errorsDropped`. */
  errors(): AsyncIterable<FlushError>;
  on<E extends keyof FlowEvents>(event: E, listener: (...args: FlowEvents[E]) => void): this;
  off<E extends keyof FlowEvents>(event: E, listener: (...args: FlowEvents[E]) => void): this;
  /** Drain, wait for every flush to end, stop the threads. Harmless when repeated. */
  close(options?: CloseOptions): Promise<CloseReport>;
  /** Stop now: what was not committed is undelivered. */
  destroy(): Promise<CloseReport>;
  /**
   * The rows that the flow had accepted and not delivered when it ended, once; by schema, oldest first.
   * @throws FlowOpenError while the flow has not ended.
   */
  takeUndelivered<T extends S = S>(): Batch<T>[];
}
