/**
 * Reads plain records (`plain-record.ts`): objects by functions for each shape, generated at their first use, so that
 * all objects of a shape share one hidden class.
 */
import type { Code } from '../codegen/code.js';
import { compile } from '../codegen/compile.js';
import { literalKey, quoted } from '../codegen/names.js';
import {
  headWords,
  type Kind,
  kind,
  kindsPerWord,
  kindsPerWordBits,
  kindsWords,
  noShape,
} from './plain-record.js';

/**
 * Makes the object whose body is at word `at`.
 *
 * @param texts the record's texts, joined.
 */
type Read = (reader: PlainReader, words: Int32Array, at: number, texts: string) => unknown;

/** Which objects a function reads: those that are whole values, or those within others. */
type Place = 'whole' | 'within';

/** By the list of keys. Bounded, as shapes come from users. */
const compiled = { whole: new Map<string, Read>(), within: new Map<string, Read>() };
const maxCompiled = 1024;

export class PlainReader {
  /** Where the next value is: its word, and the unit of the record's texts at which its own begin. */
  next = 0;
  unit = 0;
  readonly #words: Int32Array;
  readonly #whole: ShapeReader;
  readonly #within: ShapeReader;

  /**
   * @param blob the batch's records, each on a multiple of 4 bytes.
   * @param shapes their shapes: lists of keys as JSON, by label.
   */
  constructor(blob: Uint8Array, shapes: ReadonlyMap<number, string>) {
    this.#words = new Int32Array(blob.buffer, blob.byteOffset, blob.length >> 2);
    this.#whole = new ShapeReader(shapes, 'whole');
    this.#within = new ShapeReader(shapes, 'within');
  }

  /** The value of the record at byte `start`. @param texts its texts, joined. */
  at(start: number, texts: string): unknown {
    const at = start >> 2;
    const shape = this.#words[at + 1] as number;
    if (shape !== noShape) return this.#whole.of(shape)(this, this.#words, at + headWords, texts);
    this.next = at + headWords + 1;
    this.unit = 0;
    return this.value(this.#words[at + headWords] as Kind, texts);
  }

  /**
   * The value of a kind at `next`, which moves behind it.
   *
   * @param texts the record's. They are no field: V8 then makes no string of them where a part of them is enough.
   */
  value(of: Kind, texts: string): unknown {
    const words = this.#words;
    switch (of) {
      case kind.undefined:
        return undefined;
      case kind.null:
        return null;
      case kind.false:
        return false;
      case kind.true:
        return true;
      case kind.int32:
        return words[this.next++];
      case kind.float64:
        return this.#float();
      case kind.text:
        return this.#text(texts);
      case kind.object:
        return this.#object(texts);
      case kind.keyed:
        return this.#keyed(texts);
      case kind.array:
        return this.#values(words[this.next++] as number, texts);
      case kind.date:
        return new Date(this.#float());
      case kind.bigint:
        return bigintOf(this.#text(texts));
      case kind.bytes:
        return this.#bytes();
      case kind.map:
        return this.#map(texts);
      case kind.set:
        return new Set(this.#values(words[this.next++] as number, texts));
      case kind.numbers:
        return this.#numbers();
      default:
        return of satisfies never;
    }
  }

  #float(): number {
    const { next } = this;
    this.next = next + 2;
    return floatOf(this.#words[next] as number, this.#words[next + 1] as number);
  }

  #text(texts: string): string {
    const { unit } = this;
    this.unit = unit + (this.#words[this.next++] as number);
    return texts.substring(unit, this.unit);
  }

  #object(texts: string): unknown {
    const shape = this.#words[this.next] as number;
    return this.#within.of(shape)(this, this.#words, this.next + 1, texts);
  }

  /** The values whose kinds begin at `next`. */
  #values(length: number, texts: string): unknown[] {
    const words = this.#words;
    const kinds = this.next;
    this.next += kindsWords(length);
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(this.value(kindAt(words, kinds, i), texts));
    return values;
  }

  #numbers(): number[] {
    const length = this.#words[this.next++] as number;
    const ints = this.#words[this.next++] === 1;
    const words = this.#words.subarray(this.next, this.next + (ints ? 1 : 2) * length);
    this.next += words.length;
    const elements = ints ? words : new Float64Array(words.slice().buffer);
    const numbers: number[] = [];
    for (let i = 0; i < length; i++) numbers.push(elements[i] as number);
    return numbers;
  }

  #map(texts: string): Map<unknown, unknown> {
    const size = this.#words[this.next++] as number;
    const members = this.#values(2 * size, texts);
    const map = new Map();
    for (let i = 0; i < members.length; i += 2) map.set(members[i], members[i + 1]);
    return map;
  }

