/**
 * Waits of a producer for a free block in a full ring, and their measurement: the enqueue latency.
 *
 * Waking a thread costs as much as pushing many rows. So a waiting producer is woken when a good part of the ring is
 * free, if that takes no longer than 10 ms; where flushes are slow, with the first free block. Other ends of a wait
 * (the flow's end, a dead thread's block) signal only the event count of free blocks, and are noticed after those 10
 * ms. A longer wait looks for dead threads now and then: they may hold blocks, or be the flow's creating thread, with
 * which all flushers end.
 */
import { WaitTimeoutError } from '../../errors.js';
import type { Histogram } from '../../metrics/cells/histogram.js';
import { enqueueHistogram } from '../../metrics/cells/meters.js';
import type { Progress } from '../../ring/progress.js';
import type { WaitOptions } from '../api/producer.js';
import { DeathWatch, lookEveryMs } from '../liveness/death-watch.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { blockUntil } from '../waiting/block-until.js';
import { comesTrue } from '../waiting/until.js';

/** Longer than flushers need for a part of the ring, with a database's server on their machine, too. */
const roomyMs = 10;

export class Room {
  readonly #blockTimeoutMs: number;
  readonly #deaths: DeathWatch;
  readonly #waits: Histogram;

  constructor(
    shared: SharedFlow,
    slot: number,
    private readonly progress: Progress,
  ) {
    this.#blockTimeoutMs = shared.blockTimeoutMs;
    this.#deaths = new DeathWatch(shared);
    this.#waits = enqueueHistogram(shared.meters, slot);
  }

  /**
   * Resolves when there is room.
   *
   * @param hasRoom throws when none will come.
   * @throws WaitTimeoutError after `timeoutMs`, or the signal's reason when it aborts.
   */
  async wait(hasRoom: () => boolean, options: WaitOptions): Promise<void> {
    if (hasRoom()) return;
    const began = performance.now();
    const { roomy, room } = this.progress;
    const { timeoutMs = Number.POSITIVE_INFINITY } = options;
    const moment = Math.min(roomyMs, timeoutMs);
    const rest = () => began + timeoutMs - performance.now();
    try {
      if (await comesTrue(roomy, hasRoom, { ...options, timeoutMs: moment })) return;
      do {
        if (await comesTrue(room, hasRoom, { ...options, timeoutMs: Math.min(rest(), lookEveryMs) })) return;
        this.#deaths.lookIfDue();
      } while (rest() > 0);
      if (hasRoom()) return;
      throw new WaitTimeoutError(`no room within ${timeoutMs} ms`);
    } finally {
      this.#observe(began);
    }
  }

  /**
   * Block the thread until there is room.
   *
   * @param hasRoom throws when none will come.
   * @returns whether there is room; false after `blockTimeoutMs`.
   */
  block(hasRoom: () => boolean): boolean {
    const began = performance.now();
    const { roomy, room } = this.progress;
    const moment = Math.min(roomyMs, this.#blockTimeoutMs);
    const rest = () => began + this.#blockTimeoutMs - performance.now();
    try {
      if (blockUntil(roomy, hasRoom, moment)) return true;
      do {
        if (blockUntil(room, hasRoom, Math.min(rest(), lookEveryMs))) return true;
        this.#deaths.lookIfDue();
      } while (rest() > 0);
      return hasRoom();
    } finally {
      this.#observe(began);
    }
  }

  #observe(began: number): void {
    this.#waits.observe((performance.now() - began) / 1000);
  }
}
