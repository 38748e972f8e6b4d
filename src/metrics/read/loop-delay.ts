/**
 * How late this thread's event loop runs what is due: what a blocked thread looks like from outside.
 *
 * Node probes it with a native timer; a probe's own interval is no delay. While nothing is read, delays add up.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop is probed. */
const probeMs = 20;

/** In seconds. */
export interface LoopDelayData {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export class LoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: probeMs });

  /** It does not keep the process alive. */
  constructor() {
    this.#histogram.enable();
  }

  read(): LoopDelayData {
    return {
      p50: this.#percentile(50),
      p90: this.#percentile(90),
      p99: this.#percentile(99),
      max: this.#percentile(100),
    };
  }

  /** Forget what was seen so far. */
  reset(): void {
    this.#histogram.reset();
  }

  stop(): void {
    this.#histogram.disable();
  }

  #percentile(percentile: number): number {
    return Math.max(0, this.#histogram.percentile(percentile) / 1e9 - probeMs / 1000);
  }
}
