/**
 * The public face of a flow, as types: its configuration, its producers, its statistics, its events.
 */
import type { Writable } from 'node:stream';
import type { ResourceLimits } from 'node:worker_threads';
import type { FlushError } from '../errors.js';
import type { FlowMetrics } from '../metrics/flow-metrics.js';
import type { FlushInfo } from '../metrics/flush-info.js';
import type { CircuitState, FlowStats, Lateness, RingUsage } from '../metrics/stats.js';
import type { Batch } from '../schema/batch.js';
import type { AnySchema, EventOf, RowOf, Schema } from '../schema/schema.js';
import type { SinkRef, Verdict } from '../sink.js';

/** What happens to a row when no block is free. */
export type OnFull = 'reject' | 'block' | 'drop-newest' | 'drop-oldest';

/** One flush at a time in each flusher, or up to `maxConcurrentFlushes`. */
export type FlushMode = 'sync' | 'async';

/** What happens when a sink's `write` fails. */
export interface RetryOptions {
  /** Attempts to write a batch, the first included. Default 8, which last some 6 s; 1 is no retry. */
  maxAttempts?: number;
  /** The pause before the second attempt; it doubles from attempt to attempt. Default 100. */
  backoffMs?: number;
  /** Default 5000. */
  maxBackoffMs?: number;
  /** Each pause is a random part of itself, so that flushers do not come back together. Default true. */
  jitter?: boolean;
  /**
   * How long one attempt may take; then its signal aborts and it counts as failed. A sink that goes on all the same
   * may write rows that are written again. Default 30,000.
   */
  timeoutMs?: number;
  /**
   * What an error means; undefined leaves it to the sink. Runs in the flusher from its source text, and cannot use
   * variables from outside.
   */
  // biome-ignore lint/suspicious/noExplicitAny: whatever a sink throws
  classify?: (error: any) => Verdict;
}

/** When flushers stop asking a target that is down. */
export interface CircuitOptions {
  /** After so many batches in a row of which the sink took no row, … Default 5. */
  failures?: number;
  /** … no batch goes out for so long; then one is tried. Default 5000. */
  coolDownMs?: number;
}

/** Of the rows of a batch that share a key, keep one; the others count as dropped, reason `duplicate`. */
export interface Dedupe<Row> {
  /** A column's name, or a function of the row, which runs in the flusher and cannot use variables from outside. */
  by: (Row extends object ? keyof Row & string : never) | ((row: Row) => unknown);
  /** Default `last`. */
  keep?: 'last' | 'first';
}

/** Settings that do not depend on the schema. Sizes are in rows unless the name says bytes. */
export interface FlowSettings {
  /** Names the flow in errors and metrics. Default: the schema's name; `events` without one, `flow` with several. */
  name?: string;
  /** Rows of a batch: it goes out as soon as this many wait. Default 1000. */
  flushSize?: number;
  /** A batch goes out when its first row has waited this long. Default 100. */
  flushIntervalMs?: number;
  /** Rows that the ring holds, at least two blocks' worth. Default 64 × `flushSize`. */
  bufferSize?: number;
  /** Text and blob bytes of a block; bounds the largest event. Default: 64 a row and column, at least 64 KiB. */
  blockTextBytes?: number;
  /** Default `async`. */
  flushMode?: FlushMode;
  /** Batches in flight in each flusher in `async` mode. Default 1. */
  maxConcurrentFlushes?: number;
  /** The same setting under go-pipeline's name in BatchFlow; give one of the two. */
  concurrencyLimit?: number;
  /** Worker threads that flush. Default 1. */
  flushers?: number;
  /** Default `reject`. */
  onFull?: OnFull;
  /** How long `block` waits for room before the row is rejected. Default 1000. */
  blockTimeoutMs?: number;
  /** Rows that a producer gathers before it shows them; the end of the event-loop turn shows them, too. Default 128. */
  publishEvery?: number;
  /** Producers that may be attached at one time. Default 64, or one less than there are blocks. */
  maxProducers?: number;
  /** Distinct labels that the dictionary holds; further ones travel as text. Default 16,384. */
  maxLabels?: number;
  retry?: RetryOptions;
  /** `false`: never open. */
  circuit?: CircuitOptions | false;
  /**
   * The sink of rows that are given up. Default: what the sink suggests (SQLite: a file beside its own); with none, or
   * `false`, such rows are dropped, and reported.
   */
  deadLetters?: SinkRef | false;
  /** Rows that were in flight at so many deaths of flushers are tried in ever smaller parts. Default 3. */
  maxDeliveries?: number;
  /** Memory limits of each flusher's thread, as `new Worker` takes them. */
  resourceLimits?: ResourceLimits;
  /** Closes the flow when it aborts. */
  signal?: AbortSignal;
  /** Whether an abort drains the ring first. Default true. */
  drainOnAbort?: boolean;
  /** How long the drain after an abort may take, and the one at the process's exit. Default 5000. */
  drainGraceMs?: number;
  /** Whether the process's exit waits for what is in the ring, up to `drainGraceMs`. Default true. */
  drainOnExit?: boolean;
}

