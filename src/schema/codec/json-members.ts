/**
 * The texts of an object's members, by their keys: what `JSON.parse` has made values of, as it was written.
 */
import { afterBlanks, afterString, afterValue, compact } from './json-scan.js';

const comma = 0x2c;
const backslash = 0x5c;
const closeBrace = 0x7d;

/** Finds the members of certain keys; one finder serves one object after the other. */
export class JsonMembers {
  /** By the key's number: where the value of its last member lies; a start below 0 where there is none. */
  readonly #starts: number[];
  readonly #ends: number[];

  constructor(private readonly keys: readonly string[]) {
    this.#starts = keys.map(() => -1);
    this.#ends = keys.map(() => -1);
  }

  /**
   * Find the members of an object.
   *
   * @param text JSON, which `JSON.parse` has taken.
   * @param from index before which there is nothing but white space.
   */
  find(text: string, from: number): void {
    const { length } = text;
    this.#starts.fill(-1);
    // Behind the opening brace.
    let at = afterBlanks(text, from, length) + 1;
    for (;;) {
      const key = afterBlanks(text, at, length);
      if (text.charCodeAt(key) === closeBrace) return;
      const keyEnd = afterString(text, key);
      const colon = afterBlanks(text, keyEnd, length);
      const value = afterBlanks(text, colon + 1, length);
      const end = afterValue(text, value);
      // Of equal keys the last one counts, as for `JSON.parse`.
      const k = this.#keyAt(text, key + 1, keyEnd - 1);
      if (k >= 0) {
        this.#starts[k] = value;
        this.#ends[k] = end;
      }
      at = afterBlanks(text, end, length);
      if (text.charCodeAt(at) !== comma) return;
      at++;
    }
  }

  /**
   * The text of a key's value in the object that was looked at last, without the white space around its parts.
   *
   * @param text the text in which `find` looked.
   * @param k the key's number.
   * @returns undefined when the object has no such key.
   */
  textOf(text: string, k: number): string | undefined {
    const start = this.#starts[k] as number;
    return start < 0 ? undefined : compact(text, start, this.#ends[k] as number);
  }

  /** The number of the key that is written from `start` to `end`, between its quotes; below 0 for any other. */
  #keyAt(text: string, start: number, end: number): number {
    const { keys } = this;
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as string;
      if (key.length === end - start && text.startsWith(key, start) && !key.includes('\\')) return k;
    }
    for (let at = start; at < end; at++)
      if (text.charCodeAt(at) === backslash) return keys.indexOf(JSON.parse(text.slice(start - 1, end + 1)));
    return -1;
  }
}
