/**
 * Finds what belongs to a few whole numbers: a series by the codes of its labels. An open hash table of Int32.
 *
 * Up to four numbers are compared without a loop; a key of fewer has zeros.
 */

const firstSlots = 1024;
/** More are forgotten together. */
const maxKnown = 65_536;
/** Words of a slot: numbers of the key, and what belongs to them, plus one; 0: the slot is free. */
const inlined = 4;
const valueAt = inlined;
const restAt = inlined + 1;

type Column = Int32Array;

export class SeriesTable {
  #slots = firstSlots;
  #table: Int32Array;
  readonly #width: number;
  #known = 0;
  #hashes = new Int32Array(0);
  #zeros = new Int32Array(0);

  /** @param parts how many numbers a key has. */
  constructor(private readonly parts: number) {
    this.#width = restAt + Math.max(parts - inlined, 0);
    this.#table = new Int32Array(firstSlots * this.#width);
  }

  /**
   * Find what belongs to each row.
   *
   * @param columns the numbers of the rows, by their place in the key.
   * @param into receives what belongs to them; -1 where nothing does.
   */
  findAll(columns: readonly Column[], rows: number, into: Int32Array): void {
    const hashes = this.#hash(columns, rows);
    for (let row = 0; row < rows; row++) {
      const slot = this.#slotOf(columns, row, hashes[row] as number);
      into[row] = (this.#table[slot + valueAt] as number) - 1;
    }
  }

  /** What belongs to a row, after `findAll`; -1 where nothing does. */
  find(columns: readonly Column[], row: number): number {
    return (this.#table[this.#slotOf(columns, row, this.#hashes[row] as number) + valueAt] as number) - 1;
  }

  /** Note what belongs to a row, after `findAll`. @param value 0 or more. */
  set(columns: readonly Column[], row: number, value: number): void {
    if (this.#known === maxKnown) this.clear();
    if (2 * this.#known >= this.#slots) this.#grow();
    const slot = this.#slotOf(columns, row, this.#hashes[row] as number);
    columns.forEach((column, part) => {
      this.#table[slot + (part < inlined ? part : restAt + part - inlined)] = column[row] as number;
    });
    this.#table[slot + valueAt] = value + 1;
    this.#known++;
  }

  clear(): void {
    this.#slots = firstSlots;
    this.#table = new Int32Array(firstSlots * this.#width);
    this.#known = 0;
  }

  #hash(columns: readonly Column[], rows: number): Int32Array {
    if (this.#hashes.length < rows) {
      this.#hashes = new Int32Array(rows);
      this.#zeros = new Int32Array(rows);
    }
    const hashes = this.#hashes;
    hashes.fill(0, 0, rows);
    for (const column of columns) {
      for (let row = 0; row < rows; row++)
        hashes[row] = Math.imul((hashes[row] as number) ^ (column[row] as number), 0x9e3779b1);
    }
    return hashes;
  }

  /** The slot of a key, or the free one where it belongs. */
  #slotOf(columns: readonly Column[], row: number, hash: number): number {
    const zeros = this.#zeros;
    const a = (columns[0] ?? zeros)[row];
    const b = (columns[1] ?? zeros)[row];
    const c = (columns[2] ?? zeros)[row];
    const d = (columns[3] ?? zeros)[row];
    const table = this.#table;
    const width = this.#width;
    const mask = this.#slots - 1;
    for (let number = (hash ^ (hash >>> 15)) & mask; ; number = (number + 1) & mask) {
      const slot = number * width;
      if (table[slot + valueAt] === 0) return slot;
      const fits =
        table[slot] === a && table[slot + 1] === b && table[slot + 2] === c && table[slot + 3] === d;
      if (fits && this.#restFits(columns, row, slot)) return slot;
    }
  }

  #restFits(columns: readonly Column[], row: number, slot: number): boolean {
    for (let part = inlined; part < this.parts; part++)
      if (this.#table[slot + restAt + part - inlined] !== columns[part]?.[row]) return false;
    return true;
  }

  #grow(): void {
    const old = this.#table;
    const width = this.#width;
    this.#slots *= 2;
    this.#table = new Int32Array(this.#slots * width);
    const mask = this.#slots - 1;
    for (let from = 0; from < old.length; from += width) {
      if (old[from + valueAt] === 0) continue;
      let hash = 0;
      for (let part = 0; part < this.parts; part++) {
        const number = old[from + (part < inlined ? part : restAt + part - inlined)] as number;
        hash = Math.imul(hash ^ number, 0x9e3779b1);
      }
      let number = (hash ^ (hash >>> 15)) & mask;
      while (this.#table[number * width + valueAt] !== 0) number = (number + 1) & mask;
      this.#table.set(old.subarray(from, from + width), number * width);
    }
  }
}
