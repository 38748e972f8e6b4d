/**
 * The labels of a batch: ids of the flow's dictionary become ids of a dictionary of the batch's own.
 */
import { labelText } from '../block/blob-records.js';
import { type Field, noLabel } from '../block/block-layout.js';
import type { LabelDictionary } from '../block/label-dictionary.js';
import type { FieldData } from '../columns/views/field-data.js';
import { type BatchMemory, bitmapBytes } from './batch-memory.js';
import type { Part, RingBlocks } from './ring-blocks.js';

export class LabelReader {
  readonly #blocks: RingBlocks;
  readonly #labels: LabelDictionary;
  /** By a label's id: how many labels all dictionaries had before it was put into one. Only the latest one's count. */
  readonly #places: Float64Array;
  #placed = 1;

  constructor(blocks: RingBlocks, labels: LabelDictionary) {
    this.#blocks = blocks;
    this.#labels = labels;
    const hasLabels = blocks.layout.fields.some(({ kind }) => kind === 'label');
    this.#places = new Float64Array(hasLabels ? labels.size : 0);
  }

  read(field: Field, parts: readonly Part[], length: number, memory: BatchMemory): FieldData {
    const ids = memory.take(Int32Array, length);
    const validity = field.nullable ? memory.take(Uint8Array, bitmapBytes(length)) : undefined;
    const dictionary: string[] = [];
    // An id's place in the dictionary counts if it was put there for this column.
    const places = this.#places;
    const since = this.#placed;
    const { I32 } = this.#blocks.views;
    let i = 0;
    for (const { block, from, to } of parts) {
      const index = this.#blocks.cellIndex(field, block);
      for (let row = from; row < to; row++, i++) {
        const id = I32[index + row] as number;
        if (id === noLabel) {
          ids[i] = noLabel;
          continue;
        }
        let known = id < 0 ? -1 : (places[id] as number) - since;
        if (known < 0) {
          known = dictionary.push(id < 0 ? this.#record(block, -1 - id) : this.#labels.textOf(id)) - 1;
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
  #record(block: number, distance: number): string {
    const at = this.#blocks.recordsEnd(block) - distance;
    return labelText(this.#blocks.views.U8.subarray(at + 4, at + 4 + this.#blocks.recordLength(at)));
  }
}
