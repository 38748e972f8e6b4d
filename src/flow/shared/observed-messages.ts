/**
 * How many messages of events may be on their way from a flusher to the creating thread. That thread may be blocked for
 * long: then further ones are dropped and counted, and memory does not grow.
 *
 *     sent │ received │ dropped          three words a flusher, on a cache line of its own
 *
 * A flusher writes the first and the last, the creating thread the second.
 */

/** Messages of one flusher that the creating thread has not received. */
export const mostOnTheirWay = 256;

const wordsPerFlusher = 16;
const word = { sent: 0, received: 1, dropped: 2 } as const;

export class ObservedMessages {
  readonly #words: Int32Array;

  /** @param flusher from 1. */
  constructor(memory: SharedArrayBuffer, flusher: number) {
    const bytes = wordsPerFlusher * Int32Array.BYTES_PER_ELEMENT;
    this.#words = new Int32Array(memory, (flusher - 1) * bytes, wordsPerFlusher);
  }

  static createMemory(flushers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(flushers * wordsPerFlusher * Int32Array.BYTES_PER_ELEMENT);
  }

  /** @returns whether a message may be sent; one that may not is counted. */
  mayBeSent(): boolean {
    const words = this.#words;
    const onTheirWay = (Atomics.load(words, word.sent) - Atomics.load(words, word.received)) | 0;
    if (onTheirWay >= mostOnTheirWay) {
      this.drop();
      return false;
    }
    Atomics.add(words, word.sent, 1);
    return true;
  }

  drop(): void {
    Atomics.add(this.#words, word.dropped, 1);
  }

  received(): void {
    Atomics.add(this.#words, word.received, 1);
  }

  /** The flusher's thread has died: what it had sent and was not received does not come any more, and is dropped. */
  forget(): void {
    const sent = Atomics.load(this.#words, word.sent);
    const received = Atomics.exchange(this.#words, word.received, sent);
    Atomics.add(this.#words, word.dropped, (sent - received) | 0);
  }

  /** Messages that were not sent, or were lost with their thread. */
  get dropped(): number {
    return Atomics.load(this.#words, word.dropped) >>> 0;
  }
}
