/**
 * The texts and blobs of the block being written: gathers the texts of a group and writes them at once.
 *
 * A native string write costs much the same for 10 characters as for 1000, so the texts of a group are
 * joined and encoded by one call. Until then each UTF-16 unit is promised the 3 bytes it may need; ASCII,
 * the usual case, gives two of them back when the group is written.
 */

import { dataAt, extentAt, type RingMemory } from '../../ring/layout.js';
import { blobCost } from '../block/blob-records.js';
import { type BlockLayout, textEndBytes } from '../block/block-layout.js';
import type { SharedViews } from '../block/shared-views.js';
import { maxBytesPerUnit, type TextMode, textByteLength, textMode, writeText } from '../codec/text-codec.js';
import type { AnyRecord } from './any-record.js';

/** So many words are copied faster by a loop. */
const fewWords = 64;

export class VariableWriter {
  /** Texts of the group that are not empty, row after row, column after column, and how many there are. */
  readonly texts: string[] = [];
  count = 0;
  /** Where the next text would start if all of the group is ASCII: bytes from the start of the region. */
  end = 0;
  /** Bytes that can still be promised. */
  room = 0;
  /** Bytes of the largest event that fits: into the block's region, or into its extent. */
  readonly capacity: number;

  readonly #views: SharedViews;
  readonly #layout: BlockLayout;
  readonly #memory: RingMemory;
  readonly #ends: readonly number[];
  #block = 0;
  #base = 0;
  /** Where the region of texts and blobs is in the ring: the block's own one, or its extent. */
  #regionStart = 0;
  #regionEnd = 0;
  #blobBytes = 0;
  /** Text bytes that are written, and the row from which on they are not. */
  #written = 0;
  #row = 0;

  constructor(views: SharedViews, layout: BlockLayout, memory: RingMemory) {
    this.#views = views;
    this.#layout = layout;
    this.#memory = memory;
    this.capacity = Math.max(layout.end - layout.variableStart, memory.extentBytes);
    this.#ends = layout.fields.flatMap(({ textEnds }) => (textEnds === undefined ? [] : [textEnds]));
  }

  open(block: number): void {
    const { textMode: mode, extended, variableStart, end } = this.#layout;
    const base = dataAt(this.#memory, block);
    this.#block = block;
    this.#base = base;
    this.#regionStart = base + variableStart;
    this.#regionEnd = base + end;
    this.#blobBytes = 0;
    this.#written = 0;
    this.#row = 0;
    this.count = 0;
    this.end = 0;
    this.#views.I32[(base + mode) >> 2] = textMode.ascii;
    this.#views.I32[(base + extended) >> 2] = 0;
    this.#measureRoom();
  }

  /** Take the extent of the block, which is empty, for an event that does not fit the block's own region. */
  extend(): void {
    this.#views.I32[(this.#base + this.#layout.extended) >> 2] = 1;
    this.#regionStart = extentAt(this.#memory, this.#block);
    this.#regionEnd = this.#regionStart + this.#memory.extentBytes;
    this.#measureRoom();
  }

  /** Write the gathered texts: those of the rows before `row`, which are complete. */
  flush(row: number): void {
    if (this.count > 0) {
      const { texts, count } = this;
      let joined = '';
      for (let i = 0; i < count; i++) joined += texts[i];
      const start = this.#regionStart + this.#written;
      const { mode } = writeText(joined, this.#views.U8, start);
      if (mode !== textMode.ascii) this.#rewrite(start, row);
      this.#written = this.end;
      this.count = 0;
      this.#measureRoom();
    }
    this.#row = row;
  }

  /** Write a blob. @returns its distance from the region's end; the caller has made sure of `blobCost`. */
  blob(bytes: Uint8Array): number {
    const at = this.#blobAt(bytes.length);
    this.#views.U8.set(bytes, at);
    return this.#blobBytes;
  }

  /** Write the record of an any value, as a blob. */
  record(record: AnyRecord): number {
    const { packed, words, wordCount } = record;
    if (packed !== undefined) return this.blob(packed);
    const { I32 } = this.#views;
    const index = this.#blobAt(4 * wordCount) >> 2;
    if (wordCount > fewWords) I32.set(words.subarray(0, wordCount), index);
    else for (let i = 0; i < wordCount; i++) I32[index + i] = words[i] as number;
    return this.#blobBytes;
  }

  /** Give a blob of so many bytes its place. @returns where its bytes go. */
  #blobAt(length: number): number {
    this.#blobBytes += blobCost(length);
    const at = this.#regionEnd - this.#blobBytes;
    this.#views.I32[at >> 2] = length;
    return at + 4;
  }

  /**
   * Not all of the group is ASCII, so the positions are not right: write the texts one by one and correct
   * them. One by one, because a surrogate pair may have come together from two texts.
   */
  #rewrite(start: number, row: number): void {
    const { I32, U8 } = this.#views;
    const ends = this.#ends.map((ends) => (this.#base + ends) / textEndBytes);
    let text = 0;
    let at = start;
    // Where each text would begin and end if all were ASCII: only those that are not empty have been gathered.
    let begin = this.#written;
    for (let r = this.#row; r < row; r++) {
      for (const index of ends) {
        const end = I32[index + r] as number;
        if (end !== begin) {
          const { written, mode } = writeText(this.texts[text++] as string, U8, at);
          this.#raiseMode(mode);
          at += written;
        }
        begin = end;
        I32[index + r] = this.#written + at - start;
      }
    }
    this.end = this.#written + at - start;
  }

  /** A block's mode only ever rises; a reader that sees it early decodes right all the same. */
  #raiseMode(mode: TextMode): void {
    const index = (this.#base + this.#layout.textMode) >> 2;
    const { I32 } = this.#views;
    if (mode > (I32[index] as number)) I32[index] = mode;
  }

  #measureRoom(): void {
    this.room = this.#regionEnd - this.#regionStart - this.#written - this.#blobBytes;
  }
}

/** Bytes to promise for texts of so many units in all. */
export function textCost(units: number): number {
  return units * maxBytesPerUnit;
}

/** What texts really take, for when the promise is too much. */
export function exactTextCost(...texts: string[]): number {
  return texts.reduce((sum, text) => sum + textByteLength(text), 0);
}
