/**
 * How flushers sleep: until enough rows are published, until a thread signals, or until a deadline.
 *
 * Before it sleeps a flusher sets the alarm: the total of published rows at which there is something to do. A producer
 * compares its new total with it at each publish, and signals only past it. Several flushers share one alarm. An alarm
 * set from an older look rings too early, never too late, as long as rows only come: each brings the full batch nearer
 * by one, and the total nearer to the alarm by one. Only where waiting rows come back into sight (another flusher
 * released their block) can it be late. A flusher that finds it late at its second look sets it anew, awake.
 */
import { performance } from 'node:perf_hooks';
import { before, type RingMemory } from './layout.js';
import { RingControl } from './ring-control.js';
import type { SleepNotes } from './sleep-notes.js';

/** How long `linger` looks: a few times as long as it takes to wake a thread. */
export const lingerMs = 0.2;

export class Parking {
  readonly #control: RingControl;

  /** @param notes of the flusher that sleeps here. */
  constructor(memory: RingMemory, notes?: SleepNotes) {
    this.#control = new RingControl(memory, notes);
  }

  /** Rows ever published, wrapping. Read it before the survey from which `rows` of `announce` is reckoned. */
  get total(): number {
    return this.#control.total;
  }

  /**
   * Ask to be woken when `rows` more than `total` have been published. Survey again after this, then `sleep`
   * or not, and `wake` in either case.
   *
   * @returns the epoch for `sleep`.
   */
  announce(total: number, rows: number): number {
    // ORDER: ALARM before the caller's second survey. A producer publishes before it looks at ALARM: it sees this
    // alarm, or the survey sees its rows.
    this.#control.setAlarm((total + rows) | 0);
    return this.#control.work.announce();
  }

  /**
   * Look out, without sleep, until `rows` more than `total` have been published. Before `announce`, so that no thread
   * has to wake this one.
   *
   * @returns false when a moment has passed in vain.
   */
  linger(total: number, rows: number): boolean {
    const wanted = (total + rows) | 0;
    const end = performance.now() + lingerMs;
    while (before(this.total, wanted)) {
      // Readings of the clock are a pause between looks, each of which takes the word's line from its writer.
      for (let n = 0; n < 8; n++) if (performance.now() > end) return false;
    }
    return true;
  }

  sleep(epoch: number, timeoutMs: number): void {
    this.#control.work.wait(epoch, timeoutMs);
  }

  sleepAsync(epoch: number, timeoutMs: number): Promise<unknown> | undefined {
    return this.#control.work.waitAsync(epoch, timeoutMs);
  }

  wake(): void {
    this.#control.work.retire();
  }

  /** Wake every sleeping flusher: settings changed, a flush is wanted, a claim was cleared. */
  signal(): void {
    this.#control.work.signal();
  }
}
