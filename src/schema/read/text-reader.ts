/**
 * The texts of a batch: which bytes of the ring they are, and where each starts and ends among them.
 */
import type { Field } from '../block/block-layout.js';
import { type TextMode, textMode } from '../codec/text-codec.js';
import type { FieldData } from '../columns/views/field-data.js';
import type { BatchMemory } from './batch-memory.js';
import type { ByteRange, ByteRegion } from './byte-region.js';
import type { Part, RingBlocks } from './ring-blocks.js';

export class TextReader {
  readonly #blocks: RingBlocks;
  readonly #fields: readonly Field[];

  constructor(blocks: RingBlocks) {
    this.#blocks = blocks;
    this.#fields = blocks.layout.fields.filter(({ textEnds }) => textEnds !== undefined);
  }

  /** Where the texts of the rows lie: from the end of the row before until the end of the last row's last text. */
  region(parts: readonly Part[]): ByteRegion {
    const last = this.#fields.at(-1);
    const ranges: ByteRange[] = [];
    let bytes = 0;
    for (const { block, from, to } of last === undefined ? [] : parts) {
      const { I32 } = this.#blocks.views;
      const index = this.#blocks.textEndIndex(last as Field, block);
      const region = this.#blocks.textsStart(block);
      const start = from === 0 ? 0 : (I32[index + from - 1] as number);
      const end = I32[index + to - 1] as number;
      ranges.push({ start: region + start, end: region + end, at: bytes });
      bytes += end - start;
    }
    return { ranges, bytes };
  }

  /** How the texts of all parts can be decoded. */
  mode(parts: readonly Part[]): TextMode {
    let mode: TextMode = textMode.ascii;
    for (const { block } of parts) {
      const index = this.#blocks.at(block, this.#blocks.layout.textMode) >> 2;
      mode = Math.max(mode, this.#blocks.views.I32[index] as number) as TextMode;
    }
    return mode;
  }

  /**
   * Where each text column's values start and end in the batch's text: each starts where the one before it ends.
   * @returns the arrays of each column that has texts, in the schema's order.
   */
  ends(
    parts: readonly Part[],
    { ranges }: ByteRegion,
    length: number,
    memory: BatchMemory,
  ): Required<Pick<FieldData, 'starts' | 'ends'>>[] {
    const { I32 } = this.#blocks.views;
    const columns: Int32Array<ArrayBuffer>[] = this.#fields.map((field) => {
      const offsets = memory.take(Int32Array, length + 1);
      let i = 1;
      parts.forEach(({ block, from, to }, p) => {
        const range = ranges[p] as ByteRange;
        const index = this.#blocks.textEndIndex(field, block);
        const move = range.at - range.start + this.#blocks.textsStart(block);
        for (let row = from; row < to; row++, i++) offsets[i] = (I32[index + row] as number) + move;
      });
      return offsets;
    });
    return columns.map((offsets, k) => ({
      // The first column starts where the last one of the row before ends.
      starts:
        k === 0
          ? (columns.at(-1) as typeof offsets).subarray(0, length)
          : (columns[k - 1] as typeof offsets).subarray(1),
      ends: offsets.subarray(1),
    }));
  }
}
