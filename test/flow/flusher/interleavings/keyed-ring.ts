/**
 * A tiny ring whose rows have keys, the store that they go to, and what must hold of both in the end: the store has the
 * newest row of each key, and the flushers have counted each row once.
 *
 * The store keeps one row for each key, the last that it got. What it has and what flushers count lies in words behind
 * the ring's.
 */
import { flusherCell, journalAt, journalCells } from '../../../../dist/src/metrics/cells/counters.js';
import { extentAt, header, headerAt, joined } from '../../../../dist/src/ring/layout.js';
import type { Plain, Scenario } from '../../../ring/interleavings/scenario.js';
import { TinyRing, type TinyRingOptions } from '../../../ring/interleavings/tiny-ring.js';
import { fate, nearHigh, subjectOf } from '../../../ring/interleavings/witness.js';

/** The producer of all rows. */
export const producer = 1;

const mostKeys = 4;
const mostFlushers = 4;
/** From the first word behind the ring on: the flow's state, the store, the cells of each flusher. */
const storeAt = 1;
const cellsAt = storeAt + mostKeys;
const cellsPerFlusher = journalAt + journalCells;

export interface KeyedRingOptions extends Omit<TinyRingOptions, 'wordsBeside'> {
  /** By row of the producer, in the order of its pushes: a number below 4. */
  readonly keys: readonly number[];
  /** Rows that share a key go to the store in any order, as several flushers have them. */
  readonly unordered?: boolean;
}

export class KeyedRing extends TinyRing {
  readonly #beside: number;

  constructor(readonly keyed: KeyedRingOptions) {
    super({ ...keyed, wordsBeside: cellsAt + mostFlushers * cellsPerFlusher });
    this.#beside = extentAt(this.memory, 0) / 4;
  }

  /** The word of the flow's state. */
  get stateAt(): number {
    return this.#beside;
  }

  keyOf(place: number): number {
    return this.keyed.keys[place] as number;
  }

  /** Store a row in the place of the last one of its key. */
  store(plain: Plain, place: number): void {
    plain.keep(this.#beside + storeAt + this.keyOf(place), place + 1);
  }

  /** The cells of a flusher, from 0, as the flow's memory of counters has them. */
  cells(plain: Plain, flusher: number): Float64Array {
    const first = this.#beside + cellsAt + flusher * cellsPerFlusher;
    return new Proxy<Record<string, number>>(
      {},
      {
        get: (_, cell) => plain.peek(first + Number(cell)),
        set(_, cell, value) {
          const at = first + Number(cell);
          if (plain.peek(at) !== value) plain.keep(at, value);
          return true;
        },
      },
    ) as unknown as Float64Array;
  }

  /** The place of a claimed block's first row. */
  firstPlace(plain: Plain, block: number): number {
    const word = (name: keyof typeof header) => plain.peek(headerAt(block) + header[name]);
    return joined(word('SEQUENCE_HIGH'), word('SEQUENCE')) - nearHigh;
  }

  override scenario(): Scenario {
    const scenario = super.scenario();
    return {
      ...scenario,
      stored: (index, old, tell) => {
        scenario.stored(index, old, tell);
        this.#tellNoted(scenario.words, index, tell);
      },
      atEnd: (told) => {
        scenario.atEnd(told);
        const places = this.keyed.keys
          .map((_, place) => place)
          .filter((place) => (told(subjectOf(producer, place)) & fate.published) !== 0);
        if (!this.keyed.unordered) this.#checkStore(scenario.words, places);
        this.#checkCounts(scenario.words, places.length);
      },
    };
  }

  /** Once a flusher has noted a settlement, its rows are settled. */
  #tellNoted(words: Int32Array, index: number, tell: (subject: number, event: number) => void): void {
    const cell = index - this.#beside - cellsAt;
    const noted = words[index] as number;
    if (cell < 0 || cell % cellsPerFlusher !== journalAt || noted === 0) return;
    const at = headerAt(noted - 1);
    const word = (name: keyof typeof header) => words[at + header[name]] as number;
    const first = joined(word('SEQUENCE_HIGH'), word('SEQUENCE')) - nearHigh;
    const upTo = words[index + 1] as number;
    for (let row = word('COMMITTED'); row < upTo; row++) tell(subjectOf(producer, first + row), fate.noted);
  }

  #checkStore(words: Int32Array, places: readonly number[]): void {
    for (const [key, newest] of new Map(places.map((place) => [this.keyOf(place), place]))) {
      const stored = (words[this.#beside + storeAt + key] as number) - 1;
      if (stored !== newest) throw new Error(`of key ${key} row ${stored} is stored, not ${newest}`);
    }
  }

  #checkCounts(words: Int32Array, rows: number): void {
    let counted = 0;
    for (let flusher = 0; flusher < mostFlushers; flusher++) {
      const first = this.#beside + cellsAt + flusher * cellsPerFlusher;
      const { committed, duplicates } = flusherCell;
      counted += (words[first + committed] as number) + (words[first + duplicates] as number);
    }
    if (counted !== rows) throw new Error(`${counted} rows are counted, not ${rows}`);
  }
}
