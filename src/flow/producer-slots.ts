/**
 * A slot of shared memory for each producer: whether it is taken, whether it holds unpublished rows, and
 * which of its rows were given up.
 *
 *     USED │ HOLDER │ ACTIVE │ SEQUENCE │ GIVEN_UP │ (first, count) × 32      one slot, 320 bytes
 *
 * Flushers log the rows they give up by the producer's own row numbers (wrapping), before the ring
 * forgets them; so a producer that waits for its rows learns, on any thread, whether they were among them.
 */
import { before } from '../ring/layout.js';

const USED = 0;
const HOLDER = 1;
const ACTIVE = 2;
const SEQUENCE = 3;
const GIVEN_UP = 4;
const logAt = 5;
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

  /** Take a free slot. @returns its number, or -1 when all are taken. */
  take(): number {
    for (let slot = 0; slot < this.count; slot++) {
      if (Atomics.compareExchange(this.#words, slot * slotWords + USED, 0, 1) !== 0) continue;
      Atomics.add(this.#words, slot * slotWords + HOLDER, 1);
      return slot;
    }
    return -1;
  }

  /** Give a slot back. Row numbers go on with the next producer, so that the log never means two rows by one number. */
  free(slot: number): void {
    Atomics.store(this.#words, slot * slotWords + ACTIVE, 0);
    Atomics.store(this.#words, slot * slotWords + USED, 0);
  }

  /** How often the slot has been taken: tells its holders apart. */
  holder(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + HOLDER);
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
   * How many of a producer's rows `[from, to)` were given up, by the log entries after the first `seen`.
   * More entries than the log holds count as rows given up: it cannot say that they were others.
   */
  givenUp(slot: number, from: number, to: number, seen: number): number {
    const at = slot * slotWords;
    const entries = (this.logged(slot) - seen) | 0;
    let rows = Math.max(0, entries - logEntries);
    for (let n = 1; n <= Math.min(entries, logEntries); n++) {
      const entry = (this.logged(slot) - n) & (logEntries - 1);
      const first = Atomics.load(this.#words, at + logAt + 2 * entry);
      const end = (first + Atomics.load(this.#words, at + logAt + 2 * entry + 1)) | 0;
      const start = before(first, from) ? from | 0 : first;
      const stop = before(to, end) ? to | 0 : end;
      if (before(start, stop)) rows += (stop - start) | 0;
    }
    return rows;
  }
}
