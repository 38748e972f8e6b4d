/**
 * Waiting for room in a full ring, and how long that took: the enqueue latency.
 */
import type { Histogram } from '../metrics/histogram.js';
import { enqueueHistogram } from '../metrics/meters.js';
import type { Progress } from '../ring/progress.js';
import type { SharedFlow } from './shared.js';
import type { WaitOptions } from './types.js';
import { until } from './wait.js';

export class Room {
  readonly #blockTimeoutMs: number;
  readonly #waits: Histogram;

  constructor(
    shared: SharedFlow,
    slot: number,
    private readonly progress: Progress,
  ) {
    this.#blockTimeoutMs = shared.blockTimeoutMs;
    this.#waits = enqueueHistogram(shared.meters, slot);
  }

  /** Resolves when there is room. @param hasRoom throws when none will come. */
  async wait(hasRoom: () => boolean, options?: WaitOptions): Promise<void> {
    if (hasRoom()) return;
    const began = performance.now();
    try {
      await until(this.progress.room, hasRoom, options);
    } finally {
      this.#observe(began);
    }
  }

  /** Block the thread until a block is free. @param assertOpen throws when none will be. @returns false in vain. */
  block(assertOpen: () => void): boolean {
    const { room } = this.progress;
    const began = performance.now();
    const end = began + this.#blockTimeoutMs;
    try {
      for (let left = this.#blockTimeoutMs; left > 0; left = end - performance.now()) {
        assertOpen();
        const epoch = room.announce();
        if (!this.progress.hasRoom) room.wait(epoch, left);
        room.retire();
        if (this.progress.hasRoom) return true;
      }
      return false;
    } finally {
      this.#observe(began);
    }
  }

  #observe(began: number): void {
    this.#waits.observe((performance.now() - began) / 1000);
  }
}
