/**
 * How many of a source's first units have ended, in shared memory: the count outlives the source's thread.
 */
import { Frontier, type Step } from './frontier.js';

/** Memory for one count; part of a source's options. */
export function createCount(): SharedArrayBuffer {
  return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
}

export class SharedCount {
  readonly #word: BigInt64Array;
  #frontier = new Frontier<number>();
  #added: number;

  constructor(memory: SharedArrayBuffer) {
    this.#word = new BigInt64Array(memory);
    this.#added = this.value;
  }

  get value(): number {
    return Number(Atomics.load(this.#word, 0));
  }

  /** Begin anew behind the units that have ended with all before them. */
  restart(): void {
    this.#frontier = new Frontier();
    this.#added = this.value;
  }

  /** The unit that comes next. */
  add(): Step<number> {
    return this.#frontier.add(++this.#added);
  }

  end(steps: readonly Step<number>[]): void {
    const value = this.#frontier.end(steps);
    if (value !== undefined) Atomics.store(this.#word, 0, BigInt(value));
  }
}
