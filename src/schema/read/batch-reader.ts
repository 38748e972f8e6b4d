/**
 * Copies rows out of blocks into a fresh batch: the one copy of a row's journey.
 *
 * Fixed-width columns are copied as they are; label ids are translated to a dictionary of the batch's own;
 * texts and blobs are copied as byte ranges and their positions moved along. Every array lies in memory that is
 * allocated here, for this batch, so that nothing the ring or another flush does can change it.
 */
import type { RingMemory } from '../../ring/layout.js';
import type { BlockLayout, Field } from '../block/block-layout.js';
import type { LabelDictionary } from '../block/label-dictionary.js';
import { arrayTypes } from '../codec/array-types.js';
import type { FieldData } from '../columns/views/field-data.js';
import type { BatchData } from './batch.js';
import { BatchMemory, bitmapBytes, paddedBytes } from './batch-memory.js';
import { BlobReader } from './blob-reader.js';
import { type ByteRegion, copyRegion } from './byte-region.js';
import { IdentityReader } from './identity-reader.js';
import { LabelReader } from './label-reader.js';
import { type Part, RingBlocks, rowsOf } from './ring-blocks.js';
import { TextReader } from './text-reader.js';

export class BatchReader {
  readonly #blocks: RingBlocks;
  readonly #fields: readonly Field[];
  readonly #labels: LabelReader;
  readonly #texts: TextReader;
  readonly #blobs: BlobReader;
  /** Bytes a row of each array of a batch that has one value a row. */
  readonly #widths: readonly number[];
  readonly #bitmaps: number;
  readonly #identities: IdentityReader;

  constructor(layout: BlockLayout, memory: RingMemory, labels: LabelDictionary) {
    this.#blocks = new RingBlocks(layout, memory);
    this.#identities = new IdentityReader(this.#blocks, memory);
    this.#fields = layout.fields;
    this.#labels = new LabelReader(this.#blocks, labels);
    this.#texts = new TextReader(this.#blocks);
    this.#blobs = new BlobReader(this.#blocks, labels);
    this.#widths = layout.fields.flatMap(widthsOf);
    this.#bitmaps = layout.fields.filter(({ nullable }) => nullable).length;
  }

  /** Copy the rows of `parts`, in that order. No other thread may free their blocks meanwhile. */
  read(parts: readonly Part[]): BatchData {
    const length = rowsOf(parts);
    const texts = this.#texts.region(parts);
    const blobs = this.#blobs.region(parts);
    const memory = new BatchMemory(this.#bytes(length, texts, blobs));
    const ends = this.#texts.ends(parts, texts, length, memory);
    let text = 0;
    const fields = this.#fields.map((field): FieldData => {
      const ownTexts = field.textEnds === undefined ? undefined : ends[text++];
      const data = this.#column(field, parts, blobs, ownTexts, length, memory);
      if (field.validity !== undefined) data.validity = this.#validity(field.validity, parts, length, memory);
      return data;
    });
    return {
      length,
      fields,
      text: { bytes: this.#copy(texts, memory), mode: this.#texts.mode(parts) },
      blob: this.#copy(blobs, memory),
      identities: this.#identities.read(parts),
    };
  }

  #bytes(length: number, texts: ByteRegion, blobs: ByteRegion): number {
    let bytes = paddedBytes(texts.bytes) + paddedBytes(blobs.bytes);
    bytes += this.#bitmaps * paddedBytes(bitmapBytes(length));
    // One more than rows: where the first text begins.
    for (const width of this.#widths) bytes += paddedBytes((length + 1) * width);
    return bytes;
  }

  /** The arrays of a column, except for the validity of columns that are not labels. */
  #column(
    field: Field,
    parts: readonly Part[],
    blobs: ByteRegion,
    texts: FieldData | undefined,
    length: number,
    memory: BatchMemory,
  ): FieldData {
    switch (field.kind) {
      case 'fixed':
        return { values: this.#fixed(field, parts, length, memory) };
      case 'label':
        return this.#labels.read(field, parts, length, memory);
      case 'text':
        return texts as FieldData;
      case 'blob':
        return this.#blobs.positions(field, parts, blobs, length, memory);
      case 'any': {
        const data = this.#blobs.positions(field, parts, blobs, length, memory);
        const { starts, ends } = texts as Required<FieldData>;
        data.textStarts = starts;
        data.textEnds = ends;
        return data;
      }
      default:
        return field.kind satisfies never;
    }
  }

  #fixed(
    field: Field,
    parts: readonly Part[],
    length: number,
    memory: BatchMemory,
  ): NonNullable<FieldData['values']> {
    const values = memory.take(arrayTypes[field.array], length);
    const source = this.#blocks.views[field.array];
    let at = 0;
    for (const { block, from, to } of parts) {
      const index = this.#blocks.cellIndex(field, block);
      // Both are of the column's kind; the compiler cannot pair the two unions.
      (values as Uint8Array).set(source.subarray(index + from, index + to) as Uint8Array, at);
      at += to - from;
    }
    return values;
  }

  #validity(offset: number, parts: readonly Part[], length: number, memory: BatchMemory): Uint8Array {
    const bitmap = memory.take(Uint8Array, bitmapBytes(length));
    const { U8 } = this.#blocks.views;
    let i = 0;
    for (const { block, from, to } of parts) {
      const at = this.#blocks.at(block, offset);
      for (let row = from; row < to; row++, i++) {
        (bitmap[i >> 3] as number) |= (U8[at + row] as number) << (i & 7);
      }
    }
    return bitmap;
  }

  #copy(region: ByteRegion, memory: BatchMemory): Uint8Array {
    const copied = memory.take(Uint8Array, region.bytes);
    copyRegion(region, this.#blocks.views.U8, copied);
    return copied;
  }
}

/** Bytes a row of those of a column's arrays that have one value a row. */
function widthsOf({ kind, cellBytes }: Field): number[] {
  switch (kind) {
    case 'fixed':
    case 'label':
    case 'text':
      return [cellBytes];
    // Of a blob both ends are kept; of an any value's texts only the ends, as each starts where the last one ended.
    case 'blob':
      return [4, 4];
    case 'any':
      return [4, 4, 4];
    default:
      return kind satisfies never;
  }
}
