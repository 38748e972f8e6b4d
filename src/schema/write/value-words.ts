/**
 * The words of a plain record that is being written, and its texts: what stands in them for each simple value.
 */
import { types } from 'node:util';
import { type Kind, kind, kindsPerWord, kindsPerWordBits, kindsWords } from '../codec/plain-record.js';
import { bytesOf, memoryOfBytes } from '../codec/view-parts.js';

/** Words to begin with; more are given back after the event that needed them. */
const usualWords = 1024;

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

export class ValueWords {
  words = new Int32Array(usualWords);
  /** The next free word. */
  at = 0;
  /** All texts, joined. */
  text = '';

  /** Give back the memory of a large value. */
  shrink(): void {
    if (this.words.length > usualWords) this.words = new Int32Array(usualWords);
  }

  putText(text: string, as: Kind): Kind {
    this.reserve(this.at + 1);
    this.words[this.at++] = text.length;
    this.text += text;
    return as;
  }

  putNumber(value: number): Kind {
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      this.reserve(this.at + 1);
      this.words[this.at++] = value;
      return kind.int32;
    }
    this.putFloat(value);
    return kind.float64;
  }

  putFloat(value: number): void {
    this.reserve(this.at + 2);
    float[0] = value;
    this.words[this.at++] = floatWords[0] as number;
    this.words[this.at++] = floatWords[1] as number;
  }

  /** @returns false, with nothing written, where not all values are numbers of 32 bits. */
  putInts(array: readonly unknown[]): boolean {
    const { length } = array;
    this.reserve(this.at + 2 + length);
    const { words } = this;
    let at = this.at + 2;
    for (let i = 0; i < length; i++) {
      const value = array[i];
      if (typeof value !== 'number' || (value | 0) !== value || (value === 0 && 1 / value < 0)) return false;
      words[at++] = value;
    }
    return this.#putNumbers(length, 1, at);
  }

  /** The same for all numbers. */
  putFloats(array: readonly unknown[]): boolean {
    const { length } = array;
    this.reserve(this.at + 2 + 2 * length);
    const { words } = this;
    let at = this.at + 2;
    for (let i = 0; i < length; i++) {
      const value = array[i];
      if (typeof value !== 'number') return false;
      float[0] = value;
      words[at++] = floatWords[0] as number;
      words[at++] = floatWords[1] as number;
    }
    return this.#putNumbers(length, 2, at);
  }

  #putNumbers(length: number, wordsOfEach: number, end: number): true {
    this.words[this.at] = length;
    this.words[this.at + 1] = wordsOfEach;
    this.at = end;
    return true;
  }

  /** A Buffer comes back as the Uint8Array of its bytes. */
  putBytes(bytes: Uint8Array): Kind {
    const own = bytesOf(bytes);
    const { length } = own;
    const at = this.at + 1;
    const words = (length + 3) >> 2;
    this.reserve(at + words);
    this.words[this.at] = length;
    new Uint8Array(this.words.buffer, 4 * at, length).set(own);
    this.at = at + words;
    return kind.bytes;
  }

  /** Write a length, and room for the kinds of the values that follow. @returns the word of the kinds, which are 0. */
  putLength(length: number, values: number): number {
    const kinds = this.at + 1;
    const end = kinds + kindsWords(values);
    this.reserve(end);
    this.words[this.at] = length;
    this.words.fill(0, kinds, end);
    this.at = end;
    return kinds;
  }

  setKind(kinds: number, i: number, of: Kind): void {
    (this.words[kinds + (i >> kindsPerWordBits)] as number) |= of << (4 * (i & (kindsPerWord - 1)));
  }

  /** Make the words before `end` exist. */
  reserve(end: number): void {
    if (end <= this.words.length) return;
    const words = new Int32Array(2 * end);
    words.set(this.words);
    this.words = words;
  }
}

/** Whether an object is an array of bytes that no other thread changes. */
export function hasMemory(object: object): object is Uint8Array {
  return types.isUint8Array(object) && !types.isSharedArrayBuffer(memoryOfBytes(object));
}
