/**
 * The memory that a test's thread and the flushers of a memory sink share: batches that were stored, and failures that
 * were asked for.
 *
 *     words │ asked failures: [left, bytes, failure] … │ stored batches: [bytes, batch] …
 *
 * Both lists only grow. One thread at a time changes them, by a lock; a list's end is stored last, so a reader sees
 * whole entries. Pages that no entry has reached take no memory.
 */
import { deserialize, serialize } from 'node:v8';

/** What the words of the memory mean. */
export const word = {
  lock: 0,
  /** 1 while writes wait. */
  held: 1,
  /** Writes that wait at this moment. */
  waiting: 2,
  opened: 3,
  closed: 4,
  /** Calls of `write`. */
  attempts: 5,
  storedRows: 6,
  failuresEnd: 7,
  batchesEnd: 8,
} as const;

const wordsBytes = 64;
const failuresBytes = 1 << 20;
const header = 8;
const lockPatienceMs = 5000;

/** The memory as it is posted to a flusher. */
export interface SharedBatches {
  readonly memory: SharedArrayBuffer;
}

export function createSharedBatches(maxBytes: number): SharedBatches {
  return { memory: new SharedArrayBuffer(wordsBytes + failuresBytes + maxBytes) };
}

export function wordsOf({ memory }: SharedBatches): Int32Array {
  return new Int32Array(memory, 0, wordsBytes / 4);
}

/** A list of values in shared memory. */
class SharedList {
  readonly #words: Int32Array;
  readonly #entries: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(
    shared: SharedBatches,
    private readonly end: number,
    from: number,
    length: number,
  ) {
    this.#words = wordsOf(shared);
    this.#entries = new Int32Array(shared.memory, from, length >> 2);
    this.#bytes = new Uint8Array(shared.memory, from, length);
  }

  /** @returns false where there is no room for it. */
  add(value: unknown, first: number): boolean {
    const bytes = serialize(value);
    return locked(this.#words, () => {
      const at = Atomics.load(this.#words, this.end);
      const next = at + header + ((bytes.length + 7) & ~7);
      if (next > this.#bytes.length) return false;
      this.#entries[at >> 2] = first;
      this.#entries[(at >> 2) + 1] = bytes.length;
      this.#bytes.set(bytes, at + header);
      Atomics.store(this.#words, this.end, next);
      return true;
    });
  }

  /** The value of the first entry for which `chosen`, called with its first word, returns true. */
  take(chosen: (first: Int32Array) => boolean): unknown {
    return locked(this.#words, () => {
      for (const at of this.#starts(0)) {
        if (chosen(this.#entries.subarray(at >> 2, (at >> 2) + 1))) return this.#valueAt(at);
      }
      return undefined;
    });
  }

  /** Clear the first word of every entry. */
  clear(): void {
    locked(this.#words, () => {
      for (const at of this.#starts(0)) this.#entries[at >> 2] = 0;
    });
  }

  /** The values from a place on. @returns also the place behind them. */
  from(place: number): { readonly values: readonly unknown[]; readonly end: number } {
    // Read once: what is stored while values are read belongs to the next call.
    const end = Atomics.load(this.#words, this.end);
    const starts = [...this.#starts(place, end)];
    return { values: starts.map((at) => this.#valueAt(at)), end };
  }

  *#starts(place: number, end = Atomics.load(this.#words, this.end)): Generator<number> {
    for (let at = place; at < end; at += header + ((this.#lengthAt(at) + 7) & ~7)) yield at;
  }

  #lengthAt(at: number): number {
    return this.#entries[(at >> 2) + 1] as number;
  }

  #valueAt(at: number): unknown {
    // `deserialize` refuses shared memory.
    return deserialize(this.#bytes.slice(at + header, at + header + this.#lengthAt(at)));
  }
}

/** Failures that were asked for; an entry's first word says how often it is still to come. */
export class AskedFailures {
  readonly #list: SharedList;

  constructor(shared: SharedBatches) {
    this.#list = new SharedList(shared, word.failuresEnd, wordsBytes, failuresBytes);
  }

  /** @returns false where no more can be asked for. */
  ask(failure: unknown, times: number): boolean {
    return this.#list.add(failure, times);
  }

  /** The next one, which is then one fewer. */
  take(): unknown {
    return this.#list.take((left) => {
      if ((left[0] as number) === 0) return false;
      (left[0] as number)--;
      return true;
    });
  }

  forget(): void {
    this.#list.clear();
  }
}

/** Batches that were stored, in the order of their commits. */
export class StoredBatches {
  readonly #list: SharedList;

  constructor(shared: SharedBatches) {
    const from = wordsBytes + failuresBytes;
    this.#list = new SharedList(shared, word.batchesEnd, from, shared.memory.byteLength - from);
  }

  /** @returns false where there is no room for it. */
  add(batch: unknown): boolean {
    return this.#list.add(batch, 0);
  }

  from(place: number): { readonly values: readonly unknown[]; readonly end: number } {
    return this.#list.from(place);
  }
}

/** Run what one thread at a time may do. It takes microseconds, so a thread may block for it. */
function locked<T>(words: Int32Array, run: () => T): T {
  const until = performance.now() + lockPatienceMs;
  while (Atomics.compareExchange(words, word.lock, 0, 1) !== 0) {
    Atomics.wait(words, word.lock, 1, 10);
    if (performance.now() > until)
      throw new Error('a thread has died while it held the lock of a memory sink');
  }
  try {
    return run();
  } finally {
    Atomics.store(words, word.lock, 0);
    Atomics.notify(words, word.lock, 1);
  }
}
