/**
 * Writes an any value: as a flat record (`codec/flat-record.ts`) if it is a plain object of numbers, texts, booleans
 * and nothing else. Everything else is msgpack (`codec/any-codec.ts`), which takes several times as long.
 */

import type { LabelDictionary } from '../block/label-dictionary.js';
import { packAny } from '../codec/any-codec.js';
import { flatMark, headWords, kind, kindsPerWord } from '../codec/flat-record.js';

const maxKeys = 32;
const maxWords = headWords + maxKeys / kindsPerWord + 2 * maxKeys;
const maxShapeUnits = 2048;
/** Events of more shapes than these of one producer go by msgpack. */
const maxShapes = 16;

interface Shape {
  readonly keys: readonly string[];
  readonly label: number;
}

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

/** What became of an attempt to write an event as one of a shape. */
enum Fit {
  written,
  otherKeys,
  notFlat,
}

/** Whether a value is being encoded: for all records of one producer, which a push from within would overwrite. */
export interface Encoding {
  underWay: boolean;
}

/** A value that is being written: made of one event, used up before the next. */
export class AnyRecord {
  readonly words = new Int32Array(maxWords);
  /** How many words are used, the head among them. */
  wordCount = 0;
  /** All texts, joined; empty with msgpack. */
  text = '';
  /** In place of words: msgpack. */
  packed: Uint8Array | undefined;
  readonly #bytes = new Uint8Array(this.words.buffer, 0, 4);
  readonly #shapes: Shape[] = [];
  #latest: Shape = { keys: [], label: -1 };

  constructor(
    private readonly labels: LabelDictionary,
    private readonly encoding: Encoding,
  ) {}

  /** Bytes of the record without its text. */
  get length(): number {
    return this.packed === undefined ? 4 * this.wordCount : this.packed.length;
  }

  /** Make a value's record. @throws what its encoding or a getter throws; TypeError when a getter pushes another. */
  write(value: unknown): void {
    if (this.encoding.underWay) throw new TypeError('it is pushed while another value is being encoded');
    this.encoding.underWay = true;
    try {
      this.packed = undefined;
      if (this.#writeFlat(value)) return;
      this.text = '';
      this.packed = packAny(value);
    } finally {
      this.encoding.underWay = false;
    }
  }

  #writeFlat(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || value.constructor !== Object) return false;
    // What is inherited is no value, but the loop over keys would meet it.
    if (Object.getPrototypeOf(value) !== Object.prototype) return false;
    const event = value as Record<string, unknown>;
    const fit = this.#writeAs(this.#latest, event);
    return (fit === Fit.otherKeys ? this.#find(event) : fit) === Fit.written;
  }

  #find(event: Record<string, unknown>): Fit {
    for (const shape of this.#shapes) {
      if (shape === this.#latest) continue;
      const fit = this.#writeAs(shape, event);
      if (fit === Fit.otherKeys) continue;
      this.#latest = shape;
      return fit;
    }
    if (this.#shapes.length === maxShapes) return Fit.notFlat;
    const keys = Object.keys(event);
    if (keys.length === 0 || keys.length > maxKeys) return Fit.notFlat;
    const label = this.labels.idOf(JSON.stringify(keys), maxShapeUnits);
    if (label < 0) return Fit.notFlat;
    this.#latest = { keys, label };
    this.#shapes.push(this.#latest);
    return this.#writeAs(this.#latest, event);
  }

  #writeAs({ keys, label }: Shape, event: Record<string, unknown>): Fit {
    const { words } = this;
    const count = keys.length;
    let at = headWords + Math.ceil(count / kindsPerWord);
    let kindsAt = headWords;
    let kinds = 0;
    let shift = 0;
    let k = 0;
    let text = '';
    // V8 reads a value by its place, without a look-up, where the key comes from the loop.
    for (const key in event) {
      if (k === count || key !== keys[k]) return Fit.otherKeys;
      k++;
      const value = event[key];
      if (typeof value === 'string') {
        kinds |= kind.text << shift;
        words[at++] = value.length;
        text += value;
      } else if (typeof value === 'number') {
        if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
          kinds |= kind.int32 << shift;
          words[at++] = value;
        } else {
          kinds |= kind.float64 << shift;
          float[0] = value;
          words[at++] = floatWords[0] as number;
          words[at++] = floatWords[1] as number;
        }
      } else if (value === null) kinds |= kind.null << shift;
      else if (value === true) kinds |= kind.true << shift;
      else if (value === false) kinds |= kind.false << shift;
      else if (value !== undefined) return Fit.notFlat;
      shift += 4;
      if (shift === 32) {
        words[kindsAt++] = kinds;
        kinds = 0;
        shift = 0;
      }
    }
    if (k !== count || k === 0) return Fit.otherKeys;
    if (shift > 0) words[kindsAt] = kinds;
    words[1] = label;
    this.#bytes[0] = flatMark;
    this.#bytes[1] = at;
    this.wordCount = at;
    this.text = text;
    return Fit.written;
  }
}
