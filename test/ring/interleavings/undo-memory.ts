/**
 * Words whose writes can be undone back to a mark, with a 64-bit hash of what they hold, kept up to date.
 *
 * The hash is the exclusive or of a hash of every word that was ever written, so a write costs two of those.
 */
export class UndoMemory {
  hashA = 0;
  hashB = 0;
  /** How many writes there are to undo. */
  mark = 0;
  #trail = new Int32Array(1 << 10);

  constructor(readonly words: Int32Array) {}

  write(index: number, value: number): void {
    if (this.mark * 2 === this.#trail.length) this.#grow();
    const old = this.words[index] as number;
    this.#trail[this.mark * 2] = index;
    this.#trail[this.mark * 2 + 1] = old;
    this.mark++;
    this.#replace(index, old, value);
  }

  undo(mark: number): void {
    while (this.mark > mark) {
      this.mark--;
      const index = this.#trail[this.mark * 2] as number;
      this.#replace(index, this.words[index] as number, this.#trail[this.mark * 2 + 1] as number);
    }
  }

  #replace(index: number, old: number, value: number): void {
    this.words[index] = value;
    const now = this.words[index] as number;
    if (now === old) return;
    this.hashA ^= mix(index, old, seedA) ^ mix(index, now, seedA);
    this.hashB ^= mix(index, old, seedB) ^ mix(index, now, seedB);
  }

  #grow(): void {
    const longer = new Int32Array(this.#trail.length * 2);
    longer.set(this.#trail);
    this.#trail = longer;
  }
}

export const seedA = 0x1b873593;
export const seedB = 0x3c6ef372;

/** A 32-bit hash of two words; those of the two seeds are taken for independent. */
export function mix(a: number, b: number, seed: number): number {
  let hash = Math.imul(a ^ seed, 0x9e3779b1);
  hash ^= hash >>> 15;
  hash = Math.imul(hash + b, 0x85ebca77 ^ seed);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae3d);
  return hash ^ (hash >>> 16);
}