  #keyed(texts: string): object {
    const words = this.#words;
    const count = words[this.next++] as number;
    const kinds = this.next;
    this.next += kindsWords(count);
    const object: Record<string, unknown> = {};
    for (let k = 0; k < count; k++) {
      const key = this.#text(texts);
      const value = this.value(kindAt(words, kinds, k), texts);
      if (key !== '__proto__') object[key] = value;
      else
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    }
    return object;
  }

  #bytes(): Uint8Array {
    const length = this.#words[this.next++] as number;
    const { buffer, byteOffset } = this.#words;
    const start = byteOffset + 4 * this.next;
    this.next += (length + 3) >> 2;
    return new Uint8Array(buffer.slice(start, start + length));
  }
}

function kindAt(words: Int32Array, kinds: number, i: number): Kind {
  const word = words[kinds + (i >> kindsPerWordBits)] as number;
  return ((word >>> (4 * (i & (kindsPerWord - 1)))) & 15) as Kind;
}

function bigintOf(hexadecimal: string): bigint {
  return hexadecimal.startsWith('-') ? -BigInt(`0x${hexadecimal.slice(1)}`) : BigInt(`0x${hexadecimal}`);
}

/** Finds the function for a shape; the same is mostly wanted again. */
class ShapeReader {
  #shape = noShape;
  #read: Read | undefined;

  constructor(
    private readonly shapes: ReadonlyMap<number, string>,
    private readonly place: Place,
  ) {}

  of(shape: number): Read {
    let read = this.#read;
    if (shape !== this.#shape || read === undefined) {
      read = readerOf(this.shapes.get(shape) as string, this.place);
      this.#read = read;
      this.#shape = shape;
    }
    return read;
  }
}

function readerOf(shape: string, place: Place): Read {
  const known = compiled[place];
  let read = known.get(shape);
  if (read === undefined) {
    if (known.size === maxCompiled) known.clear();
    const bind = compile<(toFloat: typeof floatOf) => Read>(
      ['plain-reader'],
      ['floatOf'],
      plainReaderCode(JSON.parse(shape), place),
    );
    read = bind(floatOf);
    known.set(shape, read);
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

/** Code: the values that most objects are made of. A value is undefined until it is read. */
const valueCode = {
  text: 'texts.substring(unit, unit += words[next++])',
  int32: 'words[next++]',
  float64: 'floatOf(words[next], words[next + 1])',
  null: 'null',
  true: 'true',
  false: 'false',
} satisfies Partial<Record<keyof typeof kind, string>>;

/**
 * The body of a function of `floatOf`, for objects with these keys. Texts of an object within another
 * begin behind those before it, and the reader goes on behind the object; a whole value is alone in its record.
 */
export function plainReaderCode(keys: readonly string[], place: Place): Code {
  const cases = (k: number) => [
    ...Object.entries(valueCode).flatMap(([name, value]) => [
      `case ${kind[name as keyof typeof valueCode]}: // ${name}`,
      [`value${k} = ${value};`, name === 'float64' ? 'next += 2;' : '', 'break;'],
    ]),
    `case ${kind.undefined}: break;`,
    'default:',
    ['reader.next = next;', 'reader.unit = unit;', `value${k} = reader.value(kind, texts);`],
    ['next = reader.next;', 'unit = reader.unit;'],
  ];
  return [
    'return function read(reader, words, at, texts) {',
    [
      `let next = at + ${kindsWords(keys.length)}, unit = ${place === 'within' ? 'reader.unit' : 0}, kind = 0;`,
      ...keys.flatMap((key, k) => {
        const word = `words[at + ${Math.floor(k / kindsPerWord)}]`;
        return [
          `// ${k} ${quoted(key)}`,
          `let value${k};`,
          `switch (kind = (${word} >>> ${4 * (k % kindsPerWord)}) & 15) {`,
          cases(k),
          '}',
        ];
      }),
      ...(place === 'within' ? ['reader.next = next;', 'reader.unit = unit;'] : []),
      'return {',
      keys.map((key, k) => `${literalKey(key)}: value${k},`),
      '};',
    ],
    '};',
  ];
}
