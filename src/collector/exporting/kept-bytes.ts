/**
 * Bytes in shared memory that outlive the thread which wrote them. Of two halves one holds the latest bytes, while the
 * other is written: a thread that dies in between leaves the bytes before.
 */

export interface KeptBytesMemory {
  /** Which half is read, from 1, and how many bytes each one has. */
  readonly words: SharedArrayBuffer;
  readonly halves: readonly [SharedArrayBuffer, SharedArrayBuffer];
}

/** Addresses of so many bytes are taken for each half; they become memory as they are written. */
const mostBytes = 256 * 2 ** 20;

export class KeptBytes {
  readonly #words: Int32Array;

  static create(): KeptBytesMemory {
    const half = () => new SharedArrayBuffer(0, { maxByteLength: mostBytes });
    return { words: new SharedArrayBuffer(12), halves: [half(), half()] };
  }

  constructor(private readonly memory: KeptBytesMemory) {
    this.#words = new Int32Array(memory.words);
  }

  /** @throws RangeError for more bytes than can be kept. */
  write(bytes: Uint8Array): void {
    const half = Atomics.load(this.#words, 0) === 1 ? 1 : 0;
    const target = this.memory.halves[half] as SharedArrayBuffer;
    if (target.byteLength < bytes.length) target.grow(bytes.length);
    new Uint8Array(target).set(bytes);
    this.#words[half + 1] = bytes.length;
    // ORDER: bytes and their number before the word that names their half.
    Atomics.store(this.#words, 0, half + 1);
  }

  /** A copy of the latest bytes; undefined: none were written. */
  read(): Uint8Array | undefined {
    const half = Atomics.load(this.#words, 0) - 1;
    const source = this.memory.halves[half];
    if (source === undefined) return undefined;
    return new Uint8Array(source, 0, this.#words[half + 1]).slice();
  }
}
