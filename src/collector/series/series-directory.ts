/**
 * Which series there are: a list in shared memory that only grows, read by every thread, written by flushers.
 *
 * Writers take turns by a lock that holds the writer's number. A flusher that dies while it has the lock is replaced by
 * one of the same number, which gives it back: an entry that was not counted does not exist, and takes no room.
 */
import {
  directoryWords,
  entryWords,
  firstSeriesCell,
  headWords,
  type SeriesMemory,
  wordsPerEntry,
} from './series-memory.js';
import type { Labels } from './snapshot.js';

/** What an entry says: a series of a group of fixed metrics, or of a metric whose name an event has brought along. */
export type SeriesKey =
  | { readonly group: number; readonly values: readonly string[] }
  | { readonly type: 'counter' | 'gauge' | 'histogram'; readonly name: string; readonly labels: Labels };

export interface SeriesEntry {
  readonly key: SeriesKey;
  /** Where its cells begin in each set. */
  readonly cell: number;
}

const patienceMs = 100;

export class SeriesDirectory {
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #maxEntries: number;
  readonly #maxCells: number;
  readonly #spare: number;

  constructor({ directory, maxEntries, cells, spare }: SeriesMemory) {
    const words = headWords + maxEntries * wordsPerEntry;
    this.#words = new Int32Array(directory, 0, words);
    this.#bytes = Buffer.from(directory, words * 4);
    this.#maxEntries = maxEntries;
    this.#maxCells = cells.each;
    this.#spare = spare;
  }

  /** Entries from a number on, as far as there are any. */
  from(first: number): SeriesEntry[] {
    const count = Atomics.load(this.#words, directoryWords.entries);
    const entries: SeriesEntry[] = [];
    for (let number = first; number < count; number++) entries.push(this.#read(number));
    return entries;
  }

  /** Do something while no other thread adds entries. @param writer the flusher's number, from 1. */
  locked<T>(writer: number, work: () => T): T {
    const { lock } = directoryWords;
    for (;;) {
      const holder = Atomics.compareExchange(this.#words, lock, 0, writer);
      if (holder === 0) break;
      Atomics.wait(this.#words, lock, holder, patienceMs);
    }
    try {
      return work();
    } finally {
      this.unlock(writer);
    }
  }

  /** Give back a lock that this flusher's predecessor had. */
  unlock(writer: number): void {
    const { lock } = directoryWords;
    if (Atomics.compareExchange(this.#words, lock, writer, 0) === writer) Atomics.notify(this.#words, lock);
  }

  /**
   * Add an entry, under the lock.
   *
   * @param cells how many it needs.
   * @param isOther whether it is the series of all others, which gets what is kept for it.
   * @returns undefined where there is no room.
   */
  add(key: SeriesKey, cells: number, isOther: boolean): SeriesEntry | undefined {
    const words = this.#words;
    const bytes = Buffer.from(JSON.stringify(key));
    const number = words[directoryWords.entries] as number;
    const { cell, byte } = this.#startOf(number);
    if (
      number >= this.#maxEntries ||
      cell + cells > this.#maxCells ||
      byte + bytes.length > this.#bytes.length - (isOther ? 0 : this.#spare)
    )
      return undefined;
    this.#bytes.set(bytes, byte);
    const at = headWords + number * wordsPerEntry;
    words[at + entryWords.cellsEnd] = cell + cells;
    words[at + entryWords.bytesEnd] = byte + bytes.length;
    // ORDER: the count last. A reader that sees it sees the whole entry.
    Atomics.store(words, directoryWords.entries, number + 1);
    return { key, cell };
  }

  #read(number: number): SeriesEntry {
    const { cell, byte } = this.#startOf(number);
    const end = this.#startOf(number + 1).byte;
    // Some decoders refuse shared memory.
    const key = JSON.parse(Buffer.from(this.#bytes.subarray(byte, end)).toString()) as SeriesKey;
    return { key, cell };
  }

  /** Where an entry's cells and bytes begin: where those of the one before it end. */
  #startOf(number: number): { cell: number; byte: number } {
    if (number === 0) return { cell: firstSeriesCell, byte: 0 };
    const before = headWords + (number - 1) * wordsPerEntry;
    return {
      cell: this.#words[before + entryWords.cellsEnd] as number,
      byte: this.#words[before + entryWords.bytesEnd] as number,
    };
  }
}
