/**
 * How many announcements of one sleeper stand on each event count: a producer's, or a flusher's.
 *
 * A thread that dies in its sleep never takes its announcement back, and each signal would wake nobody at the cost of a
 * wake-up, for ever. So a sleeper notes each announcement after it is made, and crosses it out before it is taken
 * back. The thread that cleans up takes back what is noted. Wherever the sleeper dies, at most one announcement too
 * many stands, which costs needless wake-ups; none too few, which would lose one.
 */
import type { EventCount } from './event-count.js';

/** Words of a sleeper, one for each event count. */
const word = { work: 0, room: 1, roomy: 2, done: 3 } as const;
export type SleepsOn = keyof typeof word;
const wordsPerSleeper = 4;

/** The note of one sleeper on one event count. */
export interface SleepNote {
  /** One more announcement stands. */
  add(): void;
  /** One is about to be taken back. */
  crossOut(): void;
}

export class SleepNotes {
  readonly #words: Int32Array;
  #detached = false;

  /** @param sleeper its id in the ring, from 1. */
  constructor(
    memory: SharedArrayBuffer,
    private readonly sleeper: number,
  ) {
    this.#words = new Int32Array(memory);
  }

  static createMemory(sleepers: number): SharedArrayBuffer {
    return new SharedArrayBuffer((sleepers + 1) * wordsPerSleeper * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Caller: the sleeper. */
  on(events: SleepsOn): SleepNote {
    const at = this.#at(events);
    return {
      add: () => {
        if (!this.#detached) Atomics.add(this.#words, at, 1);
      },
      crossOut: () => {
        if (!this.#detached) Atomics.sub(this.#words, at, 1);
      },
    };
  }

  /**
   * Note nothing any more: the id is about to be another's. Announcements that still stand are the sleeper's own to
   * take back. Caller: the sleeper.
   */
  detach(): void {
    this.#detached = true;
    for (const events of Object.keys(word) as SleepsOn[]) Atomics.store(this.#words, this.#at(events), 0);
  }

  /** Take back all that a dead sleeper had announced. Caller: one thread that cleans up after it, at a time. */
  retireAll(counts: Readonly<Record<SleepsOn, EventCount>>): void {
    for (const events of Object.keys(word) as SleepsOn[]) {
      for (let left = Atomics.exchange(this.#words, this.#at(events), 0); left > 0; left--) {
        counts[events].retire();
      }
    }
  }

  #at(events: SleepsOn): number {
    return this.sleeper * wordsPerSleeper + word[events];
  }
}
