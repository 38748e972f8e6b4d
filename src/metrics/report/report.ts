/**
 * Tells reporters and hooks what a flow measures, on its creating thread.
 *
 *     sampled     shared memory is read at an interval, and what came since is told. Flushers know nothing of it.
 *     each flush  a message for each flush, with exact values; only what belongs to no flush is sampled.
 */
import type { FlushError } from '../../errors.js';
import { check, type RulesFor } from '../../options/check.js';
import { boolean, number, withMethods, withSomeMethods } from '../../options/rules.js';
import { errorTypes, type FlusherMeasures } from '../cells/meters.js';
import type { FlowMetrics } from '../read/flow-metrics.js';
import type { FlushInfo } from '../read/flush-info.js';
import { guarded } from './guarded.js';
import { Observations } from './observations.js';
import { OperationsSampler } from './operations.js';
import {
  type AnyReporter,
  countBy,
  countDropped,
  hookToReporter,
  type MetricsHook,
  reporterMethods,
  reporterRule,
} from './reporter.js';

const hookMethods = ['flush', 'error', 'errorDropped'] as const;

/** What of a flow is needed here. */
export interface Reported {
  readonly name: string;
  metrics(): FlowMetrics;
  on: Listen;
  off: Listen;
}

interface Listen {
  (event: 'flush', listener: (flush: FlushInfo) => void): unknown;
  (event: 'flushError', listener: (error: FlushError, kept: boolean) => void): unknown;
  (event: 'close', listener: () => void): unknown;
}

export interface ReportOptions {
  /** Default 1000; also how long the process may not hear of what is sampled. */
  intervalMs?: number;
  /** Tell of each flush with its exact values, at the price of a message each. Default false: from samples. */
  eachFlush?: boolean;
}

const flowRule = withMethods<Reported>('metrics', 'on', 'off');
const hookRule = withSomeMethods<MetricsHook>(...hookMethods);

export const reportRules = {
  // The upper bound is that of Node's timers.
  intervalMs: number(1, 2 ** 31 - 1).default(1000),
  eachFlush: boolean().default(false),
} satisfies RulesFor<ReportOptions>;

/**
 * Tell a reporter of a flow until it closes; what has happened before is not told.
 *
 * Sampled values are exact in number and in their sum, and within their bucket (docs/metrics.md).
 * What a reporter throws is a warning of the process, once, and otherwise ignored.
 * @returns tells what is still to be told, and stops.
 * @throws ConfigError
 */
export function addReporter(flow: Reported, given: AnyReporter, options: ReportOptions = {}): () => void {
  flowRule.check(flow, 'flow');
  reporterRule.check(given, 'reporter');
  const { intervalMs, eachFlush } = check(reportRules, options);
  const reporter = guarded(given, reporterMethods, `a reporter of flow "${flow.name}"`);
  const sampler = new Sampler(flow, reporter, eachFlush);
  const hook = hookToReporter(reporter);
  const tell = (flush: FlushInfo) => {
    hook.flush(flush.rows, flush.durationMs / 1000);
    tellFlush(reporter, flush);
  };
  if (eachFlush) flow.on('flush', tell);
  const timer = setInterval(() => sampler.sample(), intervalMs).unref();
  return untilClosed(flow, () => {
    clearInterval(timer);
    flow.off('flush', tell);
    sampler.sample();
  });
}

/**
 * Call a hook for each flush and each failure of a flow, until it closes.
 * @returns stops.
 * @throws ConfigError
 */
export function addHook(flow: Reported, given: Partial<MetricsHook>): () => void {
  flowRule.check(flow, 'flow');
  hookRule.check(given, 'hook');
  const hook = guarded(given, hookMethods, `a hook of flow "${flow.name}"`);
  const flushed = ({ rows, durationMs }: FlushInfo) => hook.flush?.(rows, durationMs / 1000);
  const failed = (error: FlushError, kept: boolean) => (kept ? hook.error?.(error) : hook.errorDropped?.());
  // A listener of `flush` costs messages, and one of `flushError` takes the place of a warning.
  if (hook.flush !== undefined) flow.on('flush', flushed);
  if (hook.error !== undefined || hook.errorDropped !== undefined) flow.on('flushError', failed);
  return untilClosed(flow, () => {
    flow.off('flush', flushed);
    flow.off('flushError', failed);
  });
}

/** @returns `stop`, which is called at the flow's end, and once only. */
function untilClosed(flow: Reported, stop: () => void): () => void {
  let stopped = false;
  const once = () => {
    if (stopped) return;
    stopped = true;
    flow.off('close', once);
    stop();
  };
  flow.on('close', once);
  return once;
}

