/**
 * A clock that a test moves, in shared memory: its time, and how far each flusher has followed it.
 *
 *     words: time, moves, event counts │ a place for each flusher: [joined, settled at move, next due] …
 *
 * The test's thread stores a time and counts the move. A flusher that follows does what falls due by then, and stores
 * the number of the move and when it has something to do again. Places are given away once: a clock lives as long as a
 * test, and pages that no place has reached take no memory.
 */
import { EventCount } from '../../ring/event-count.js';

const word = { time: 0, moves: 1, moved: 2, settled: 4, places: 6 } as const;
const placesFrom = 16;
const placeWords = 4;
const inPlace = { joined: 0, settled: 1, nextDue: 2 } as const;
const mostPlaces = 65_536;

/** A time that never comes; times are Int32 milliseconds. */
export const neverDue = 2 ** 31 - 1;

/** Places of a flow's flushers. */
export interface ClockPlaces {
  readonly memory: SharedArrayBuffer;
  readonly first: number;
  readonly count: number;
}

export function createClockMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((placesFrom + mostPlaces * placeWords) * Int32Array.BYTES_PER_ELEMENT);
}

export class MovedClock {
  /** Signalled at each move. */
  readonly moved: EventCount;
  /** Signalled when a flusher has followed a move, or follows no more. */
  readonly settled: EventCount;
  readonly #words: Int32Array;

  constructor(readonly memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.moved = new EventCount(this.#words, word.moved);
    this.settled = new EventCount(this.#words, word.settled);
  }

  /** Whole milliseconds. */
  get time(): number {
    return Atomics.load(this.#words, word.time);
  }

  get moves(): number {
    return Atomics.load(this.#words, word.moves);
  }

  /** Let flushers look at a time, which may be the same as before; the test's thread. */
  move(time: number): void {
    // ORDER: the time before the number of the move: a flusher that sees the number sees the time.
    Atomics.store(this.#words, word.time, time);
    Atomics.add(this.#words, word.moves, 1);
    this.moved.signal();
  }

  /** Whether every flusher that has joined has followed the last move. */
  get isSettled(): boolean {
    const { moves } = this;
    return this.#joined().every((at) => Atomics.load(this.#words, at + inPlace.settled) === moves);
  }

  /** When the first of all flushers has something to do, as of the last move. */
  get nextDue(): number {
    return Math.min(...this.#joined().map((at) => Atomics.load(this.#words, at + inPlace.nextDue)), neverDue);
  }

  /** Take places for a flow's flushers. @returns undefined when there are not so many. */
  take(count: number): ClockPlaces | undefined {
    const first = Atomics.add(this.#words, word.places, count);
    return first + count <= mostPlaces ? { memory: this.memory, first, count } : undefined;
  }

  /** A flusher follows from now on, also in place of one that has died. */
  join(place: number): void {
    // No number of a move: what a dead thread has followed says nothing of its successor.
    Atomics.store(this.#words, this.#at(place) + inPlace.settled, this.moves - 1);
    Atomics.store(this.#words, this.#at(place) + inPlace.joined, 1);
  }

  leave(place: number): void {
    Atomics.store(this.#words, this.#at(place) + inPlace.joined, 0);
    this.settled.signal();
  }

  /** A flusher has done what falls due up to a move, and has nothing to do before `nextDue`. */
  settle(place: number, move: number, nextDue: number): void {
    const at = this.#at(place);
    Atomics.store(this.#words, at + inPlace.nextDue, Math.ceil(Math.min(nextDue, neverDue)));
    // ORDER: the number after the time that goes with it.
    Atomics.store(this.#words, at + inPlace.settled, move);
    this.settled.signal();
  }

  #at(place: number): number {
    return placesFrom + place * placeWords;
  }

  /** The first word of each joined place. */
  #joined(): number[] {
    const places = Math.min(Atomics.load(this.#words, word.places), mostPlaces);
    return Array.from({ length: places }, (_, place) => this.#at(place)).filter(
      (at) => Atomics.load(this.#words, at + inPlace.joined) === 1,
    );
  }
}
