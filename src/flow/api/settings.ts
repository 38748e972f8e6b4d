/**
 * What a flow is configured with, as types: its settings, its schemas, and where its batches go.
 */
import type { ResourceLimits } from 'node:worker_threads';
import type { AnySchema, EventOf, RowOf, Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { SinkRef } from '../../sink.js';
import type { ModuleRef as SourceRef } from '../../sink-module.js';
import type { Meaning, Verdict } from '../../target-errors/meaning.js';
import type { DedupeBySomething, ShownDedupe } from './dedupe.js';
import type { BatchEvent, Logger, ObserverOptions, RedactOptions } from './observing.js';
import type { Sharding, ShownSharding } from './sharding.js';

/** What happens to a row when no block is free, or `highWatermark` rows wait. */
export type OnFull = 'reject' | 'block' | 'drop-newest' | 'drop-oldest';

/** One flush at a time in each flusher, or up to `maxConcurrentFlushes`. */
export type FlushMode = 'sync' | 'async';

/** What is to become of rows that are given up. */
export type OnGivenUp = 'keep' | 'drop';

/** Where the identities of a flow's rows come from: the flow, or the program that pushes them. */
export type IdentityOrigin = 'assigned' | 'given';

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
   * What an error means; what it leaves open is asked of the sink. Runs in the flusher from its source text, and cannot
   * use variables from outside.
   */
  // biome-ignore lint/suspicious/noExplicitAny: whatever a sink throws
  classify?: (error: any) => Verdict | Meaning;
}

/** When flushers stop asking a target that is down. */
export interface CircuitOptions {
  /** After so many batches in a row of which the sink took no row, … Default 5. */
  failures?: number;
  /** … no batch goes out for so long; then one is tried. Default 5000. */
  coolDownMs?: number;
}

/**
 * The flow tunes `flushSize` and `flushIntervalMs` itself, within these ranges, from what its flushers measure.
 * `update()` of one of them ends that for it.
 */
export interface AdaptiveOptions {
  /**
   * How long 95 of 100 rows may take from their publish to their end. Where rows come faster than the sink takes them
   * no setting keeps it, and throughput counts. Default 50.
   */
  targetLatencyMs?: number;
  /** The least and the most rows of a batch. Default: [100, 5000]. */
  flushSize?: readonly [min: number, max: number];
  /** Default: [10, 200]. */
  flushIntervalMs?: readonly [min: number, max: number];
}

/** Duplicates are known by something: of all schemas, or of some. */
/** A clock that a test moves: `testClock()` of `batchflow-threads/testing`. */
export interface FlowClock {
  readonly '~clock': SharedArrayBuffer;
}

/** A limit that several flows share: plain data around shared memory, which can be posted to other threads. */
export interface ConcurrencyLimit {
  /** How many batches may be in flight at a time. */
  readonly permits: number;
  readonly memory: SharedArrayBuffer;
}

