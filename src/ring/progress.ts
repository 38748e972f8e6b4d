/**
 * Positions in the ring, and whether they have been committed: what `flush()` and `committed()` wait for.
 *
 * A position names a row by block, generation and row count. A block whose generation has moved on was
 * freed, and only fully committed blocks are freed.
 */
import { EventCount } from './event-count.js';
import { before, control, header, headerAt, type RingMemory, rowsOf, SEALED, wordsOf } from './layout.js';

/** All rows of `block` below `rows`, in the block's `generation`. */
export interface Position {
  readonly block: number;
  readonly generation: number;
  readonly rows: number;
}

export class Progress {
  readonly #words: Int32Array;
  readonly #blocks: number;
  /** Signalled when rows are committed. */
  readonly done: EventCount;
  /** Signalled when a block becomes free. */
  readonly room: EventCount;
  /** Signalled when a good part of the ring has become free since the last time. */
  readonly roomy: EventCount;

  constructor(memory: RingMemory) {
    this.#words = wordsOf(memory);
    this.#blocks = memory.blocks;
    this.done = new EventCount(this.#words, control.DONE);
    this.room = new EventCount(this.#words, control.ROOM);
    this.roomy = new EventCount(this.#words, control.ROOMY);
  }

  isCommitted(position: Position): boolean {
    const at = headerAt(position.block);
    return (
      Atomics.load(this.#words, at + header.GENERATION) !== position.generation ||
      Atomics.load(this.#words, at + header.COMMITTED) >= position.rows
    );
  }

  /** How many rows a producer has ever published (wrapping), by the block that it has open; undefined without one. */
  publishedBy(producer: number): number | undefined {
    for (let block = 0; block < this.#blocks; block++) {
      const at = headerAt(block);
      const published = Atomics.load(this.#words, at + header.PUBLISHED);
      if (Atomics.load(this.#words, at + header.OWNER) !== producer || (published & SEALED) !== 0) continue;
      return (Atomics.load(this.#words, at + header.SEQUENCE) + rowsOf(published)) | 0;
    }
    return undefined;
  }

  /** Rows `[from, to)` of every block that are published and not settled, oldest block first. */
  remaining(): { block: number; schema: number; from: number; to: number }[] {
    const found: { block: number; schema: number; from: number; to: number; ticket: number }[] = [];
    for (let block = 0; block < this.#blocks; block++) {
      const at = headerAt(block);
      if (Atomics.load(this.#words, at + header.OWNER) <= 0) continue;
      const from = Atomics.load(this.#words, at + header.COMMITTED);
      const to = rowsOf(Atomics.load(this.#words, at + header.PUBLISHED));
      const schema = Atomics.load(this.#words, at + header.SCHEMA);
      if (to > from)
        found.push({ block, schema, from, to, ticket: Atomics.load(this.#words, at + header.TICKET) });
    }
    return found.sort((a, b) => (before(a.ticket, b.ticket) ? -1 : 1));
  }

  /** The end of every block with published rows that are not committed. */
  published(): Position[] {
    const positions: Position[] = [];
    for (let block = 0; block < this.#blocks; block++) {
      const at = headerAt(block);
      if (Atomics.load(this.#words, at + header.OWNER) <= 0) continue;
      // In this order, whenever the block is freed and opened again meanwhile, new rows are not taken for old ones.
      const generation = Atomics.load(this.#words, at + header.GENERATION);
      const committed = Atomics.load(this.#words, at + header.COMMITTED);
      const rows = rowsOf(Atomics.load(this.#words, at + header.PUBLISHED));
      if (rows > committed) positions.push({ block, generation, rows });
    }
    return positions;
  }

  /** Published rows that are not committed, and blocks by their state: a reading, not a snapshot. */
  usage(): { rows: number; freeBlocks: number; sealedBlocks: number } {
    let rows = 0;
    let freeBlocks = 0;
    let sealedBlocks = 0;
    for (let block = 0; block < this.#blocks; block++) {
      const at = headerAt(block);
      const owner = Atomics.load(this.#words, at + header.OWNER);
      if (owner === 0) freeBlocks++;
      if (owner <= 0) continue;
      const committed = Atomics.load(this.#words, at + header.COMMITTED);
      const published = Atomics.load(this.#words, at + header.PUBLISHED);
      if ((published & SEALED) !== 0) sealedBlocks++;
      rows += Math.max(0, rowsOf(published) - committed);
    }
    return { rows, freeBlocks, sealedBlocks };
  }

  /** Whether a block is free. */
  get hasRoom(): boolean {
    for (let block = 0; block < this.#blocks; block++) {
      if (Atomics.load(this.#words, headerAt(block) + header.OWNER) === 0) return true;
    }
    return false;
  }
}
