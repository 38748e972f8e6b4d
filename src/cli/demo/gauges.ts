/**
 * Reads what the demo shows: rates and delays, since the last look and over the whole run.
 */
import type { Flow } from '../../flow/api/flow.js';
import { LoopDelay } from '../../metrics/read/loop-delay.js';
import type { FlowStats } from '../../metrics/read/stats.js';
import { msText, wholeText } from '../number-text.js';

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
  readonly #loop = new LoopDelay();
  readonly #recentLoop = new LoopDelay();
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
    const loopMs = this.#recentLoop.read().p99 * 1000;
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
    const loop = this.#loop.read();
    this.#loop.stop();
    this.#recentLoop.stop();
    return {
      seconds: (performance.now() - this.#startedAt) / 1000,
      committed: this.#flow.stats().committed - this.#first.committed,
      batches: this.#batches(),
      loopDelayP50Ms: loop.p50 * 1000,
      loopDelayP99Ms: loop.p99 * 1000,
      loopDelayMaxMs: loop.max * 1000,
    };
  }

  #batches(): FlowStats['batches'] {
    const { size, deadline, flush, demand, drain } = this.#flow.stats().batches;
    const before = this.#first.batches;
    return {
      size: size - before.size,
      deadline: deadline - before.deadline,
      flush: flush - before.flush,
      demand: demand - before.demand,
      drain: drain - before.drain,
    };
  }
}

export function total(batches: FlowStats['batches']): number {
  return Object.values(batches).reduce((sum, n) => sum + n, 0);
}
