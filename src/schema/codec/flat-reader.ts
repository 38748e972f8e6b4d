/**
 * Reads flat records (`flat-record.ts`) by a function for each shape, generated at its first use, so that all rows of a
 * shape share one hidden class. Keys reach the generated code only as quoted literals.
 */
import { headWords, kind, kindsPerWord } from './flat-record.js';
import { literalKey } from './literal-key.js';

/** Makes the object of the record at word `at`, whose texts are given, joined. */
type Read = (words: Int32Array, at: number, texts: string) => unknown;

/** By the list of keys. Bounded, as shapes come from users. */
const compiled = new Map<string, Read>();
const maxCompiled = 1024;

export class FlatReader {
  readonly #words: Int32Array;
  #shape = -1;
  #read: Read | undefined;

  /**
   * @param blob the batch's records, each on a multiple of 4 bytes.
   * @param shapes their shapes: lists of keys as JSON, by label.
   */
  constructor(
    blob: Uint8Array,
    private readonly shapes: ReadonlyMap<number, string>,
  ) {
    this.#words = new Int32Array(blob.buffer, blob.byteOffset, blob.length >> 2);
  }

  /** The object of the record at byte `start`. @param texts its texts, joined. */
  at(start: number, texts: string): unknown {
    const words = this.#words;
    const at = start >> 2;
    const shape = words[at + 1] as number;
    if (shape !== this.#shape) {
      this.#read = readerOf(this.shapes.get(shape) as string);
      this.#shape = shape;
    }
    return (this.#read as Read)(words, at, texts);
  }
}

function readerOf(shape: string): Read {
  let read = compiled.get(shape);
  if (read === undefined) {
    if (compiled.size === maxCompiled) compiled.clear();
    read = compile(JSON.parse(shape));
    compiled.set(shape, read);
  }
  return read;
}

const floatWords = new Int32Array(2);
const float = new Float64Array(floatWords.buffer);

function floatOf(low: number, high: number): number {
  floatWords[0] = low;
  floatWords[1] = high;
  return float[0] as number;
}

function compile(keys: readonly string[]): Read {
  const kindsWords = Math.ceil(keys.length / kindsPerWord);
  const values = keys.map((_, k) => {
    const word = `words[at + ${headWords + Math.floor(k / kindsPerWord)}]`;
    return [
      `let v${k};`,
      `switch ((${word} >>> ${4 * (k % kindsPerWord)}) & 15) {`,
      `case ${kind.text}: v${k} = texts.substring(unit, unit += words[next++]); break;`,
      `case ${kind.int32}: v${k} = words[next++]; break;`,
      `case ${kind.float64}: v${k} = floatOf(words[next], words[next + 1]); next += 2; break;`,
      `case ${kind.null}: v${k} = null; break;`,
      `case ${kind.true}: v${k} = true; break;`,
      `case ${kind.false}: v${k} = false; break;`,
      '}',
    ].join('\n');
  });
  const literal = keys.map((key, k) => `${literalKey(key)}: v${k}`).join(', ');
  const code = [
    '"use strict"; return (words, at, texts) => {',
    `let next = at + ${headWords + kindsWords}, unit = 0;`,
    ...values,
    `return { ${literal} }; };`,
  ];
  return new Function('floatOf', code.join('\n'))(floatOf) as Read;
}
