/**
 * All that is measured of a flow at one moment, read by the creating thread out of shared memory; what sinks measure
 * themselves is as of their last snapshots.
 */
import type { HistogramData } from '../cells/histogram.js';
import type { FlusherMeasures } from '../cells/meters.js';
import type { SinkTarget } from '../cells/operations.js';
import type { RefusalReason } from '../cells/refusals.js';
import type { FlusherSinkMetrics } from './sink-metrics.js';
import type { CircuitState, FlowStats, FlusherCounts, RingUsage } from './stats.js';

export interface FlowMetrics {
  readonly stats: FlowStats;
  readonly ring: RingUsage;
  readonly circuit: CircuitState;
  /** The settings in force, which `update()` and `adaptive` change. */
  readonly live: { readonly flushSize: number; readonly flushIntervalMs: number };
  /** How long producers waited for room, in seconds; those that did not wait are not in it. */
  readonly enqueue: HistogramData;
  /** What all flushers have measured and counted together. */
  readonly total: FlusherMeasures & FlusherCounts;
  /** What each has, from the first on. */
  readonly flushers: readonly (FlusherMeasures & FlusherCounts)[];
  /** What all flushers have measured of each schema. */
  readonly schemas: readonly ({ readonly name: string } & FlusherMeasures)[];
  /** Events that producers refused, by reason: a full ring (`full`), a closed flow, what is wrong with the event. */
  readonly submitRejected: Readonly<Record<'full' | RefusalReason, number>>;
  /**
   * Events of batches: those that the observer received, those that were not sent since too many were on their way, and
   * calls of the observer and the logger that threw.
   */
  readonly observed: { readonly received: number; readonly dropped: number; readonly failed: number };
  /** What kind of target the sink has, and what it does there. */
  readonly target: SinkTarget;
  /** Batches that may be in flight at one time, in all flushers. */
  readonly concurrency: number;
  /** Of a limit on flushes at a time, over all flows that share it: permits held, and flushers that wait for one. */
  readonly limit: { readonly permits: number; readonly held: number; readonly waiting: number } | undefined;
  /** Metrics that the sink has registered in `ctx.metrics`, by flusher; of flushers that have sent some. */
  readonly sink: readonly FlusherSinkMetrics[];
}
