/**
 * Which rows of a producer were given up, and why: a log in shared memory, of the latest entries of each producer.
 *
 *     ENTRIES │ LOGGED, TEXTS │ first, count, text, stamp × ENTRIES │ length, text × texts │ the next producer │ …
 *
 * Rows are named by their producer's own numbers (wrapping) and logged before the ring forgets them. So a producer
 * that waits for its rows learns on any thread, even while the creating thread is blocked, which were among them.
 *
 * Several threads may log at a time. An entry counts once its stamp is its own number: one that is still being written
 * is of rows that are not settled yet. Rows of one reason share a text, since texts take more memory than entries.
 */
import { before } from '../../ring/layout.js';

const ENTRIES = 0;
const headWords = 16;

const LOGGED = 0;
const TEXTS = 1;
const producerWords = 16;

const FIRST = 0;
const COUNT = 1;
const TEXT = 2;
const STAMP = 3;
const entryWords = 4;
/** In COUNT: the rows are dead letters. */
const KEPT = 0x4000_0000;

const LENGTH = 0;
const lineWords = 64;
const textBytes = (lineWords - 1) * 4;
const mostTexts = 256;
const leastEntries = 64;

/** What befell a row for which a `drop-…` policy had no room. */
export const droppedText = 'dropped: the ring was full';

/** Rows that were given up for one reason. */
export interface FailedRows {
  /** Number of the first, counted from where the question began. */
  readonly first: number;
  readonly count: number;
  /** Whether they are dead letters. */
  readonly deadLettered: boolean;
  readonly message: string;
}

/** Entries of a producer's log; `first` of each is the producer's own number, wrapping. */
export interface LoggedRows {
  readonly rows: readonly FailedRows[];
  /** Entries that cannot be read any more, as later ones have taken their places. */
  readonly unknown: number;
  /** Where to go on: an entry before it is read, or lost. */
  readonly next: number;
}

export class RowLog {
  readonly #words: Int32Array;
  readonly #entries: number;
  readonly #texts: number;
  readonly #slotWords: number;

  constructor(readonly memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#entries = this.#words[ENTRIES] as number;
    this.#texts = textsFor(this.#entries);
    this.#slotWords = slotWordsFor(this.#entries);
  }

  /** @param rows how many rows of a producer, each given up by itself, its log holds at least. */
  static create(producers: number, rows: number): RowLog {
    const entries = 2 ** Math.ceil(Math.log2(Math.max(rows, leastEntries)));
    const memory = new SharedArrayBuffer((headWords + producers * slotWordsFor(entries)) * 4);
    new Int32Array(memory)[ENTRIES] = entries;
    return new RowLog(memory);
  }

  /** Log `count` rows of the slot's producer from its row number `first` on. @param kept as dead letters. */
  add(slot: number, first: number, count: number, message: string, kept = false): void {
    const words = this.#words;
    const head = this.#head(slot);
    const text = this.#keep(head, message);
    const n = Atomics.add(words, head + LOGGED, 1);
    const at = this.#entry(head, n);
    // ORDER: STAMP before and after the rest. A reader that finds the entry's own stamp on both sides of its reading
    // has read one entry, and not parts of two.
    Atomics.store(words, at + STAMP, n);
    Atomics.store(words, at + FIRST, first | 0);
    Atomics.store(words, at + COUNT, kept ? count | KEPT : count);
    Atomics.store(words, at + TEXT, text);
    Atomics.store(words, at + STAMP, (n + 1) | 0);
  }

