/**
 * Reads a flow's metrics once a second, and keeps what the live page shows of the last minutes.
 *
 * Samples are kept as the JSON that goes over the wire: each is made once, whoever gets it. What one
 * costs is told in docs/metrics.md.
 */
import { randomUUID } from 'node:crypto';
import RingBuffer from 'ringbufferjs';
import type { FigureName, Sample, Start, Totals } from '../../live-page/wire.js';
import type { FlowMetrics } from '../../metrics/read/flow-metrics.js';
import { LoopDelay } from '../../metrics/read/loop-delay.js';
import type { Target } from '../target.js';
import { figuresOf, type Moment, totalsOf } from './figures.js';
import { lanesOf } from './lanes.js';

const everyMs = 1000;
const kept = 300;

/** What of a flow is needed here. */
export interface Sampled {
  readonly name: string;
  metrics(): FlowMetrics;
}

export class Sampler {
  readonly run = randomUUID();
  readonly #samples = new RingBuffer<string>(kept);
  readonly #startedAt = Date.now();
  #names: readonly FigureName[] = [];
  #taken = 0;
  #before: Moment | undefined;
  #loop: LoopDelay | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param sampled called after each sample.
   * @param target where rows go, for the page's head.
   * @param source where rows come from, where a source brings them.
   */
  constructor(
    private readonly flow: Sampled,
    private readonly sampled: () => void,
    private readonly target?: Target,
    private readonly source?: Target,
  ) {}

  /** Take a sample now and one each second. It does not keep the process alive. */
  start(): void {
    this.stop();
    this.#loop = new LoopDelay();
    this.take();
    this.#timer = setInterval(() => this.take(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#loop?.stop();
    this.#loop = undefined;
  }

  take(): void {
    const clock = performance.now() / 1000;
    const loop = this.#loop?.read() ?? { p50: 0, p90: 0, p99: 0, max: 0 };
    this.#loop?.reset();
    const now: Moment = { ...this.flow.metrics(), clock, loop };
    const figures = figuresOf(this.#before, now);
    this.#names = Object.keys(figures) as FigureName[];
    const sample: Sample = {
      n: this.#taken,
      at: Date.now(),
      figures: Object.values(figures),
      lanes: lanesOf(this.#before, now),
    };
    this.#before = now;
    this.#taken++;
    this.#samples.enq(JSON.stringify(sample));
    this.sampled();
  }

  /** How many were taken; the number of the next. */
  get taken(): number {
    return this.#taken;
  }

  get startMessage(): Start {
    const { name } = this.flow;
    return {
      run: this.run,
      flow: name,
      source: this.source,
      target: this.target,
      startedAt: this.#startedAt,
      names: this.#names,
      kept,
    };
  }

  /** The counts at the latest sample. */
  get totals(): Totals {
    return totalsOf(this.#before ?? this.flow.metrics());
  }

  /** The samples from number `n` on that are kept, oldest first, as JSON. */
  from(n: number): string[] {
    const all = this.#samples.peekN(this.#samples.size());
    return all.slice(Math.max(0, all.length - (this.#taken - n)));
  }
}
