/**
 * The contract between a flusher and a sink: where batches go.
 *
 * A sink is a module that the flusher's thread loads; the creating thread only names it,
 * by a URL and options that can be posted (`SinkRef`). A flusher calls `open` once, `write` for
 * each batch, `close` at its end. A batch is committed when `write` returns or its promise resolves; a sink that
 * knows which rows it could not store says so, and the others are committed.
 */
import type { GeneratedOperation, SinkTarget } from './metrics/cells/operations.js';
import type { SinkCells, SinkCellsMemory } from './metrics/cells/sink-cells.js';
import { postable } from './options/rules.js';
import type { Schema } from './schema/columns/schema.js';
import type { Batch } from './schema/read/batch.js';
import { type ModuleRef, moduleRule } from './sink-module.js';
import type { Meaning, Verdict } from './target-errors/meaning.js';

/** A sink as the configuration holds it: a module's address and its options. */
export interface SinkRef extends ModuleRef {
  /** URL of a module (ESM or CommonJS) whose default export is a sink, a sink factory, or a `write` function. */
  readonly module: string;
  /** Where rows go that this sink does not take, unless the flow's configuration says otherwise. */
  readonly deadLetters?: SinkRef;
  /**
   * Shared memory for a sink that counts: its `open` gets `cells`, which change together with the batch's end. Such a
   * sink stores batches whole, and answers at once.
   */
  readonly cells?: SinkCellsMemory;
  /** What kind of target it is, and what it does there, in the labels of metrics. Default: `custom` for both. */
  readonly target?: SinkTarget;
}

/** What prom-client alone has a type for. */
// biome-ignore lint/suspicious/noExplicitAny: users without prom-client have no types of it
type OfPromClient = any;

/** A `Registry` of prom-client, by its shape: its types are not there for users who have not installed it. */
export interface MetricsRegistry {
  readonly contentType: OfPromClient;
  metrics(): Promise<string>;
  clear(): void;
  resetMetrics(): void;
  registerMetric(metric: OfPromClient): void;
  getMetricsAsJSON(): Promise<OfPromClient[]>;
  getMetricsAsArray(): OfPromClient[];
  removeSingleMetric(name: string): void;
  getSingleMetric(name: string): OfPromClient;
  getSingleMetricAsString(name: string): Promise<string>;
  setDefaultLabels(labels: object): void;
  setContentType(contentType: OfPromClient): void;
}

/** What a sink knows when it opens. */
export interface OpenContext<O = unknown> {
  /** Which flusher this is, from 1. */
  readonly flusher: number;
  readonly options: O;
  /** Every schema that this flow may hand to `write`. */
  readonly schemas: readonly Schema[];
  /**
   * A registry of this sink's own, in this thread, the same in `open` and in every `write`. What is registered in it is
   * shown by `prometheus(flow)` on the creating thread. Loads prom-client when it is first read.
   */
  readonly metrics: MetricsRegistry;
  /** For how long one batch may be tried, by the flow's `retry`: all attempts, and the pauses between them. */
  readonly retryBudgetMs?: number;
  /** Where the `SinkRef` has `cells`: those of this flusher. */
  readonly cells?: SinkCells;
  /** Says that metrics have changed without a write, which would show them. */
  readonly metricsChanged?: () => void;
  /**
   * Says what the sink makes of a batch, before it sends it: for the metrics `operation_generated_items` and
   * `operation_generated_args`. Without it each row that `write` gets is an item.
   */
  readonly generated?: (schema: Schema, operation: GeneratedOperation) => void;
}

/** What a sink knows of one flush. */
export interface WriteContext<O = unknown> {
  readonly flusher: number;
  readonly options: O;
  readonly schema: Schema;
  /** Which of a series of attempts this is, from 1. */
  readonly attempt: number;
  /** Aborted when this attempt has taken `retry.timeoutMs`, or when the flow stops. */
  readonly signal: AbortSignal;
  /** As in `open`. */
  readonly metrics: MetricsRegistry;
}

/** What `write` may return: the rows that it did not store, by their number in the batch. All others are committed. */
export interface WriteResult {
  readonly failed: readonly { readonly index: number; readonly error: unknown }[];
  /**
   * Those of the others that the target had already, by their number in the batch; or only how many. They are
   * committed, and counted apart.
   */
  readonly skipped?: number | readonly number[];
}

// biome-ignore lint/suspicious/noExplicitAny: a sink may narrow the batch's row and column types
type AnyBatch = Batch<any>;

export interface Sink<O = unknown> {
  /** Before the first batch; a failure here fails the flow. */
  open?(context: OpenContext<O>): void | Promise<void>;
  /**
   * Before the first batch of a schema, in each flusher's thread; again only after a failure, which counts as one of
   * the batch's write. Schemas may come later than `open`, which knows those that the flow has then.
   */
  prepare?(schema: Schema): void | Promise<void>;
  /**
   * One batch, fresh arrays that are the sink's to keep, at each attempt anew. Returning (or resolving) commits
   * every row of it, apart from those that a `WriteResult` names.
   */
  write(batch: AnyBatch, context: WriteContext<O>): unknown;
  /**
   * What an error that `write` threw means; `retry.classify` of the flow's configuration comes first. What is left open
   * is asked of the error itself (`verdict`, `reason`, `split`), then of what is known of well-known targets: codes of
   * Node, PostgreSQL, MySQL, SQLite and Redis, and HTTP statuses. An error's `retryAfterMs` makes the next pause at
   * least so long, up to an hour. An error's `stage` (`validate`, `generate` or `execute`, the default) is shown by the
   * metric `operation_errors_total`: nothing was sent at the first two.
   */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the sink's own `write` throws
  classify?(error: any): Verdict | Meaning;
  /**
   * Whether the target can be reached: rejects with what is missing. Called in one flusher's thread while `/readyz` or
   * `flow.sinkTrouble()` asks, at most once a second; beside writes, if those are asynchronous.
   *
   * @param signal aborted after 5 s.
   */
  health?(signal: AbortSignal): void | Promise<void>;
  /** After the last batch. */
  close?(): void | Promise<void>;
}

/** Marks what `defineSink` made, so that a factory is told from a plain `write` function. */
export const sinkMark = Symbol.for('batchflow-threads.sink');

export interface SinkFactory<O = unknown> {
  readonly [sinkMark]: true;
  readonly create: (options: O) => Sink<O>;
}

/**
 * Define a sink module's default export.
 *
 * @param sink a sink, or a function of the options that makes one (for a sink with state).
 * @example
 * export default defineSink((options: { file: string }) => {
 *   const rows: unknown[] = [];
 *   return { write: (batch) => void rows.push(...batch.rows()), close: () => save(options.file, rows) };
 * });
 */
export function defineSink<O = unknown>(sink: Sink<O> | ((options: O) => Sink<O>)): SinkFactory<O> {
  return { [sinkMark]: true, create: typeof sink === 'function' ? sink : () => sink };
}

/**
 * Name your own module as a sink, or as a source.
 *
 * A package's name is looked up from this package. `import.meta.resolve('some-package/sink')` looks it up from your
 * module, as it has to be where packages do not share one folder.
 *
 * @param module where it is: `new URL('./mine.js', import.meta.url)`, another URL, an absolute path, a package's name.
 * @param options anything structured-cloneable, of which the sink gets a copy of now as `ctx.options`.
 * @throws ConfigError for a relative path, for a value that is no address, for options that cannot be posted.
 */
export function handler(module: URL | string, options?: unknown): SinkRef {
  return { module: moduleRule.check(module, 'module'), options: postable.check(options, 'options') };
}
