/**
 * Copies rows out of blocks into a fresh batch: the one copy of a row's journey.
 *
 * Fixed-width columns are copied as they are; label ids are translated to a dictionary of the batch's own;
 * texts and blobs are copied as byte ranges and their positions moved along. Every array lies in memory that is
 * allocated here, for this batch, so that nothing the ring or another flush does can change it.
 */
import { dataAt, type RingMemory } from '../../ring/layout.js';
import { blobCost, labelText } from '../block/blob-records.js';
import { type BlockLayout, elementBytes, type Field, noLabel } from '../block/block-layout.js';
import type { LabelDictionary } from '../block/label-dictionary.js';
import { elementIndex, type SharedViews, viewName, viewsOf } from '../block/shared-views.js';
import { flatMark } from '../codec/flat-record.js';
import { type TextMode, textMode } from '../codec/text-codec.js';
import { type FixedType, fixedTypes } from '../columns/columns.js';
import type { BatchData, FieldData } from './batch.js';
import { BatchMemory, bitmapBytes, paddedBytes } from './batch-memory.js';

/** Rows `[from, to)` of a block, all of them published. */
export interface Part {
  readonly block: number;
  readonly from: number;
  readonly to: number;
}

/** Bytes `[start, end)` of the ring that go to a batch's text or blob at `at`. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
  readonly at: number;
}

/** The texts or blobs of a batch, as they lie in the ring. */
interface Region {
  readonly ranges: readonly ByteRange[];
  readonly bytes: number;
}

export class BatchReader {
  readonly #views: SharedViews;
  readonly #memory: RingMemory;
  readonly #layout: BlockLayout;
  readonly #labels: LabelDictionary;
  readonly #texts: readonly Field[];
  readonly #blobs: readonly Field[];
  /** Bytes a row of each array of a batch that has one value a row. */
  readonly #widths: readonly number[];
  readonly #bitmaps: number;
  /** By a label's id: how many labels all dictionaries had before it was put into one. Only the latest one's count. */
  readonly #places: Float64Array;
  #placed = 1;