/** Settings that do not depend on the schema. Sizes are in rows unless the name says bytes. */
export interface FlowSettings {
  /** Names the flow in errors and metrics. Default: the schema's name; `events` without one, `flow` with several. */
  name?: string;
  /** Rows of a batch: it goes out as soon as this many wait. Default 1000. */
  flushSize?: number;
  /**
   * `flow`: rows of all schemas count together, and when `flushSize` of them wait, the batches of all schemas go out.
   * `schema`: each schema's rows count alone. Default `schema`. With `dedupe` keys count in the place of rows.
   */
  flushSizeOver?: 'schema' | 'flow';
  /** A batch goes out when its first row has waited this long. Default 100. */
  flushIntervalMs?: number;
  /** Tune both settings above while the flow runs; they are where it begins. Default: they stay as they are. */
  adaptive?: AdaptiveOptions;
  /**
   * Rows that the ring holds, at least two blocks' worth. Default: 64 × `flushSize`, or as many as take less than 2 GiB
   * of address space.
   */
  bufferSize?: number;
  /**
   * The most bytes of address space that the ring takes, those for large events included, in place of `bufferSize`: it
   * holds as many rows as fit. Default: as `bufferSize` says.
   */
  bufferBytes?: number;
  /**
   * Rows that wait in the ring when `onFull` acts, though it is not full. One producer never passes it; each further
   * one may by a group: `publishEvery` rows, or a block's by `pushColumns`. Default: no watermark, as by 0.
   */
  highWatermark?: number;
  /**
   * Text and blob bytes of a block; bounds the largest event. Default: 64 a row and column, at least 64 KiB; besides,
   * each block takes an event of up to 1 MiB.
   */
  blockTextBytes?: number;
  /** Default `async`. */
  flushMode?: FlushMode;
  /** Batches in flight in each flusher in `async` mode. Default 1. */
  maxConcurrentFlushes?: number;
  /**
   * Batches in flight in all flushers together; or a limit of `createConcurrencyLimit()`, which several flows share. A
   * batch that pauses between attempts does not count. Without it `maxConcurrentFlushes` alone is a limit. With
   * `onBatch` it is a number: flows that share a limit would wait for its thread, which may wait for them.
   */
  concurrencyLimit?: number | ConcurrencyLimit;
  /** Worker threads that flush. Default 1. A flow with `sharding` has one for each shard instead. */
  flushers?: number;
  /** Default `reject`. */
  onFull?: OnFull;
  /** How long a `push` under `block` waits for room before the row is rejected. Default 1000. */
  blockTimeoutMs?: number;
  /** Rows that a producer gathers before it shows them; the end of the event-loop turn shows them, too. Default 128. */
  publishEvery?: number;
  /** Producers attached at one time, beside the flow's own. Default 64, or one less than there are blocks. */
  maxProducers?: number;
  /**
   * Blocks that the buffer is divided into at least, as far as it has rows: each producer fills one. Without it a block
   * has room for a batch. Default 1.
   */
  minBlocks?: number;
  /**
   * Calls of `write` and `send` of one producer that may wait at one time; a further one rejects. As many rows given
   * up one by one are remembered for `write` and `committed()`. Default 8192.
   */
  maxPendingWrites?: number;
  /**
   * Schemas in all, those that `addSchema` adds to the running flow included. Default: 64, or as many as are given.
   */
  maxSchemas?: number;
  /** Distinct labels that the dictionary holds; further ones travel as text. Default 16,384. */
  maxLabels?: number;
  /**
   * `given`: events may bring identities along (`withIdentity`), which take 26 bytes a row; rows of other events get
   * the flow's own, as all do by `assigned`. Default `assigned`.
   */
  identity?: IdentityOrigin;
  /** `false`: one attempt, as by `maxAttempts: 1`. */
  retry?: RetryOptions | false;
  /** `false`: never open. */
  circuit?: CircuitOptions | false;
  /**
   * The sink of rows that are given up. Default: what the sink suggests (SQLite: a file beside its own); with none, or
   * `false`, such rows are dropped, and reported.
   */
  deadLetters?: SinkRef | false;
  /**
   * `keep`: a flow without dead letters is refused. `drop`: rows that are given up, and have no dead letters, are
   * dropped, counted and reported. Default: `keep` with a source, `drop` without one.
   */
  onGivenUp?: OnGivenUp;
  /**
   * Where events come from beside `push`: a source, in a thread of its own, such as `ndjson({…})`. It refuses
   * `drop-…` policies.
   */
  source?: SourceRef;
  /** Rows that were in flight at so many deaths of flushers are tried in ever smaller parts. Default 3. */
  maxDeliveries?: number;
  /** Failures that `flow.errors()` keeps until they are read; further ones are only counted. Default 256. */
  errorBufferSize?: number;
  /** Memory limits of each flusher's thread, and of the source's, as `new Worker` takes them. */
  resourceLimits?: ResourceLimits;
  /**
   * Options of Node.js for these threads, as `new Worker` takes them: `['--import', …]` runs a module before
   * sinks and sources are loaded. Default: those of the creating thread.
   */
  execArgv?: readonly string[];
  /** Environment variables of these threads. Default: a copy of the creating thread's. */
  env?: Readonly<Record<string, string | undefined>>;
  /**
   * How long every flusher together may take to open its sink, and then the source to open, before `createBatchFlow`
   * rejects. Default 30,000.
   */
  openTimeoutMs?: number;
  /**
   * For tests: the clock by which rows wait, attempts are repeated and circuits cool down. Default: the system's.
   */
  clock?: FlowClock;
  /** Receives events of batches on the creating thread: a function, or with a sampler. Default: none are sent. */
  observer?: ObserverOptions | ((event: BatchEvent) => unknown);
  /** Receives lines on the creating thread: pino, `console`, or another of that shape. Default: nothing is logged. */
  logger?: Logger;
  /**
   * Names and paths of members that are redacted in errors, events and lines; `false`: nothing is. Default: names that
   * have password, passwd, token, secret, authorization, credential, email or phone.
   */
  redact?: readonly string[] | RedactOptions | false;
  /** Closes the flow when it aborts. */
  signal?: AbortSignal;
  /** Whether an abort drains the ring first. Default true. */
  drainOnAbort?: boolean;
  /** How long the drain after an abort may take, and the one at the process's exit. Default 5000. */
  drainGraceMs?: number;
  /**
   * Whether the exit of the process, or of the thread that created the flow, waits for what is in the ring, up to
   * `drainGraceMs`. Default true.
   */
  drainOnExit?: boolean;
}