function tellFlush(reporter: AnyReporter, flush: FlushInfo): void {
  const { schema } = flush;
  reporter.observePipelineFlushSize?.(flush.rows);
  reporter.observeSchemaGroupsPerFlush?.(1);
  reporter.observeDequeueLatency?.(flush.waitedMs / 1000);
  reporter.observeBatchAssemble?.(flush.assembleMs / 1000);
  for (const { rows, durationMs, status } of flush.writes)
    reporter.observeExecuteDuration?.(schema, rows, durationMs / 1000, status);
  for (const type of flush.errors) reporter.incError?.(schema, type);
  reporter.observeProcessDuration?.(flush.durationMs / 1000, flush.status);
}

/** What is told of flushes. */
const stages = [
  'dequeue',
  'assemble',
  'batchSize',
  'flushSize',
  'schemaGroups',
  'executeSuccess',
  'executeFail',
  'processSuccess',
  'processFail',
] as const;
type Stage = (typeof stages)[number];

/** Tells what came since it looked last. */
class Sampler {
  readonly #enqueue: Observations;
  readonly #operations: OperationsSampler;
  readonly #stages: Readonly<Record<Stage, Observations>>;
  #last: FlowMetrics;
  #inFlight = 0;

  constructor(
    private readonly flow: Reported,
    private readonly reporter: AnyReporter,
    private readonly eachFlush: boolean,
  ) {
    this.#last = flow.metrics();
    const { enqueue, total } = this.#last;
    this.#enqueue = new Observations(enqueue);
    this.#operations = new OperationsSampler(reporter, this.#last);
    this.#stages = Object.fromEntries(
      stages.map((stage) => [stage, new Observations(total[stage])]),
    ) as Record<Stage, Observations>;
  }

  sample(): void {
    const { flow, reporter } = this;
    const last = this.#last;
    const next = flow.metrics();
    this.#last = next;
    reporter.setConcurrency?.(next.concurrency);
    reporter.setQueueLength?.(next.ring.rows);
    this.#tellInFlight(next.total.inFlightBatches);
    this.#enqueue.tell(next.enqueue, (seconds) => reporter.observeEnqueueLatency?.(seconds));
    const before = { ...last.stats.dropped, ...last.stats.errorsDropped };
    const drops = Object.entries({ ...next.stats.dropped, ...next.stats.errorsDropped });
    for (const [reason, count] of drops) countDropped(reporter, reason, count - (before[reason] ?? 0));
    for (const [reason, count] of Object.entries(next.submitRejected))
      countBy(reporter, 'incSubmitRejected', reason, count - (last.submitRejected[reason as 'full'] ?? 0));
    this.#operations.tell(next);
    if (!this.eachFlush) this.#tellFlushes(last.total, next.total);
  }

  #tellInFlight(batches: number): void {
    for (; this.#inFlight < batches; this.#inFlight++) this.reporter.incInflight?.();
    for (; this.#inFlight > batches; this.#inFlight--) this.reporter.decInflight?.();
  }

  #tellFlushes(last: FlusherMeasures, next: FlusherMeasures): void {
    const { name } = this.flow;
    const { reporter } = this;
    const batches = next.batchSize.count - last.batchSize.count;
    const rows = batches === 0 ? 0 : (next.batchSize.sum - last.batchSize.sum) / batches;
    const tell = (stage: Stage, observe: (value: number) => void) =>
      this.#stages[stage].tell(next[stage], observe);
    tell('dequeue', (seconds) => reporter.observeDequeueLatency?.(seconds));
    tell('assemble', (seconds) => reporter.observeBatchAssemble?.(seconds));
    tell('batchSize', (size) => reporter.observeBatchSize?.(size));
    tell('flushSize', (size) => reporter.observePipelineFlushSize?.(size));
    tell('schemaGroups', (groups) => reporter.observeSchemaGroupsPerFlush?.(groups));
    tell('executeSuccess', (seconds) => reporter.observeExecuteDuration?.(name, rows, seconds, 'success'));
    tell('executeFail', (seconds) => reporter.observeExecuteDuration?.(name, rows, seconds, 'fail'));
    tell('processSuccess', (seconds) => reporter.observeProcessDuration?.(seconds, 'success'));
    tell('processFail', (seconds) => reporter.observeProcessDuration?.(seconds, 'fail'));
    for (const type of errorTypes) {
      for (let n = last.errors[type]; n < next.errors[type]; n++) reporter.incError?.(name, type);
    }
  }
}