  constructor(layout: BlockLayout, memory: RingMemory, labels: LabelDictionary) {
    this.#views = viewsOf(memory.buffer);
    this.#memory = memory;
    this.#layout = layout;
    this.#labels = labels;
    const hasLabels = layout.fields.some((field) => field.kind === 'label');
    this.#places = new Float64Array(hasLabels ? labels.size : 0);
    this.#texts = layout.fields.filter((field) => field.textEnds !== undefined);
    this.#blobs = layout.fields.filter((field) => field.kind === 'blob');
    this.#widths = layout.fields.flatMap(({ kind, column, textEnds }) => {
      // Of a blob both ends are kept.
      if (kind === 'blob') return textEnds === undefined ? [4, 4] : [4, 4, 4];
      return [elementBytes(column.type)];
    });
    this.#bitmaps = layout.fields.filter(({ column }) => column.nullable).length;
  }

  /** Copy the rows of `parts`, in that order. */
  read(parts: readonly Part[]): BatchData {
    let length = 0;
    for (const { from, to } of parts) length += to - from;
    const texts = this.#textRanges(parts);
    const blobs = this.#blobRanges(parts);
    const memory = new BatchMemory(this.#bytes(length, texts, blobs));
    const ends = this.#textEnds(parts, texts.ranges, length, memory);
    let text = 0;
    const fields = this.#layout.fields.map((field): FieldData => {
      const data: FieldData =
        field.kind === 'fixed'
          ? { values: this.#fixed(field, parts, length, memory) }
          : field.kind === 'label'
            ? this.#label(field, parts, length, memory)
            : field.kind === 'text'
              ? (ends[text++] as FieldData)
              : this.#blobPositions(field, parts, blobs.ranges, length, memory);
      if (field.kind === 'blob' && field.textEnds !== undefined) {
        const { starts, ends: own } = ends[text++] as FieldData;
        data.textStarts = starts as Int32Array<ArrayBuffer>;
        data.textEnds = own as Int32Array<ArrayBuffer>;
      }
      if (field.validity !== undefined) data.validity = this.#validity(field.validity, parts, length, memory);
      return data;
    });
    const mode = this.#textMode(parts);
    return {
      length,
      fields,
      text: { bytes: this.#copy(texts, memory), mode },
      blob: this.#copy(blobs, memory),
    };
  }

  #bytes(length: number, texts: Region, blobs: Region): number {
    let bytes = paddedBytes(texts.bytes) + paddedBytes(blobs.bytes);
    bytes += this.#bitmaps * paddedBytes(bitmapBytes(length));
    // One more than rows: where the first text begins.
    for (const width of this.#widths) bytes += paddedBytes((length + 1) * width);
    return bytes;
  }

  #index(field: Field, block: number): number {
    return elementIndex(dataAt(this.#memory, block), field.values, field.column.type);
  }

  #textIndex(field: Field, block: number): number {
    return elementIndex(dataAt(this.#memory, block), field.textEnds as number, 'string');
  }

  #fixed(
    field: Field,
    parts: readonly Part[],
    length: number,
    memory: BatchMemory,
  ): NonNullable<FieldData['values']> {
    const values = memory.take(fixedTypes[field.column.type as FixedType], length);
    const source = this.#views[viewName(field.column.type)];
    let at = 0;
    for (const { block, from, to } of parts) {
      const index = this.#index(field, block);
      // Both are of the column's kind; the compiler cannot pair the two unions.
      (values as Uint8Array).set(source.subarray(index + from, index + to) as Uint8Array, at);
      at += to - from;
    }
    return values;
  }

  #validity(offset: number, parts: readonly Part[], length: number, memory: BatchMemory): Uint8Array {
    const bitmap = memory.take(Uint8Array, bitmapBytes(length));
    const { U8 } = this.#views;
    let i = 0;
    for (const { block, from, to } of parts) {
      const at = dataAt(this.#memory, block) + offset;
      for (let row = from; row < to; row++, i++) {
        (bitmap[i >> 3] as number) |= (U8[at + row] as number) << (i & 7);
      }
    }
    return bitmap;
  }

  #label(field: Field, parts: readonly Part[], length: number, memory: BatchMemory): FieldData {
    const ids = memory.take(Int32Array, length);
    const validity = field.column.nullable ? memory.take(Uint8Array, bitmapBytes(length)) : undefined;
    const dictionary: string[] = [];
    // An id's place in the dictionary counts if it was put there for this column.
    const places = this.#places;
    const since = this.#placed;
    const { I32 } = this.#views;
    let i = 0;
    for (const { block, from, to } of parts) {
      const index = this.#index(field, block);
      for (let row = from; row < to; row++, i++) {
        const id = I32[index + row] as number;
        if (id === noLabel) {
          ids[i] = noLabel;
          continue;
        }
        let known = id < 0 ? -1 : (places[id] as number) - since;
        if (known < 0) {
          known = dictionary.push(id < 0 ? this.#labelRecord(block, -1 - id) : this.#labels.textOf(id)) - 1;
          if (id >= 0) places[id] = since + known;
        }
        ids[i] = known;
        if (validity !== undefined) (validity[i >> 3] as number) |= 1 << (i & 7);
      }
    }
    this.#placed = since + dictionary.length;
    return { values: ids, dictionary, ...(validity && { validity }) };
  }

  /** A label that the dictionary had no place for. */
  #labelRecord(block: number, distance: number): string {
    const at = this.#recordAt(block, distance);
    return labelText(this.#views.U8.subarray(at + 4, at + 4 + this.#recordLength(at)));
  }

  #recordAt(block: number, distance: number): number {
    return dataAt(this.#memory, block) + this.#layout.end - distance;
  }

  #recordLength(at: number): number {
    return this.#views.I32[at >> 2] as number;
  }

  /** Where the texts of the rows lie: from the end of the row before until the end of the last row's last text. */
  #textRanges(parts: readonly Part[]): Region {
    const last = this.#texts.at(-1);
    const ranges: ByteRange[] = [];
    let bytes = 0;
    for (const { block, from, to } of last === undefined ? [] : parts) {
      const { I32 } = this.#views;
      const index = this.#textIndex(last as Field, block);
      const region = dataAt(this.#memory, block) + this.#layout.variableStart;
      const start = from === 0 ? 0 : (I32[index + from - 1] as number);
      const end = I32[index + to - 1] as number;
      ranges.push({ start: region + start, end: region + end, at: bytes });
      bytes += end - start;
    }
    return { ranges, bytes };
  }

  #textMode(parts: readonly Part[]): TextMode {
    let mode: TextMode = textMode.ascii;
    for (const { block } of parts) {
      const index = (dataAt(this.#memory, block) + this.#layout.textMode) >> 2;
      mode = Math.max(mode, this.#views.I32[index] as number) as TextMode;
    }
    return mode;
  }

  /** Where each text column's values start and end in the batch's text: each starts where the one before it ends. */
  #textEnds(
    parts: readonly Part[],
    ranges: readonly ByteRange[],
    length: number,
    memory: BatchMemory,
  ): FieldData[] {
    const fields: Int32Array<ArrayBuffer>[] = this.#texts.map((field) => {
      const offsets = memory.take(Int32Array, length + 1);
      let i = 1;
      parts.forEach(({ block, from, to }, p) => {
        const range = ranges[p] as ByteRange;
        const index = this.#textIndex(field, block);
        const move = range.at - range.start + dataAt(this.#memory, block) + this.#layout.variableStart;
        for (let row = from; row < to; row++, i++)
          offsets[i] = (this.#views.I32[index + row] as number) + move;
      });
      return offsets;
    });
    return fields.map((offsets, k) => ({
      // The first column starts where the last one of the row before ends.
      starts: k === 0 ? fields.at(-1)?.subarray(0, length) : fields[k - 1]?.subarray(1),
      ends: offsets.subarray(1),
    })) as FieldData[];
  }

  /** The part of each block's blob region that the rows' records lie in. */
  #blobRanges(parts: readonly Part[]): Region {
    const ranges: ByteRange[] = [];
    let bytes = 0;
    for (const { block, from, to } of this.#blobs.length === 0 ? [] : parts) {
      let start = Number.POSITIVE_INFINITY;
      let end = 0;
      for (const field of this.#blobs) {
        const index = this.#index(field, block);
        for (let row = from; row < to; row++) {
          const distance = this.#views.I32[index + row] as number;
          if (distance === 0) continue;
          const at = this.#recordAt(block, distance);
          start = Math.min(start, at);
          end = Math.max(end, at + blobCost(this.#recordLength(at)));
        }
      }
      if (end === 0) start = 0;
      ranges.push({ start, end, at: bytes });
      bytes += end - start;
    }
    return { ranges, bytes };
  }

  #blobPositions(
    field: Field,
    parts: readonly Part[],
    ranges: readonly ByteRange[],
    length: number,
    memory: BatchMemory,
  ): FieldData {
    const starts = memory.take(Int32Array, length);
    const ends = memory.take(Int32Array, length);
    const { I32, U8 } = this.#views;
    const shapes = field.column.type === 'any' ? new Map<number, string>() : undefined;
    let known = -1;
    let i = 0;
    parts.forEach(({ block, from, to }, p) => {
      const range = ranges[p] as ByteRange;
      const index = this.#index(field, block);
      for (let row = from; row < to; row++, i++) {
        const distance = I32[index + row] as number;
        if (distance === 0) continue;
        const at = this.#recordAt(block, distance);
        starts[i] = at + 4 - range.start + range.at;
        ends[i] = (starts[i] as number) + this.#recordLength(at);
        if (shapes === undefined || U8[at + 4] !== flatMark) continue;
        const shape = I32[(at >> 2) + 2] as number;
        if (shape !== known) shapes.set(shape, this.#labels.textOf(shape));
        known = shape;
      }
    });
    return { starts, ends, ...(shapes && { shapes }) };
  }

  #copy({ ranges, bytes }: Region, memory: BatchMemory): Uint8Array {
    const copied = memory.take(Uint8Array, bytes);
    for (const { start, end, at } of ranges) copied.set(this.#views.U8.subarray(start, end), at);
    return copied;
  }
}
