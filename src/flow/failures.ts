/**
 * Failures as an async iterable, from a bounded buffer: a reader that is slow, or absent, costs no memory.
 */
import RingBuffer from 'ringbufferjs';
import type { FlushError } from '../errors.js';

export class Failures implements AsyncIterable<FlushError> {
  readonly #buffer: RingBuffer<FlushError>;
  readonly #waiting: ((result: IteratorResult<FlushError>) => void)[] = [];
  #ended = false;
  #dropped = 0;

  /** @param size failures that wait for a reader. */
  constructor(size: number) {
    this.#buffer = new RingBuffer<FlushError>(size);
  }

  /** How many failures found the buffer full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @returns false when there is no place for it. */
  add(failure: FlushError): boolean {
    const reader = this.#waiting.shift();
    // The buffer would overwrite its oldest.
    const kept = reader !== undefined || !this.#buffer.isFull();
    if (!kept) this.#dropped++;
    else if (reader !== undefined) reader({ value: failure, done: false });
    else this.#buffer.enq(failure);
    return kept;
  }

  /** No more failures come; readers get what is left, then end. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#waiting.splice(0)) reader({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<FlushError> {
    return {
      next: () => {
        if (!this.#buffer.isEmpty()) return Promise.resolve({ value: this.#buffer.deq(), done: false });
        if (this.#ended) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => this.#waiting.push(resolve));
      },
    };
  }
}
