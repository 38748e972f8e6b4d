/**
 * The blocks of a ring as a reader of one schema's rows sees them: where a column lies in views over the whole ring.
 */
import { dataAt, extentAt, type RingMemory } from '../../ring/layout.js';
import { type BlockLayout, type Field, textEndBytes } from '../block/block-layout.js';
import { type SharedViews, viewsOf } from '../block/shared-views.js';

/** Rows `[from, to)` of a block, all of them published. */
export interface Part {
  readonly block: number;
  readonly from: number;
  readonly to: number;
}

/** How many rows parts have together. */
export function rowsOf(parts: readonly Part[]): number {
  let rows = 0;
  for (const { from, to } of parts) rows += to - from;
  return rows;
}

export class RingBlocks {
  readonly views: SharedViews;

  constructor(
    readonly layout: BlockLayout,
    private readonly memory: RingMemory,
  ) {
    this.views = viewsOf(memory.buffer);
  }

  /** The byte position of something in a block, by its offset. */
  at(block: number, offset: number): number {
    return dataAt(this.memory, block) + offset;
  }

  /** The index of a column's cell in row 0, in the view of the column's array. */
  cellIndex(field: Field, block: number): number {
    return this.at(block, field.values) / field.cellBytes;
  }

  /** The index in the Int32 view of where a column's text in row 0 ends. */
  textEndIndex(field: Field, block: number): number {
    return this.at(block, field.textEnds as number) / textEndBytes;
  }

  /** The byte position where a block's texts start. */
  textsStart(block: number): number {
    if (this.#isExtended(block)) return extentAt(this.memory, block);
    return this.at(block, this.layout.variableStart);
  }

  /**
   * The byte position where a block's records end; a record lies so many bytes before it as its cell says. There is its
   * length, and behind that its bytes.
   */
  recordsEnd(block: number): number {
    if (this.#isExtended(block)) return extentAt(this.memory, block) + this.memory.extentBytes;
    return this.at(block, this.layout.end);
  }

  #isExtended(block: number): boolean {
    return this.views.I32[this.at(block, this.layout.extended) >> 2] === 1;
  }

  recordLength(at: number): number {
    return this.views.I32[at >> 2] as number;
  }
}