  /** How many entries the log of a producer has had; wrapping. */
  logged(slot: number): number {
    return Atomics.load(this.#words, this.#head(slot) + LOGGED);
  }

  /** The entries of a producer after the first `seen`, oldest first. */
  after(slot: number, seen: number): LoggedRows {
    const head = this.#head(slot);
    const logged = this.logged(slot);
    const rows: FailedRows[] = [];
    let next = logged;
    for (let left = Math.min((logged - seen) | 0, this.#entries); left > 0; left--) {
      const n = (logged - left) | 0;
      const entry = this.#read(head, n);
      if (entry !== undefined) rows.push(entry);
      else if (next === logged) next = n;
    }
    // Writers may have gone on meanwhile, over the oldest of these entries.
    const unknown = Math.max(0, ((this.logged(slot) - seen) | 0) - this.#entries);
    return { rows, unknown, next: before(next, seen + unknown) ? (seen + unknown) | 0 : next };
  }

  /**
   * Which of a producer's rows `[from, to)` were given up, by the log's entries after the first `seen`, in order.
   * `unknown`: entries that cannot be told any more: overwritten by now, or too far away for wrapping numbers.
   */
  between(slot: number, from: number, to: number, seen: number): { known: FailedRows[]; unknown: number } {
    if (to - from >= 2 ** 31) return { known: [], unknown: (this.logged(slot) - seen) | 0 };
    const { rows, unknown } = this.after(slot, seen);
    const known = rows.flatMap(({ first, count, ...reason }) => {
      const end = (first + count) | 0;
      const start = before(first, from) ? from | 0 : first;
      const stop = before(to, end) ? to | 0 : end;
      return before(start, stop) ? [{ first: (start - from) | 0, count: (stop - start) | 0, ...reason }] : [];
    });
    return { known: known.sort((a, b) => a.first - b.first), unknown };
  }

  /** @returns undefined while the entry is being written, or when another has taken its place. */
  #read(head: number, n: number): FailedRows | undefined {
    const words = this.#words;
    const at = this.#entry(head, n);
    const stamp = (n + 1) | 0;
    if (Atomics.load(words, at + STAMP) !== stamp) return undefined;
    const first = Atomics.load(words, at + FIRST);
    const count = Atomics.load(words, at + COUNT);
    const message = this.#textOf(head, Atomics.load(words, at + TEXT));
    if (Atomics.load(words, at + STAMP) !== stamp) return undefined;
    return { first, count: count & ~KEPT, deadLettered: (count & KEPT) !== 0, message };
  }

  /** @returns the number of the text; rows that fail for one reason mostly come one after the other. */
  #keep(head: number, message: string): number {
    const last = (Atomics.load(this.#words, head + TEXTS) - 1) | 0;
    const bytes = Buffer.allocUnsafe(textBytes);
    const text = bytes.subarray(0, bytes.write(message));
    if (this.#bytesOf(head, last).equals(text)) return last;
    const n = Atomics.add(this.#words, head + TEXTS, 1);
    const at = this.#line(head, n);
    text.copy(this.#bytes(at, text.length));
    Atomics.store(this.#words, at + LENGTH, text.length);
    return n;
  }

  #textOf(head: number, n: number): string {
    const text = this.#bytesOf(head, n).toString();
    const later = (Atomics.load(this.#words, head + TEXTS) - n) | 0;
    return later <= this.#texts ? text : 'given up';
  }

  #bytesOf(head: number, n: number): Buffer {
    const at = this.#line(head, n);
    return this.#bytes(at, Atomics.load(this.#words, at + LENGTH));
  }

  #bytes(line: number, length: number): Buffer {
    return Buffer.from(this.memory, (line + LENGTH + 1) * 4, length);
  }

  #head(slot: number): number {
    return headWords + slot * this.#slotWords;
  }

  #entry(head: number, n: number): number {
    return head + producerWords + entryWords * (n & (this.#entries - 1));
  }

  #line(head: number, n: number): number {
    return head + producerWords + entryWords * this.#entries + lineWords * (n & (this.#texts - 1));
  }
}

function textsFor(entries: number): number {
  return Math.min(entries, mostTexts);
}

function slotWordsFor(entries: number): number {
  return producerWords + entryWords * entries + lineWords * textsFor(entries);
}
