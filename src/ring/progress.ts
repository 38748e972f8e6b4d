/**
 * Positions in the ring, and whether they have been committed: what `flush()` and `committed()` wait for.
 *
 * A position names a row by block, generation and row count. A block whose generation has moved on was
 * freed, and only fully committed blocks are freed.
 */
import { BlockHeaders } from './block-headers.js';
import type { EventCount } from './event-count.js';
import { before, isSealed, type RingMemory, rowsOf } from './layout.js';
import { RingControl } from './ring-control.js';
import type { SleepNotes } from './sleep-notes.js';

/** All rows of `block` below `rows`, in the block's `generation`. */
export interface Position {
  readonly block: number;
  readonly generation: number;
  readonly rows: number;
}

export class Progress {
  readonly #headers: BlockHeaders;
  readonly #control: RingControl;
  /** Signalled when rows are committed. */
  readonly done: EventCount;
  /** Signalled when a block becomes free. */
  readonly room: EventCount;
  /** Signalled when a good part of the ring has become free since the last time. */
  readonly roomy: EventCount;

  /** @param notes of the producer that sleeps on these event counts. */
  constructor(memory: RingMemory, notes?: SleepNotes) {
    this.#headers = new BlockHeaders(memory);
    this.#control = new RingControl(memory, notes);
    const { done, room, roomy } = this.#control;
    this.done = done;
    this.room = room;
    this.roomy = roomy;
  }

  isCommitted(position: Position): boolean {
    return this.committedRows(position) >= position.rows;
  }

  /** How many rows of a block are committed, in its generation; infinitely many when the block has been freed since. */
  committedRows({ block, generation }: Pick<Position, 'block' | 'generation'>): number {
    // ORDER: COMMITTED before GENERATION. If the block is freed and opened again in between, the generation shows it;
    // in the other order its new rows would be taken for old ones, and no signal comes for those any more.
    const committed = this.#headers.committed(block);
    return this.#headers.generation(block) === generation ? committed : Number.POSITIVE_INFINITY;
  }

  /** How many rows a dead producer had ever published, by the block that it has open; undefined without one. */
  publishedBy(producer: number): number | undefined {
    const headers = this.#headers;
    for (let block = 0; block < headers.count; block++) {
      // ORDER: PUBLISHED before OWNER: a block that is still the producer's after its word was read was so before.
      const published = headers.published(block);
      if (headers.owner(block) !== producer || isSealed(published)) continue;
      return headers.sequence(block) + rowsOf(published);
    }
    return undefined;
  }

  /** Rows `[from, to)` of every block that are published and not settled, oldest block first. */
  remaining(): { block: number; schema: number; from: number; to: number }[] {
    const headers = this.#headers;
    const found: { block: number; schema: number; from: number; to: number; ticket: number }[] = [];
    for (let block = 0; block < headers.count; block++) {
      if (headers.owner(block) <= 0) continue;
      const from = headers.committed(block);
      const to = rowsOf(headers.published(block));
      const schema = headers.schema(block);
      if (to > from) found.push({ block, schema, from, to, ticket: headers.ticket(block) });
    }
    return found.sort((a, b) => (before(a.ticket, b.ticket) ? -1 : 1));
  }

  /** The end of every block with published rows that are not committed. */
  published(): Position[] {
    const headers = this.#headers;
    const positions: Position[] = [];
    for (let block = 0; block < headers.count; block++) {
      if (headers.owner(block) <= 0) continue;
      // ORDER: GENERATION, COMMITTED, PUBLISHED. Whenever the block is freed and opened again meanwhile, new rows are
      // not taken for old ones.
      const generation = headers.generation(block);
      const committed = headers.committed(block);
      const rows = rowsOf(headers.published(block));
      if (rows > committed) positions.push({ block, generation, rows });
    }
    return positions;
  }

  /** Rows ever published, wrapping. */
  get total(): number {
    return this.#control.total;
  }

  /** Published rows that are not settled: a reading, not a snapshot. */
  get waiting(): number {
    const headers = this.#headers;
    let rows = 0;
    for (let block = 0; block < headers.count; block++) {
      if (headers.owner(block) <= 0) continue;
      // ORDER: COMMITTED before PUBLISHED, which it never exceeds.
      const committed = headers.committed(block);
      rows += Math.max(0, rowsOf(headers.published(block)) - committed);
    }
    return rows;
  }

  /** Published rows that are not committed, and blocks by their state: a reading, not a snapshot. */
  usage(): { rows: number; freeBlocks: number; sealedBlocks: number } {
    const headers = this.#headers;
    let freeBlocks = 0;
    let sealedBlocks = 0;
    for (let block = 0; block < headers.count; block++) {
      const owner = headers.owner(block);
      if (owner === 0) freeBlocks++;
      if (owner <= 0) continue;
      if (isSealed(headers.published(block))) sealedBlocks++;
    }
    return { rows: this.waiting, freeBlocks, sealedBlocks };
  }

  /** Whether a block is free. */
  get hasRoom(): boolean {
    for (let block = 0; block < this.#headers.count; block++) {
      if (this.#headers.owner(block) === 0) return true;
    }
    return false;
  }
}
