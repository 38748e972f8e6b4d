/**
 * Reporters: what a metric system of your own has to have, to be told what a flow measures. BatchFlow's interfaces.
 *
 * `addReporter(flow, reporter)` calls them on the creating thread. Durations in seconds.
 */
import { withSomeMethods } from '../../options/rules.js';
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

/** A reporter may have some of the methods only. */
export type AnyReporter = Partial<MetricsReporter & PipelineMetricsReporter>;

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
] as const satisfies (keyof AnyReporter)[];

export const reporterRule = withSomeMethods<Required<AnyReporter>>(...reporterMethods);

/** Does nothing: a default. */
export const noopReporter: MetricsReporter & PipelineMetricsReporter = {
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
  const { incDropped } = reporter;
  if (incDropped === undefined || count <= 0) return;
  if (incDropped.length > 1) incDropped.call(reporter, reason, count);
  else for (let i = 0; i < count; i++) incDropped.call(reporter, reason, 1);
}
