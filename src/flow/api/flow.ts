/**
 * A flow as types: what its creating thread may do with it, and what its end reports.
 */
import type { FlushError } from '../../errors.js';
import type { FlowMetrics } from '../../metrics/read/flow-metrics.js';
import type {
  CircuitState,
  DeadLetterState,
  FlowStats,
  Lateness,
  RingUsage,
} from '../../metrics/read/stats.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { FlowEmitter } from './events.js';
import type { FlowHandle, Producer, WaitOptions } from './producer.js';
import type { CurrentSettings } from './settings.js';

/** What `close()` did. */
export interface CloseReport {
  committed: number;
  deadLettered: number;
  /** Rows that were given up where there are no dead letters. */
  failed: number;
  /** Rows that were still in the ring when the time limit ended. `takeUndelivered()` gives them. */
  undelivered: number;
  /** The reason of the flow's `signal`, where it aborted before the flow had ended; absent otherwise. */
  abortReason?: unknown;
}

export interface CloseOptions {
  /** Gives up draining when it aborts. Of one that has aborted before, `close()` rejects, and the flow goes on. */
  signal?: AbortSignal;
  /** Gives up draining after this long. Default: no limit. */
  timeoutMs?: number;
}

/** How a flow ended, and what became of its rows. */
export type FlowEnd =
  /**
   * `drained`: every accepted row has ended, also where `destroy()`, an abort or a limit ended the flow. `aborted`: one
   * of them came before that, and the rest is `report.undelivered`.
   */
  | { readonly how: 'drained' | 'aborted'; readonly report: CloseReport; readonly error?: undefined }
  /** The flow could not go on, or a sink did not close; `close()` rejects with the same error. */
  | { readonly how: 'failed'; readonly report: CloseReport; readonly error: Error };

export interface Flow<S extends Schema = Schema>
  extends Omit<Producer<S>, 'close' | 'schema'>,
    FlowEmitter,
    AsyncDisposable {
  readonly name: string;
  /** Closing, closed, or failed. */
  readonly closed: boolean;
  /** Resolves when the flow has ended and its threads are gone. It never rejects. */
  readonly ended: Promise<FlowEnd>;
  /**
   * Resolves with true when the source has no more, and each of its units was acknowledged; the flow goes on. Resolves
   * with false when the flow has ended before that, or has no source. It never rejects.
   */
  readonly sourceEnded: Promise<boolean>;
  /** An independent producer; `schema` is needed only when the flow has several. */
  producer<T extends S = S>(schema?: T): Producer<T>;
  /**
   * A producer of a kind of event that the flow may not have yet: it is added to the running flow, unless it is there.
   * Other threads call `addSchema(handle, schema)`. Their flushers learn of it by its first rows.
   * @throws ConfigError where the name is taken by other columns, or a row does not fit the ring's blocks;
   *   CapacityError beyond `maxSchemas`; SchemaError, FlowClosedError.
   */
  addSchema<T extends Schema>(schema: T): Producer<T>;
  /** Structured-cloneable: post it to a worker and call `attachProducer` there. */
  handle(): FlowHandle;
  /** Resolves when everything pushed before this call is committed, or was given up. */
  flush(options?: WaitOptions): Promise<void>;
  /** Change live settings; takes effect at once in every flusher. */
  update(settings: { flushSize?: number; flushIntervalMs?: number }): void;
  /** What is in force now: every setting, defaults and what `update()` has changed included. Frozen plain data. */
  settings(): CurrentSettings;
  stats(): FlowStats;
  ring(): RingUsage;
  lateness(): Lateness;
  /** All that is measured, read out of shared memory. */
  metrics(): FlowMetrics;
  /** Whether batches go out; the worst of all flushers. */
  circuit(): CircuitState;
  /** `failing` while rows wait in the ring that neither the sink nor the dead letters took. */
  deadLetters(): DeadLetterState;
  /**
   * What keeps the sink from its target, as its health check says in a flusher's thread; undefined when nothing does,
   * or the sink has no check. However often it is called, the sink is asked at most once a second.
   */
  sinkTrouble(): Promise<string | undefined>;
  /** Failures as they come, from a buffer of `errorBufferSize`; what overflows is counted in `errorsDropped`. */
  errors(): AsyncIterable<FlushError>;
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
