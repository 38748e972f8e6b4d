/**
 * Reads flat records (`flat-record.ts`) by a function for each shape, generated at its first use, so that all rows of a
 * shape share one hidden class.
 */
import type { Code } from '../codegen/code.js';
import { compile } from '../codegen/compile.js';
import { literalKey, quoted } from '../codegen/names.js';
import { headWords, kind, kindsPerWord } from './flat-record.js';

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
    const bind = compile<(toFloat: typeof floatOf) => Read>(
      ['flat-reader'],
      ['floatOf'],
      flatReaderCode(JSON.parse(shape)),
    );
    read = bind(floatOf);
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

/** Code: the value of each kind, by the names of `kind`. A value is undefined until it is read. */
const valueCode = {
  text: 'texts.substring(unit, unit += words[next++])',
  int32: 'words[next++]',
  float64: 'floatOf(words[next], words[next + 1])',
  null: 'null',
  true: 'true',
  false: 'false',
} satisfies Record<Exclude<keyof typeof kind, 'undefined'>, string>;

/** The body of a function of `floatOf`, for objects with these keys. */
export function flatReaderCode(keys: readonly string[]): Code {
  const kindsWords = Math.ceil(keys.length / kindsPerWord);
  const cases = (k: number) =>
    Object.entries(valueCode).flatMap(([name, value]) => [
      `case ${kind[name as keyof typeof valueCode]}: // ${name}`,
      [`value${k} = ${value};`, name === 'float64' ? 'next += 2;' : '', 'break;'],
    ]);
  return [
    'return function read(words, at, texts) {',
    [
      `let next = at + ${headWords + kindsWords}, unit = 0;`,
      ...keys.flatMap((key, k) => {
        const word = `words[at + ${headWords + Math.floor(k / kindsPerWord)}]`;
        return [
          `// ${k} ${quoted(key)}`,
          `let value${k};`,
          `switch ((${word} >>> ${4 * (k % kindsPerWord)}) & 15) {`,
          cases(k),
          '}',
        ];
      }),
      'return {',
      keys.map((key, k) => `${literalKey(key)}: value${k},`),
      '};',
    ],
    '};',
  ];
}
