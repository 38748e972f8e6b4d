/**
 * Writes an any value: as a plain record (`codec/plain-record.ts`) if it is made of plain objects, arrays, numbers,
 * texts and the like, each in one place. Everything else is as V8 serializes it (`codec/any-codec.ts`), which takes
 * several times as long.
 */
import type { LabelDictionary } from '../block/label-dictionary.js';
import { packAny } from '../codec/any-codec.js';
import { isStackOverflow } from '../codec/clone-check.js';
import { furtherShift, headWords, noShape, plainMark } from '../codec/plain-record.js';
import { isLiteral } from './ordinary-classes.js';
import { type KindOrNot, PlainWriter, refused } from './plain-writer.js';

/** Whether a value is being encoded: for all records of one producer, which a push from within would overwrite. */
export interface Encoding {
  underWay: boolean;
}

/** A value that is being written: made of one event, used up before the next. */
export class AnyRecord extends PlainWriter {
  /** How many words are used, the head among them. */
  wordCount = 0;
  /** In place of words and text: what V8 has serialized. */
  packed: Uint8Array | undefined;

  constructor(
    labels: LabelDictionary,
    private readonly encoding: Encoding,
  ) {
    super(labels);
  }

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
      this.text = '';
      if (isLiteral(value) && this.#writeAsBefore(value)) return;
      if (this.#writePlain(value)) return;
      this.text = '';
      this.packed = packAny(value);
    } finally {
      this.encoding.underWay = false;
    }
  }

  /** Write an object that is flat and of the shape that came next the last time: most events. */
  #writeAsBefore(value: Record<string, unknown>): boolean {
    const label = this.writeExpected(value, headWords);
    if (label === noShape) return false;
    this.words[0] = plainMark;
    this.words[1] = label;
    this.wordCount = this.at;
    return true;
  }

  #writePlain(value: unknown): boolean {
    this.shrink();
    this.text = '';
    try {
      const shape = isLiteral(value) ? this.#writeLiteral(value) : this.#writeWhole(value);
      if (shape === refused) return false;
      this.words[0] = plainMark;
      this.words[1] = shape;
      if (this.further.length > 0) this.#addFurther();
      this.wordCount = this.at;
      return true;
    } catch (error) {
      // V8 needs less of the stack, and knows whether the value is too deep.
      if (isStackOverflow(error)) return false;
      throw error;
    } finally {
      this.end();
    }
  }

  /** @returns the label of its shape, or what stands in place of it. */
  #writeLiteral(object: Record<string, unknown>): number {
    const shape = this.writeShaped(object, headWords);
    if (shape !== noShape) return shape;
    this.at = headWords + 1;
    return this.#complete(this.putLiteral(object));
  }

  /** Write a value as the one element of an array. @returns what stands in place of its shape. */
  #writeWhole(value: unknown): number {
    this.at = headWords + 1;
    return this.#complete(this.put(value));
  }

  #complete(kind: KindOrNot): number {
    if (kind === refused) return refused;
    this.words[headWords] = kind;
    return noShape;
  }

  #addFurther(): void {
    const { further } = this;
    this.reserve(this.at + further.length);
    for (const label of further) this.words[this.at++] = label;
    this.words[0] = plainMark | (further.length << furtherShift);
  }
}