/** Where batches go: a sink in the flusher's thread, or a function on the creating thread. */
export type Destination<S extends Schema> =
  | { sink: SinkRef; onBatch?: never }
  | {
      /** Runs on the creating thread. It must not wait for `flush()`, `committed()` or `close()` of its own flow. */
      onBatch: (batch: Batch<S>) => unknown;
      sink?: never;
    };

export type FlowConfig<S extends Schema = Schema> = FlowSettings &
  Destination<S> &
  (
    | { schema: S; schemas?: never; dedupe?: Dedupe<RowOf<S>> }
    | { schemas: readonly S[]; schema?: never; dedupe?: Dedupe<RowOf<S>> }
  );

/** A flow without a schema: any structured value is an event. */
export type AnyFlowConfig<V = unknown> = FlowSettings &
  Destination<AnySchema<V>> & { schema?: never; schemas?: never; dedupe?: Dedupe<V> };

/** What writes events into the ring, on one thread. */
export interface Producer<S extends Schema = Schema> {
  readonly schema: S;
  /**
   * Take one event.
   * @returns true when it was accepted (a `drop-…` policy accepts, drops and counts); false when the ring
   *   is full and the caller still owns the event. What its getters or `toJSON` push comes before it.
   *   Events are checked first, whatever the state of the ring and the flow.
   * @throws EventError when it does not fit the schema, FlowClosedError on a closed flow.
   */
  push(event: EventOf<S>): boolean;
  /**
   * Take events in order until the ring is full. Pass an array to go on later: a generator's refused event is gone.
   * @returns how many were accepted.
   * @throws EventError with `index`: the events before it were accepted, it and those after it were not.
   */
  pushMany(events: Iterable<EventOf<S>>): number;
  /**
   * Take `length` events as columns: a typed array of the column's own kind, or any array, by column name.
   * @returns how many were accepted, from the first on.
   */
  pushColumns(columns: ColumnsInput<S>, length: number): number;
  /** Make everything pushed so far visible to flushers now, not at the end of the event-loop turn. */
  publish(): void;
  /** Resolves when a push would find room; rejects when the flow closes. */
  writable(options?: WaitOptions): Promise<void>;
  /**
   * Resolves when everything that this producer pushed before the call is committed.
   * @throws FlushError when rows were given up that were pushed since `since` (default: since the last call); its
   *   `failed` says which.
   */
  committed(options?: CommittedOptions): Promise<void>;
  /** How far this producer has come: for `committed({ since })`. */
  position(): ProducerPosition;
  /** A Node stream in object mode on top of `push`, with backpressure; its end waits for the commit. */
  toWritable(): Writable;
  /** Publish, and give the block back. Harmless when repeated. */
  close(): void;
}

export type ColumnsInput<S extends Schema> = { readonly [K in keyof EventOf<S>]: ArrayLike<EventOf<S>[K]> };

export interface WaitOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

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

/** Everything that can be posted to a thread so that it can produce: `attachProducer(handle)`. */
export interface FlowHandle {
  readonly '~flow': unknown;
}

export interface CommittedOptions extends WaitOptions {
  /** A `position()`: only rows pushed after it make the promise reject. */
  since?: ProducerPosition;
}

/** A place in what a producer pushed; opaque. */
export interface ProducerPosition {
  readonly sequence: number;
  readonly dropped: number;
  readonly logged: number;
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
