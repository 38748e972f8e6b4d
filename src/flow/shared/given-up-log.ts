/**
 * Which rows of a producer were given up, and why: a log in shared memory, the latest 64 entries of each producer.
 *
 *     LOGGED, … │ first, count, kept, length, text │ × 64          65 lines of 256 bytes a producer
 *
 * Rows are named by their producer's own numbers (wrapping) and logged before the ring forgets them. So a producer
 * that waits for its rows learns on any thread, even while the creating thread is blocked, which were among them.
 */
import { before } from '../../ring/layout.js';

const lineWords = 64;
const entries = 64;
const slotWords = lineWords * (1 + entries);
const FIRST = 0;
const COUNT = 1;
const KEPT = 2;
const LENGTH = 3;
const textAt = 4;
const textBytes = (lineWords - textAt) * 4;

/** Rows that were given up for one reason. */
export interface FailedRows {
  /** Number of the first, counted from where the question began. */
  readonly first: number;
  readonly count: number;
  /** Whether they are dead letters. */
  readonly deadLettered: boolean;
  readonly message: string;
}

export class GivenUpLog {
  readonly #words: Int32Array;

  constructor(readonly memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  static create(producers: number): GivenUpLog {
    return new GivenUpLog(new SharedArrayBuffer(producers * slotWords * 4));
  }

  /** Log `count` rows of the slot's producer from its row number `first` on. @param kept as dead letters. */
  add(slot: number, first: number, count: number, message: string, kept = false): void {
    const at = this.#entry(slot, Atomics.add(this.#words, slot * slotWords, 1));
    Atomics.store(this.#words, at + FIRST, first | 0);
    Atomics.store(this.#words, at + COUNT, count);
    Atomics.store(this.#words, at + KEPT, kept ? 1 : 0);
    Atomics.store(this.#words, at + LENGTH, this.#text(at).write(message));
  }

  /** How many entries the log of a producer has had; wrapping. */
  logged(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords);
  }

  /**
   * Which of a producer's rows `[from, to)` were given up, by the log's entries after the first `seen`, in order.
   * `unknown`: entries that cannot be told any more: overwritten by now, or too far away for wrapping numbers.
   */
  between(slot: number, from: number, to: number, seen: number): { known: FailedRows[]; unknown: number } {
    const logged = this.logged(slot);
    if (to - from >= 2 ** 31) return { known: [], unknown: (logged - seen) | 0 };
    const known: FailedRows[] = [];
    for (let n = Math.min((logged - seen) | 0, entries); n > 0; n--) {
      const at = this.#entry(slot, logged - n);
      const first = Atomics.load(this.#words, at + FIRST);
      const end = (first + Atomics.load(this.#words, at + COUNT)) | 0;
      const start = before(first, from) ? from | 0 : first;
      const stop = before(to, end) ? to | 0 : end;
      if (!before(start, stop)) continue;
      const message = this.#text(at).toString('utf8', 0, Atomics.load(this.#words, at + LENGTH));
      const deadLettered = Atomics.load(this.#words, at + KEPT) === 1;
      known.push({ first: (start - from) | 0, count: (stop - start) | 0, deadLettered, message });
    }
    // Writers may have gone on meanwhile, over the oldest of these entries.
    const unknown = Math.max(0, ((this.logged(slot) - seen) | 0) - entries);
    return { known: known.sort((a, b) => a.first - b.first), unknown };
  }

  #entry(slot: number, n: number): number {
    return slot * slotWords + lineWords * (1 + (n & (entries - 1)));
  }

  #text(at: number): Buffer {
    return Buffer.from(this.memory, (at + textAt) * 4, textBytes);
  }
}
