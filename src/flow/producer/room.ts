/**
 * Waits of a producer for room: for a free block in a full ring, or for fewer rows than its high watermark. How long
 * they take is the enqueue latency.
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
import type { EventCount } from '../../ring/event-count.js';
import type { Progress } from '../../ring/progress.js';
import type { WaitOptions } from '../api/producer.js';
import { DeathWatch, lookEveryMs } from '../liveness/death-watch.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { blockUntil } from '../waiting/block-until.js';
import { comesTrue } from '../waiting/until.js';
import type { ProducerViews } from './producer-views.js';
import type { Watermark } from './watermark.js';

/** Longer than flushers need for a part of the ring, with a database's server on their machine, too. */
const roomyMs = 10;

/** What a wait sleeps on, and when it looks up. */
interface Lack {
  readonly event: EventCount;
  readonly isOver: () => boolean;
}

export class Room {
  readonly #blockTimeoutMs: number;
  readonly #deaths: DeathWatch;
  readonly #waits: Histogram;
  readonly #progress: Progress;
  readonly #watermark: Watermark | undefined;

  constructor(
    shared: SharedFlow,
    slot: number,
    { progress, watermark }: Pick<ProducerViews, 'progress' | 'watermark'>,
  ) {
    this.#blockTimeoutMs = shared.blockTimeoutMs;
    this.#deaths = new DeathWatch(shared);
    this.#waits = enqueueHistogram(shared.meters, slot);
    this.#progress = progress;
    this.#watermark = watermark;
  }

  /** Whether fewer rows wait than the high watermark says; true without one. */
  get isBelow(): boolean {
    return this.#watermark === undefined || !this.#watermark.isReached;
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
    const { timeoutMs = Number.POSITIVE_INFINITY } = options;
    const moment = Math.min(roomyMs, timeoutMs);
    const rest = () => began + timeoutMs - performance.now();
    const comes = async ({ event, isOver }: Lack, ms: number) =>
      (await comesTrue(event, isOver, { ...options, timeoutMs: ms })) && hasRoom();
    try {
      if (await comes(this.#lack(hasRoom, true), moment)) return;
      do {
        if (await comes(this.#lack(hasRoom, false), Math.min(rest(), lookEveryMs))) return;
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
    const moment = Math.min(roomyMs, this.#blockTimeoutMs);
    const rest = () => began + this.#blockTimeoutMs - performance.now();
    const comes = ({ event, isOver }: Lack, ms: number) => blockUntil(event, isOver, ms) && hasRoom();
    try {
      if (comes(this.#lack(hasRoom, true), moment)) return true;
      do {
        if (comes(this.#lack(hasRoom, false), Math.min(rest(), lookEveryMs))) return true;
        this.#deaths.lookIfDue();
      } while (rest() > 0);
      return hasRoom();
    } finally {
      this.#observe(began);
    }
  }

  /**
   * What is missing: a free block, or ends of rows where the watermark is reached. Each is signalled by itself, and a
   * wait for one ends when the other is missing.
   */
  #lack(hasRoom: () => boolean, first: boolean): Lack {
    const { roomy, room, done } = this.#progress;
    const watermark = this.#watermark;
    if (watermark === undefined) return { event: first ? roomy : room, isOver: hasRoom };
    if (!watermark.isReached)
      return { event: first ? roomy : room, isOver: () => hasRoom() || watermark.isReached };
    const isEnough = first ? () => watermark.isLow : () => !watermark.isReached;
    // Asked in any case: it throws when no room will come.
    const isOver = () => {
      hasRoom();
      return isEnough();
    };
    return { event: done, isOver };
  }

  #observe(began: number): void {
    this.#waits.observe((performance.now() - began) / 1000);
  }
}
