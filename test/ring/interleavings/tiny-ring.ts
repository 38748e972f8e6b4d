/**
 * A ring of a few rows, and what it must look like in the end.
 *
 * A row is two words that belong together: a number that tells its producer and place, and its complement.
 * All counters start a little before 2^31, so that they wrap within a run.
 */
import * as blockClaims from '../../../dist/src/ring/block-claims.js';
import * as blockLease from '../../../dist/src/ring/block-lease.js';
import {
  control,
  createRingMemory,
  dataAt,
  header,
  headerAt,
  type RingMemory,
  rowsOf,
  unclaimed,
} from '../../../dist/src/ring/layout.js';
import * as parking from '../../../dist/src/ring/parking.js';
import * as progress from '../../../dist/src/ring/progress.js';
import * as recovery from '../../../dist/src/ring/recovery.js';
import type { Plain, Scenario, SimulatedThread } from './scenario.js';
import { fate, maxProducers, maxRows, nearWrap, witness, witnessDeath, witnessStore } from './witness.js';

/** The ring's code; a test may put a damaged part in the place of one. */
export const ringCode = { ...blockClaims, ...blockLease, ...parking, ...progress, ...recovery };
export type RingCode = typeof ringCode;

export const forever = Number.POSITIVE_INFINITY;

export interface TinyRingOptions {
  readonly blocks: number;
  readonly rowsPerBlock: number;
  readonly code?: RingCode;
  /** Producers leave blocks open: not all need be free at the end, and as many rows may wait. */
  readonly leftOpen?: { readonly rows: number };
  /** Words behind the ring's own, for what a scenario has beside it; 0 if not given. */
  readonly wordsBeside?: number;
}

export class TinyRing {
  readonly code: RingCode;
  readonly memory: RingMemory;
  readonly rowsPerBlock: number;
  readonly #options: TinyRingOptions;
  readonly #words: Int32Array;
  readonly #threads: SimulatedThread[] = [];

  constructor(options: TinyRingOptions) {
    this.#options = options;
    this.code = options.code ?? ringCode;
    this.rowsPerBlock = options.rowsPerBlock;
    this.memory = createRingMemory(
      options.blocks,
      options.rowsPerBlock * 8,
      4 * Math.ceil((options.wordsBeside ?? 0) / options.blocks),
    );
    this.#words = new Int32Array(this.memory.buffer);
    const { WORK, ROOM, DONE, FREED, TOTAL, ALARM, TICKETS } = control;
    for (const counter of [WORK, ROOM, DONE, FREED, TOTAL, ALARM, TICKETS]) this.#words[counter] = nearWrap;
    for (let block = 0; block < options.blocks; block++) {
      this.#words[headerAt(block) + header.GENERATION] = nearWrap;
      this.#words[headerAt(block) + header.CLAIM] = unclaimed(nearWrap);
    }
  }

  /** Add a thread. @returns its number. */
  add(thread: SimulatedThread): number {
    return this.#threads.push(thread) - 1;
  }

  /** Store a word before the threads start. */
  set(index: number, value: number): void {
    this.#words[index] = value;
  }

  scenario(): Scenario {
    return {
      words: this.#words,
      threads: this.#threads,
      subjects: maxRows * maxProducers,
      witness,
      stored: (index, old, tell) => {
        if (index < headerAt(this.memory.blocks)) witnessStore(this.#words, index, old, tell);
      },
      died: witnessDeath,
      atEnd: (told) => this.#checkEnd(told),
    };
  }

  /** Store a row's two words. */
  write(plain: Plain, block: number, row: number, producer: number, place: number): void {
    const at = this.#rowAt(block, row);
    plain.store(at, rowOf(producer, place));
    plain.store(at + 1, ~rowOf(producer, place));
  }

  /** Load a row's two words, and see that they are the ones that were stored for it. */
  read(plain: Plain, block: number, row: number, producer: number, place: number): void {
    const at = this.#rowAt(block, row);
    const value = plain.load(at);
    const complement = plain.load(at + 1);
    if (value === rowOf(producer, place) && complement === ~value) return;
    throw new Error(
      `row ${row} of block ${block} is torn: ${value}, ~${~complement}; not ${rowOf(producer, place)}`,
    );
  }

  #rowAt(block: number, row: number): number {
    return dataAt(this.memory, block) / 4 + 2 * row;
  }

  /** When nothing moves any more. The simulated `Atomics` is for threads only: this reads the words. */
  #checkEnd(told: (row: number) => number): void {
    let freeBlocks = 0;
    let waiting = 0;
    for (let block = 0; block < this.memory.blocks; block++) {
      const at = headerAt(block);
      if (this.#words[at + header.OWNER] === 0) freeBlocks++;
      else
        waiting +=
          rowsOf(this.#words[at + header.PUBLISHED] ?? 0) - (this.#words[at + header.COMMITTED] ?? 0);
    }
    const { leftOpen } = this.#options;
    if (waiting > (leftOpen?.rows ?? 0)) throw new Error(`${waiting} rows wait for ever`);
    let undelivered = 0;
    for (let row = 0; row < maxRows * maxProducers; row++) {
      const fates = told(row);
      if ((fates & fate.published) !== 0 && (fates & (fate.delivered | fate.dropped)) === 0) undelivered++;
    }
    if (undelivered > waiting) throw new Error(`${undelivered - waiting} rows are lost`);
    if (leftOpen === undefined && freeBlocks < this.memory.blocks)
      throw new Error(`only ${freeBlocks} blocks are free`);
  }
}

/** What the rows of a producer say of their schema. */
export function schemaOf(producer: number): number {
  return 100 + producer;
}

function rowOf(producer: number, place: number): number {
  return producer * 10 + place;
}
