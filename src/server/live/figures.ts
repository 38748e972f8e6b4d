/**
 * The figures of the live page, from two readings of a flow's metrics: rates, quantiles, and gauges of the later one.
 */
import type { FigureName, Stage, Totals } from '../../live-page/wire.js';
import type { HistogramData } from '../../metrics/cells/histogram.js';
import type { FlowMetrics } from '../../metrics/read/flow-metrics.js';
import type { LoopDelayData } from '../../metrics/read/loop-delay.js';
import { circuitStates } from '../../metrics/read/stats.js';
import { countsSince, quantile, together } from './quantiles.js';

/** One reading. */
export interface Moment extends FlowMetrics {
  /** In seconds, by a clock that only goes forward. */
  readonly clock: number;
  readonly loop: LoopDelayData;
}

export type Figures = Record<FigureName, number | null>;

/** @param before undefined at the first reading: there are no rates, and gauges are of `now`. */
export function figuresOf(before: Moment | undefined, now: Moment): Figures {
  const rate = (count: (moment: Moment) => number) =>
    before === undefined ? null : round((count(now) - count(before)) / (now.clock - before.clock));
  const { ring, loop } = now;
  const figures: Partial<Figures> = {
    accepted: rate(({ stats }) => stats.accepted),
    rejected: rate(({ stats }) => stats.rejected),
    committed: rate(({ stats }) => stats.committed),
    batchRows: mean(before?.total.batchSize, now.total.batchSize),
    ringRows: ring.rows,
    ringFill: round(ring.rows / ring.capacity),
    blocksFree: ring.freeBlocks,
    blocksOpen: ring.blocks - ring.freeBlocks - ring.sealedBlocks,
    blocksSealed: ring.sealedBlocks,
    ...latencies('enqueue', before, now, ({ enqueue }) => enqueue),
    ...latencies('dequeue', before, now, ({ total }) => total.dequeue),
    ...latencies('assemble', before, now, ({ total }) => total.assemble),
    ...latencies('execute', before, now, ({ total }) => together(total.executeSuccess, total.executeFail)),
    ...latencies('process', before, now, ({ total }) => processed(total)),
    ...latencies('lateness', before, now, ({ total }) => total.lateness),
    flushSize: rate(({ stats }) => stats.batches.size),
    flushDeadline: rate(({ stats }) => stats.batches.deadline),
    flushFlush: rate(({ stats }) => stats.batches.flush),
    flushDemand: rate(({ stats }) => stats.batches.demand),
    flushDrain: rate(({ stats }) => stats.batches.drain),
    errors: rate(({ total }) => sum(total.errors)),
    retries: rate(({ stats }) => stats.retries),
    dropped: rate(({ stats }) => sum(stats.dropped)),
    deadLettered: rate(({ stats }) => stats.deadLettered),
    restarts: rate(({ total }) => total.restarts),
    loopP50: before === undefined ? null : round(loop.p50),
    loopP99: before === undefined ? null : round(loop.p99),
    loopMax: before === undefined ? null : round(loop.max),
    circuit: circuitStates.indexOf(now.circuit),
  };
  return figures as Figures;
}

/** The exact counts that go with them. */
export function totalsOf(moment: FlowMetrics): Totals {
  const { errorsDropped: _, ...counts } = moment.stats;
  const { errors, restarts } = moment.total;
  return { ...counts, errors, restarts, capacity: moment.ring.capacity };
}

/** From the moment a batch is taken until its end, whatever the end. */
export function processed({ processSuccess, processFail }: FlowMetrics['total']): HistogramData {
  return together(processSuccess, processFail);
}

function latencies(
  stage: Stage,
  before: Moment | undefined,
  now: Moment,
  histogram: (moment: Moment) => HistogramData,
): Partial<Figures> {
  if (before === undefined) return { [`${stage}P50`]: null, [`${stage}P95`]: null, [`${stage}P99`]: null };
  const { bounds } = histogram(now);
  const counts = countsSince(histogram(before), histogram(now));
  const at = (share: number) => round(quantile(share, bounds, counts));
  return { [`${stage}P50`]: at(0.5), [`${stage}P95`]: at(0.95), [`${stage}P99`]: at(0.99) };
}

function mean(before: HistogramData | undefined, now: HistogramData): number | null {
  if (before === undefined || now.count === before.count) return null;
  return round((now.sum - before.sum) / (now.count - before.count));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

/** Four digits are more than a chart shows, and make a sample short. */
export function round<T extends number | null>(value: T): T {
  return (value === null ? null : Number(value.toPrecision(4))) as T;
}
