/**
 * Waiting for room in a full ring, and how long that took: the enqueue latency.
 *
 * Waking a thread costs as much as pushing many rows. So who waits is woken when a good part of the ring is free, if
 * that takes no longer than a moment; where flushes are slow, with the first free block. Whatever else ends a wait (the
 * flow's end, a dead thread's block) signals `room` alone, and is noticed when the moment is over.
 */
import { WaitTimeoutError } from '../../errors.js';
import type { Histogram } from '../../metrics/cells/histogram.js';
import { enqueueHistogram } from '../../metrics/cells/meters.js';
import type { EventCount } from '../../ring/event-count.js';
import type { Progress } from '../../ring/progress.js';
import type { WaitOptions } from '../api/producer.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { comesTrue } from '../waiting/until.js';

/** Longer than flushers need for a part of the ring when they are fast. */
const roomyMs = 2;

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
  async wait(hasRoom: () => boolean, options: WaitOptions = {}): Promise<void> {
    if (hasRoom()) return;
    const began = performance.now();
    const { roomy, room } = this.progress;
    const { timeoutMs = Number.POSITIVE_INFINITY } = options;
    const moment = Math.min(roomyMs, timeoutMs);
    const rest = () => began + timeoutMs - performance.now();
    try {
      if (await comesTrue(roomy, hasRoom, { ...options, timeoutMs: moment })) return;
      if (await comesTrue(room, hasRoom, { ...options, timeoutMs: rest() })) return;
      throw new WaitTimeoutError(`no room within ${timeoutMs} ms`);
    } finally {
      this.#observe(began);
    }
  }

  /** Block the thread until a block is free. @param assertOpen throws when none will be. @returns false in vain. */
  block(assertOpen: () => void): boolean {
    const { roomy, room } = this.progress;
    const began = performance.now();
    const end = began + this.#blockTimeoutMs;
    const moment = Math.min(began + roomyMs, end);
    try {
      return this.#blockUntil(moment, roomy, assertOpen) || this.#blockUntil(end, room, assertOpen);
    } finally {
      this.#observe(began);
    }
  }

  #blockUntil(end: number, events: EventCount, assertOpen: () => void): boolean {
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      assertOpen();
      const epoch = events.announce();
      if (!this.progress.hasRoom) events.wait(epoch, left);
      events.retire();
      if (this.progress.hasRoom) return true;
    }
    return false;
  }

  #observe(began: number): void {
    this.#waits.observe((performance.now() - began) / 1000);
  }
}
