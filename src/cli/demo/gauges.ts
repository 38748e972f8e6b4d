/**
 * Reads what the demo shows: rates and delays, since the last look and over the whole run.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Flow } from '../../flow/types.js';
import type { FlowStats } from '../../metrics/stats.js';
import { msText, wholeText } from '../number-text.js';

/** How often the event loop is probed; a probe's own interval is no delay. */
const resolutionMs = 10;

export interface RunFigures {
  seconds: number;
  committed: number;
  batches: FlowStats['batches'];
  loopDelayP50Ms: number;
  loopDelayP99Ms: number;
  loopDelayMaxMs: number;
}

export class Gauges {
  readonly #flow: Pick<Flow, 'stats' | 'ring' | 'lateness'>;
  readonly #first: FlowStats;
  readonly #startedAt = performance.now();
  readonly #loop = startedHistogram();
  readonly #recentLoop = startedHistogram();
  #last: { at: number; committed: number };

  constructor(flow: Pick<Flow, 'stats' | 'ring' | 'lateness'>) {
    this.#flow = flow;
    this.#first = flow.stats();
    this.#last = { at: this.#startedAt, committed: this.#first.committed };
  }

  /** The text of the live line; its rate and loop delay (p99) are those since the call before. */
  line(): string {
    const { committed } = this.#flow.stats();
    const at = performance.now();
    const rate = ((committed - this.#last.committed) * 1000) / (at - this.#last.at);
    this.#last = { at, committed };
    const { rows, capacity } = this.#flow.ring();
    const late = this.#flow.lateness();
    const loopMs = percentileMs(this.#recentLoop, 99);
    this.#recentLoop.reset();
    return [
      `${wholeText(rate).padStart(9)} events/s`,
      `${wholeText(total(this.#batches())).padStart(6)} batches`,
      `ring ${`${((rows / capacity) * 100).toFixed(0)}%`.padStart(4)}`,
      `loop delay ${msText(loopMs).padStart(6)}`,
      `deadlines late by ${msText(late.meanMs)} (max ${msText(late.maxMs)})`,
    ].join('  ');
  }

  end(): RunFigures {
    this.#loop.disable();
    this.#recentLoop.disable();
    return {
      seconds: (performance.now() - this.#startedAt) / 1000,
      committed: this.#flow.stats().committed - this.#first.committed,
      batches: this.#batches(),
      loopDelayP50Ms: percentileMs(this.#loop, 50),
      loopDelayP99Ms: percentileMs(this.#loop, 99),
      loopDelayMaxMs: percentileMs(this.#loop, 100),
    };
  }

  #batches(): FlowStats['batches'] {
    const { size, deadline, flush, drain } = this.#flow.stats().batches;
    const before = this.#first.batches;
    return {
      size: size - before.size,
      deadline: deadline - before.deadline,
      flush: flush - before.flush,
      drain: drain - before.drain,
    };
  }
}

export function total(batches: FlowStats['batches']): number {
  return Object.values(batches).reduce((sum, n) => sum + n, 0);
}

function startedHistogram(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return histogram;
}

function percentileMs(histogram: IntervalHistogram, percentile: number): number {
  return Math.max(0, histogram.percentile(percentile) / 1e6 - resolutionMs);
}