/** Settings that `flow.settings()` shows in another form than they are given in. */
interface ShownSettings {
  adaptive: Readonly<Required<AdaptiveOptions>> | undefined;
  /** The kinds of events that the flow takes. */
  schemas: readonly Schema[];
  /** Where the sink's module is; its options may hold secrets. Undefined: batches go to `onBatch`. */
  sink: ShownSink | undefined;
  dedupe: ShownDedupe | undefined;
  /** A function is its source text; `hash` is its key. Undefined: one ring, of which all flushers take. */
  sharding: ShownSharding | undefined;
  blockTextBytes: number | undefined;
  /** Undefined: there is none, as by 0. */
  highWatermark: number | undefined;
  /** How many batches in flight at a time the limit allows. */
  concurrencyLimit: number | undefined;
  /** `classify` is its source text. Without retries `maxAttempts` is 1. */
  retry: Readonly<Required<Omit<RetryOptions, 'classify'>> & { classify: string | undefined }>;
  circuit: Readonly<Required<CircuitOptions>> | false;
  deadLetters: ShownSink | false;
  source: ShownSink | undefined;
  redact: Readonly<Required<RedactOptions>> | false;
  resourceLimits: Readonly<ResourceLimits> | undefined;
  execArgv: readonly string[] | undefined;
  /** The names of the variables; their values may be secrets. */
  env: readonly string[] | undefined;
}

/** A sink, or a source, without its options. */
export type ShownSink = Readonly<{ module: string }>;

/** What `flow.settings()` returns: each setting as it is in force, without `signal`, `clock`, `observer`, `logger`. */
export type CurrentSettings = Readonly<
  Omit<Required<FlowSettings>, keyof ShownSettings | 'signal' | 'clock' | 'observer' | 'logger'> &
    ShownSettings
>;

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
    | { schema: S; schemas?: never; dedupe?: DedupeBySomething<RowOf<S>>; sharding?: Sharding<EventOf<S>> }
    | {
        schemas: readonly S[];
        schema?: never;
        dedupe?: DedupeBySomething<RowOf<S>>;
        sharding?: Sharding<EventOf<S>>;
      }
  );

/** A flow without a schema: any structured value is an event. */
export type AnyFlowConfig<V = unknown> = FlowSettings &
  Destination<AnySchema<V>> & {
    schema?: never;
    schemas?: never;
    dedupe?: DedupeBySomething<V>;
    sharding?: Sharding<V>;
  };
