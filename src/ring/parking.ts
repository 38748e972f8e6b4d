/**
 * How flushers sleep: until enough rows are published, until someone signals, or until a deadline.
 *
 * Before it sleeps a flusher sets the alarm: the total of published rows at which there is something to do. A producer
 * compares its new total with it at each publish, and signals only past it. Several flushers share one alarm. An alarm
 * set from an older look rings too early, never too late, as long as rows only come: each brings the full batch nearer
 * by one, and the total nearer to the alarm by one. Only where waiting rows come back into sight (another flusher let
 * go of their block) can it be late; whoever finds it late at the second look does not sleep but sets it anew.
 */
import { EventCount } from './event-count.js';
import { control, type RingMemory, wordsOf } from './layout.js';

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
