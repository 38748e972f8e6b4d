/**
 * How flushers sleep: until enough rows are published, until someone signals, or until a deadline.
 *
 * Before it sleeps a flusher sets the alarm: the total of published rows at which there is something to do. A producer
 * compares its new total with it at each publish, and signals only past it. Several flushers share one alarm. An alarm
 * set from an older look rings too early, never too late, as long as rows only come: each brings the full batch nearer
 * by one, and the total nearer to the alarm by one. Only where waiting rows come back into sight (another flusher let
 * go of their block) can it be late; whoever finds it late at the second look does not sleep but sets it anew.
 */
import { performance } from 'node:perf_hooks';
import { EventCount } from './event-count.js';
import { before, control, type RingMemory, wordsOf } from './layout.js';

/** How long `linger` looks: a few times as long as it takes to wake a thread. */
export const lingerMs = 0.2;

export class Parking {
  readonly #words: Int32Array;
  readonly #work: EventCount;

  constructor(memory: RingMemory) {
    this.#words = wordsOf(memory);
    this.#work = new EventCount(this.#words, control.WORK);
  }

  /** Rows ever published, wrapping. Read it before the survey from which `rows` of `announce` is reckoned. */
  get total(): number {
    return Atomics.load(this.#words, control.TOTAL);
  }

  /**
   * Be woken when `rows` more than `total` have been published. Survey again after this, then `sleep`
   * or not, and `wake` in either case.
   * @returns the epoch for `sleep`.
   */
  announce(total: number, rows: number): number {
    Atomics.store(this.#words, control.ALARM, (total + rows) | 0);
    return this.#work.announce();
  }

  /**
   * Look out, without sleep, until `rows` more than `total` have been published. Before `announce`, so that nobody has
   * to wake this thread. @returns false when a moment has passed in vain.
   */
  linger(total: number, rows: number): boolean {
    const wanted = (total + rows) | 0;
    const end = performance.now() + lingerMs;
    while (before(this.total, wanted)) {
      // Readings of the clock are a pause between looks, each of which takes the word from who writes it.
      for (let n = 0; n < 8; n++) if (performance.now() > end) return false;
    }
    return true;
  }

  sleep(epoch: number, timeoutMs: number): void {
    this.#work.wait(epoch, timeoutMs);
  }

  sleepAsync(epoch: number, timeoutMs: number): Promise<unknown> | undefined {
    return this.#work.waitAsync(epoch, timeoutMs);
  }

  wake(): void {
    this.#work.retire();
  }

  /** Wake every sleeping flusher: settings changed, a flush is wanted, a claim was cleared. */
  signal(): void {
    this.#work.signal();
  }
}
