/**
 * The blobs of a batch, bytes and any values: which bytes of the ring their records are, and where each value's are.
 */
import { blobCost } from '../block/blob-records.js';
import type { Field } from '../block/block-layout.js';
import { cellKinds } from '../block/cell-kinds.js';
import type { LabelDictionary } from '../block/label-dictionary.js';
import { furtherShift, noShape, plainMark } from '../codec/plain-record.js';
import type { FieldData } from '../columns/views/field-data.js';
import type { BatchMemory } from './batch-memory.js';
import type { ByteRange, ByteRegion } from './byte-region.js';
import type { Part, RingBlocks } from './ring-blocks.js';

export class BlobReader {
  readonly #blocks: RingBlocks;
  readonly #labels: LabelDictionary;
  readonly #fields: readonly Field[];

  constructor(blocks: RingBlocks, labels: LabelDictionary) {
    this.#blocks = blocks;
    this.#labels = labels;
    this.#fields = blocks.layout.fields.filter(({ kind }) => cellKinds[kind].record === 'always');
  }

  /** The part of each block's blob region that the rows' records lie in. */
  region(parts: readonly Part[]): ByteRegion {
    const ranges: ByteRange[] = [];
    const { I32 } = this.#blocks.views;
    let bytes = 0;
    for (const { block, from, to } of this.#fields.length === 0 ? [] : parts) {
      const recordsEnd = this.#blocks.recordsEnd(block);
      let start = Number.POSITIVE_INFINITY;
      let end = 0;
      for (const field of this.#fields) {
        const index = this.#blocks.cellIndex(field, block);
        for (let row = from; row < to; row++) {
          const distance = I32[index + row] as number;
          if (distance === 0) continue;
          const at = recordsEnd - distance;
          start = Math.min(start, at);
          end = Math.max(end, at + blobCost(this.#blocks.recordLength(at)));
        }
      }
      if (end === 0) start = 0;
      ranges.push({ start, end, at: bytes });
      bytes += end - start;
    }
    return { ranges, bytes };
  }

  /** Where the values of a column start and end in the batch's blob, and the shapes of plain records. */
  positions(
    field: Field,
    parts: readonly Part[],
    { ranges }: ByteRegion,
    length: number,
    memory: BatchMemory,
  ): FieldData {
    const starts = memory.take(Int32Array, length);
    const ends = memory.take(Int32Array, length);
    const { I32, U8 } = this.#blocks.views;
    const shapes = field.kind === 'any' ? new Map<number, string>() : undefined;
    let known = -1;
    let i = 0;
    parts.forEach(({ block, from, to }, p) => {
      const range = ranges[p] as ByteRange;
      const index = this.#blocks.cellIndex(field, block);
      const recordsEnd = this.#blocks.recordsEnd(block);
      for (let row = from; row < to; row++, i++) {
        const distance = I32[index + row] as number;
        if (distance === 0) continue;
        const at = recordsEnd - distance;
        starts[i] = at + 4 - range.start + range.at;
        ends[i] = (starts[i] as number) + this.#blocks.recordLength(at);
        if (shapes === undefined || U8[at + 4] !== plainMark) continue;
        const word = (at >> 2) + 1;
        const shape = I32[word + 1] as number;
        if (shape !== known && shape !== noShape) shapes.set(shape, this.#labels.textOf(shape));
        known = shape;
        const further = (I32[word] as number) >>> furtherShift;
        const end = word + (this.#blocks.recordLength(at) >> 2);
        for (let n = end - further; n < end; n++) {
          const label = I32[n] as number;
          if (!shapes.has(label)) shapes.set(label, this.#labels.textOf(label));
        }
      }
    });
    return { starts, ends, ...(shapes && { shapes }) };
  }
}
