/**
 * The blocks of a ring as a reader of one schema's rows sees them: where a column lies in views over the whole ring.
 */
import { dataAt, type RingMemory } from '../../ring/layout.js';
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

  /** The byte position of a record in the blob region: of its length, behind which its bytes are. */
  recordAt(block: number, distance: number): number {
    return this.at(block, this.layout.end - distance);
  }

  recordLength(at: number): number {
    return this.views.I32[at >> 2] as number;
  }
}
