/**
 * A slot of shared memory for each producer: whether it is taken, whether it holds unpublished rows, and
 * which of its rows were given up.
 *
 *     USED │ HOLDER │ THREAD │ ACTIVE │ SEQUENCE │ GIVEN_UP │ (first, count) × 32      one slot, 320 bytes
 *
 * Flushers log the rows they give up by the producer's own row numbers (wrapping), before the ring
 * forgets them; so a producer that waits for its rows learns, on any thread, whether they were among them.
 */
import { before } from '../ring/layout.js';

const USED = 0;
const HOLDER = 1;
const THREAD = 2;
const ACTIVE = 3;
const SEQUENCE = 4;
const GIVEN_UP = 5;
const logAt = 6;
const logEntries = 32;
const slotWords = 80;

export class ProducerSlots {
  readonly #words: Int32Array;

  constructor(
    readonly memory: SharedArrayBuffer,
    readonly count: number,
  ) {
    this.#words = new Int32Array(memory);
  }

  static create(count: number): ProducerSlots {
    return new ProducerSlots(new SharedArrayBuffer(count * slotWords * 4), count);
  }

  /** Take a free slot for a producer on a thread. @returns its number, or -1 when all are taken. */
  take(thread: number): number {
    for (let slot = 0; slot < this.count; slot++) {
      if (Atomics.compareExchange(this.#words, slot * slotWords + USED, 0, 1) !== 0) continue;
      Atomics.store(this.#words, slot * slotWords + THREAD, thread);
      return slot;
    }
    return -1;
  }

  /** Give a slot back. Row numbers go on with the next producer, so that the log never means two rows by one number. */
  free(slot: number): void {
    Atomics.store(this.#words, slot * slotWords + ACTIVE, 0);
    Atomics.add(this.#words, slot * slotWords + HOLDER, 1);
    Atomics.store(this.#words, slot * slotWords + USED, 0);
  }

  /** How often the slot has been given back: tells its holders apart. */
  holder(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + HOLDER);
  }

  /** The slots that are taken by producers of other threads than this one. */
  *heldElsewhere(thread: number): Iterable<{ slot: number; holder: number; thread: number }> {
    for (let slot = 0; slot < this.count; slot++) {
      const holder = this.holder(slot);
      const owner = Atomics.load(this.#words, slot * slotWords + THREAD);
      if (this.isHeldBy(slot, holder) && owner !== thread) yield { slot, holder, thread: owner };
    }
  }

  isHeldBy(slot: number, holder: number): boolean {
    return Atomics.load(this.#words, slot * slotWords + USED) === 1 && this.holder(slot) === holder;
  }

  /** How many rows the slot's producers have published, wrapping. */
  sequence(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + SEQUENCE);
  }

  /** A producer is active from before it accepts a row until that row is published, or refused after all. */
  activate(slot: number): void {
    Atomics.store(this.#words, slot * slotWords + ACTIVE, 1);
  }

  /** Everything accepted is published: `sequence` rows. */
  deactivate(slot: number, sequence: number): void {
    Atomics.store(this.#words, slot * slotWords + SEQUENCE, sequence | 0);
    Atomics.store(this.#words, slot * slotWords + ACTIVE, 0);
  }

  /** Whether any producer may have accepted rows that are not published yet. */
  get anyActive(): boolean {
    for (let slot = 0; slot < this.count; slot++) {
      if (Atomics.load(this.#words, slot * slotWords + ACTIVE) === 1) return true;
    }
    return false;
  }

  /** Log rows of a producer that were given up: dropped, or refused by the sink. */
  giveUp(slot: number, first: number, count: number): void {
    const at = slot * slotWords;
    const entry = Atomics.add(this.#words, at + GIVEN_UP, 1) & (logEntries - 1);
    Atomics.store(this.#words, at + logAt + 2 * entry, first | 0);
    Atomics.store(this.#words, at + logAt + 2 * entry + 1, count);
  }

  /** How many entries the log of a producer has had; wrapping. */
  logged(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + GIVEN_UP);
  }

  /**
   * How many of a producer's rows `[from, to)` were given up, by the log entries after the first `seen`. Entries that
   * cannot be told (overwritten by now, or too far away for wrapping numbers) count as rows of the range.
   */
  givenUp(slot: number, from: number, to: number, seen: number): number {
    const logged = this.logged(slot);
    const entries = Math.min((logged - seen) | 0, logEntries);
    const wraps = to - from >= 2 ** 31;
    let rows = 0;
    for (let n = 1; n <= entries; n++) {
      const at = slot * slotWords + logAt + 2 * ((logged - n) & (logEntries - 1));
      const first = Atomics.load(this.#words, at);
      const count = Atomics.load(this.#words, at + 1);
      const end = (first + count) | 0;
      const start = before(first, from) ? from | 0 : first;
      const stop = before(to, end) ? to | 0 : end;
      if (wraps) rows += count;
      else if (before(start, stop)) rows += (stop - start) | 0;
    }
    // Writers may have gone on meanwhile, over the oldest of these entries.
    return rows + Math.max(0, ((this.logged(slot) - seen) | 0) - logEntries);
  }
}
