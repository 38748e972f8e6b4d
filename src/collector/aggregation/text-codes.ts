/**
 * Codes of texts, found by their bytes: a text that was seen before is never decoded.
 */
import type { TextColumn } from '../../schema/columns/views/variable-column.js';
import { type Codes, type ColumnData, Interner } from './codes.js';

/** Texts that are remembered by their bytes; then all are forgotten. */
const maxTexts = 16_384;
const slots = 2 * maxTexts;
const wordsPerSlot = 4;
/** Words of a slot; the length of a free one is -1. */
const [hashAt, startAt, lengthAt, codeAt] = [0, 1, 2, 3];
/** Words of four bytes, of all texts that are remembered. */
const arenaWords = 2 ** 19;
/** A longer text is not remembered. */
const maxBytes = 4096;

export class TextCodes implements Codes {
  readonly #interner = new Interner();
  #table = new Int32Array(0);
  #arena = new Int32Array(0);
  #texts = 0;
  #used = 0;
  /** The text that is looked for, in words: they are compared four bytes at a time. */
  readonly #words = new Int32Array(maxBytes / 4);

  constructor(private readonly template: (text: string) => string = (text) => text) {}

  read(column: ColumnData, rows: number, into: Int32Array): void {
    if (this.#table.length === 0) this.#start();
    const texts = column as TextColumn<null>;
    const { bytes, starts, ends } = texts.raw;
    for (let row = 0; row < rows; row++) {
      const start = starts[row] as number;
      const length = (ends[row] as number) - start;
      if (length > maxBytes) {
        into[row] = this.#interner.codeOf(this.template(texts.get(row) ?? ''));
        continue;
      }
      const hash = readWords(bytes, start, length, this.#words);
      const slot = this.#slotOf(hash, length);
      into[row] =
        (this.#table[slot + lengthAt] as number) < 0
          ? this.#add(slot, hash, length, texts.get(row) ?? '')
          : (this.#table[slot + codeAt] as number);
    }
  }

  textOf(code: number): string {
    return this.#interner.textOf(code);
  }

  get size(): number {
    return this.#interner.size;
  }

  clear(): void {
    this.#interner.clear();
    this.#start();
  }

  /** The slot of the text that was read, or the free one where it belongs. */
  #slotOf(hash: number, length: number): number {
    const table = this.#table;
    const arena = this.#arena;
    const words = this.#words;
    const count = (length + 3) >> 2;
    for (let number = hash & (slots - 1); ; number = (number + 1) & (slots - 1)) {
      const slot = number * wordsPerSlot;
      const slotLength = table[slot + lengthAt] as number;
      if (slotLength < 0) return slot;
      if (slotLength !== length || table[slot + hashAt] !== hash) continue;
      const start = table[slot + startAt] as number;
      let i = 0;
      while (i < count && arena[start + i] === words[i]) i++;
      if (i === count) return slot;
    }
  }

  #add(slot: number, hash: number, length: number, text: string): number {
    const code = this.#interner.codeOf(this.template(text));
    const count = (length + 3) >> 2;
    if (this.#texts === maxTexts || this.#used + count > arenaWords) {
      // The codes stay; only what is known by bytes is forgotten.
      this.#start();
      return code;
    }
    const table = this.#table;
    this.#arena.set(this.#words.subarray(0, count), this.#used);
    table[slot + hashAt] = hash;
    table[slot + startAt] = this.#used;
    table[slot + lengthAt] = length;
    table[slot + codeAt] = code;
    this.#used += count;
    this.#texts++;
    return code;
  }

  #start(): void {
    if (this.#table.length === 0) {
      this.#table = new Int32Array(slots * wordsPerSlot);
      this.#arena = new Int32Array(arenaWords);
    }
    for (let slot = 0; slot < slots; slot++) this.#table[slot * wordsPerSlot + lengthAt] = -1;
    this.#texts = 0;
    this.#used = 0;
  }
}

/** Read a text as words, the last filled up with zeros. @returns its hash. */
function readWords(bytes: Uint8Array, start: number, length: number, words: Int32Array): number {
  let hash = length;
  let count = 0;
  const end = start + length;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    words[count++] = word;
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  if (i < end) {
    let word = 0;
    for (let shift = 0; i < end; i++, shift += 8) word |= (bytes[i] as number) << shift;
    words[count] = word;
    hash = Math.imul(hash ^ word, 0x9e3779b1);
  }
  return hash ^ (hash >>> 16);
}
