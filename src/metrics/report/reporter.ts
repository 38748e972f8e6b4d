/**
 * Reporters: what a metric system of your own has to have, to be told what a flow measures. BatchFlow's interfaces.
 *
 * `addReporter(flow, reporter)` calls them on the creating thread. Durations in seconds.
 */

import { withSomeMethods } from '../../options/rules.js';
import type { ConflictStrategy, ErrorStage } from '../cells/operations.js';
import type { FlushStatus } from '../read/flush-info.js';

export interface MetricsReporter {
  /** How long a producer waited for room. */
  observeEnqueueLatency(seconds: number): void;
  /** Claiming and copying a batch. */
  observeBatchAssemble(seconds: number): void;
  /** One attempt to write. @param table the schema's name; of a sampled flow its own. */
  observeExecuteDuration(table: string, rows: number, seconds: number, status: FlushStatus): void;
  observeBatchSize(rows: number): void;
  /** @param table as above. @param type an `ErrorType`. */
  incError(table: string, type: string): void;
  /** Batches that may be in flight at one time. */
  setConcurrency(batches: number): void;
  /** Rows published and not settled. */
  setQueueLength(rows: number): void;
  incInflight(): void;
  decInflight(): void;
}

/** What go-pipeline measures besides. */
export interface PipelineMetricsReporter {
  /** From the publish of a batch's first row until it was taken. */
  observeDequeueLatency(seconds: number): void;
  /** From the moment a batch was taken until each of its rows had ended. */
  observeProcessDuration(seconds: number, status: FlushStatus): void;
  /**
   * Rows were dropped, or a failure was (`error_chan_full`).
   * @param count a method with this parameter is called once for many; one without, once for each.
   */
  incDropped(reason: string, count: number): void;
}

/** What BatchFlow measures besides: what is refused, and what a flush takes. */
export interface BatchFlowMetricsReporter {
  /**
   * Producers refused events.
   * @param reason `full`, `closed`, `aborted`, `timeout`, `capacity`, or the `fault` of an `EventError`.
   * @param count a method with this parameter is called once for many; one without, once for each.
   */
  incSubmitRejected(reason: string, count: number): void;
  /** @param rows that a flush takes, duplicates included. */
  observePipelineFlushSize(rows: number): void;
  /** @param schemas of which a flush takes rows: 1. */
  observeSchemaGroupsPerFlush(schemas: number): void;
}

/** What a sink made of a batch, for one attempt. Of a sampled flow, the mean of the sample: need not be whole. */
export interface OperationPreview {
  readonly backend: string;
  readonly operation: string;
  /** The schema's name. */
  readonly schema: string;
  readonly inputItems: number;
  readonly outputItems: number;
  readonly argCount: number;
}

/** What sinks of all kinds make of batches. */
export interface OperationMetricsReporter {
  observeOperationGenerated(preview: OperationPreview): void;
  /** An attempt failed. @param stage `validate`, `generate` or `execute`. @param reason an `ErrorReason`. */
  incOperationError(schema: string, backend: string, stage: ErrorStage, reason: string): void;
}

/** The same of sinks that store rows by SQL; called beside the methods for all sinks. `table`: the schema's name. */
export interface SQLMetricsReporter {
  observeSQLGenerated(table: string, inputRows: number, outputRows: number, argsCount: number): void;
  /** Rows that were not sent, as another row stands for them. */
  observeSQLDeduplicated(
    table: string,
    strategy: ConflictStrategy,
    deduplicatedRows: number,
    mergedRows: number,
  ): void;
  incSQLError(table: string, stage: ErrorStage, reason: string): void;
}

type AllReporters = MetricsReporter &
  PipelineMetricsReporter &
  BatchFlowMetricsReporter &
  OperationMetricsReporter &
  SQLMetricsReporter;

/** A reporter may have some of the methods only; those that it has are found by their names. */
export type AnyReporter = Partial<AllReporters>;

/** go-pipeline's hook: see `addHook(flow, hook)`, which also takes a hook with some of the methods only. */
export interface MetricsHook {
  /** A flush has ended. @param items its rows. */
  flush(items: number, seconds: number): void;
  /** Rows were given up, or could not be; `errors()` has the error, too. */
  error(error: Error): void;
  /** The same, but `errors()` had no place for it. */
  errorDropped(): void;
}

export const reporterMethods = [
  'observeEnqueueLatency',
  'observeBatchAssemble',
  'observeExecuteDuration',
  'observeBatchSize',
  'incError',
  'setConcurrency',
  'setQueueLength',
  'incInflight',
  'decInflight',
  'observeDequeueLatency',
  'observeProcessDuration',
  'incDropped',
  'incSubmitRejected',
  'observePipelineFlushSize',
  'observeSchemaGroupsPerFlush',
  'observeOperationGenerated',
  'incOperationError',
  'observeSQLGenerated',
  'observeSQLDeduplicated',
  'incSQLError',
] as const satisfies (keyof AnyReporter)[];

export const reporterRule = withSomeMethods<Required<AnyReporter>>(...reporterMethods);

/** Does nothing: a default. */
export const noopReporter: AllReporters = {
  observeEnqueueLatency() {},
  observeBatchAssemble() {},
  observeExecuteDuration() {},
  observeBatchSize() {},
  incError() {},
  setConcurrency() {},
  setQueueLength() {},
  incInflight() {},
  decInflight() {},
  observeDequeueLatency() {},
  observeProcessDuration() {},
  incDropped() {},
  incSubmitRejected() {},
  observePipelineFlushSize() {},
  observeSchemaGroupsPerFlush() {},
  observeOperationGenerated() {},
  incOperationError() {},
  observeSQLGenerated() {},
  observeSQLDeduplicated() {},
  incSQLError() {},
};

/**
 * A hook that tells a reporter what a hook can know: the size of each flush, and dropped errors. Not its duration,
 * which reaches `observeProcessDuration` with its status where the flush ends, and would be there twice.
 * @throws ConfigError
 */
export function hookToReporter(reporter: AnyReporter): MetricsHook {
  reporterRule.check(reporter, 'reporter');
  return {
    flush: (items) => reporter.observeBatchSize?.(items),
    error() {},
    errorDropped: () => countDropped(reporter, 'error_chan_full', 1),
  };
}

/** Tell a reporter of `count` drops, in the way that it understands. */
export function countDropped(reporter: AnyReporter, reason: string, count: number): void {
  countBy(reporter, 'incDropped', reason, count);
}

/** Tell a reporter of `count` events of one reason: by one call where its method takes a count. */
export function countBy(
  reporter: AnyReporter,
  name: 'incDropped' | 'incSubmitRejected',
  reason: string,
  count: number,
): void {
  const method = reporter[name];
  if (method === undefined || count <= 0) return;
  if (method.length > 1) method.call(reporter, reason, count);
  else for (let i = 0; i < count; i++) method.call(reporter, reason, 1);
}
