/**
 * The keys of the rows that wait: a batch of a flow with `dedupe` is full when it has `flushSize` different ones.
 *
 *     look ──▶ read the keys of new rows ──▶ full? ──no──▶ the rows stay in the ring, and go on waiting
 *              claim, read, let go            └──yes─▶ the batch takes the rows read, by the groups found here
 *
 * Each row is read once, under its block's claim, which ends with the look: a flusher that is busy elsewhere keeps no
 * rows from the others. Rows never change before they are settled, so what was read of a block holds for its ticket.
 * Kept are at most `flushSize` keys, and a number for each row that waits.
 */
import type { BlockClaims, Sighting } from '../../ring/block-claims.js';
import type { Schema } from '../../schema/columns/schema.js';
import { Batch } from '../../schema/read/batch.js';
import type { BatchReader } from '../../schema/read/batch-reader.js';
import type { Part } from '../../schema/read/ring-blocks.js';
import type { KeysOf } from './row-keys.js';

/** Rows of a batch by their keys. */
export interface KeyedRows {
  /** By row: a number below `count`, the same for rows that share a key. */
  readonly groups: readonly number[];
  readonly count: number;
  /** The error of each row whose key cannot be found. It is in a group of its own. */
  readonly errors: ReadonlyMap<number, unknown>;
}

/** What was read of a block: the first waiting row, and those behind it. */
interface KeyedBlock {
  readonly ticket: number;
  readonly from: number;
  /** By row, counted from there. */
  readonly groups: number[];
  readonly errors: Map<number, unknown>;
}

/** The waiting rows of one schema. */
export class WaitingKeys {
  readonly #groups = new Map<unknown, number>();
  readonly #blocks = new Map<number, KeyedBlock>();
  #count = 0;

  constructor(
    private readonly schema: Schema,
    private readonly reader: BatchReader,
    private readonly claims: BlockClaims,
    private readonly keysOf: KeysOf,
  ) {}

  /** How many different keys the rows have that were read. A row without a key is like no other. */
  get count(): number {
    return this.#count;
  }

  /** Whether no row was read since the last batch. */
  get isEmpty(): boolean {
    return this.#blocks.size === 0;
  }

  /**
   * Read the keys of rows that came since the last look.
   *
   * @param waiting the blocks with waiting rows of the schema, oldest first.
   * @param most how many different keys a batch may have.
   */
  read(waiting: readonly Sighting[], most: number): void {
    if (this.#count > most || !this.#allWait(waiting)) this.#clear();
    if (this.#count === most) return;
    for (const seen of waiting) {
      if (this.#blocks.get(seen.block)?.groups.length === seen.waiting) continue;
      if (!this.claims.tryClaim(seen.block, seen.ticket)) continue;
      let fits = false;
      try {
        fits = this.#readBlock(seen, most);
      } finally {
        this.claims.letGo(seen.block);
      }
      if (!fits) return;
    }
  }

  /** How far a block was read: one behind the last row; 0 where it was not read. */
  endOf({ block, ticket }: Sighting): number {
    const known = this.#blocks.get(block);
    return known?.ticket === ticket ? known.from + known.groups.length : 0;
  }

  /** The rows of a batch by their keys. The next batch begins with no keys. @param parts of rows that were read. */
  take(parts: readonly Part[]): KeyedRows {
    const groups: number[] = [];
    const errors = new Map<number, unknown>();
    for (const { block, from, to } of parts) {
      const known = this.#blocks.get(block) as KeyedBlock;
      for (let row = from - known.from; row < to - known.from; row++) {
        if (known.errors.has(row)) errors.set(groups.length, known.errors.get(row));
        groups.push(known.groups[row] as number);
      }
    }
    const count = this.#count;
    this.#clear();
    return { groups, count, errors };
  }

  #clear(): void {
    this.#groups.clear();
    this.#blocks.clear();
    this.#count = 0;
  }

  /** Whether all rows that were read still wait. Keys of rows that another flusher took must not fill the batch. */
  #allWait(waiting: readonly Sighting[]): boolean {
    let waits = 0;
    for (const { block, ticket, settled } of waiting) {
      const known = this.#blocks.get(block);
      if (known === undefined) continue;
      if (known.ticket !== ticket || known.from !== settled) return false;
      waits++;
    }
    if (waits === this.#blocks.size) return true;
    // None of them is in sight, and others are: keys that fill a batch would keep these unread, and none be taken.
    if (waits === 0) return false;
    // Another flusher holds the others, and may only read their keys, too.
    return [...this.#blocks].every(([block, { ticket, from }]) => this.claims.isUntaken(block, ticket, from));
  }

  /** @returns whether all of its rows fit into the batch; those behind one that does not wait for the next. */
  #readBlock({ block, ticket }: Sighting, most: number): boolean {
    const waiting = this.claims.waiting(block, Number.POSITIVE_INFINITY);
    const known: KeyedBlock = this.#blocks.get(block) ?? {
      ticket,
      from: waiting.from,
      groups: [],
      errors: new Map(),
    };
    const from = known.from + known.groups.length;
    const { to } = waiting;
    if (from >= to) return true;
    const batch = new Batch(this.schema, this.reader.read([{ block, from, to }]));
    const keyAt = this.keysOf(batch);
    for (let row = 0; row < batch.length; row++) {
      let key: unknown;
      try {
        key = keyAt(row);
      } catch (error) {
        if (this.#count < most) known.errors.set(known.groups.length, error);
      }
      const group = this.#groups.get(key) ?? this.#count;
      if (group === most) return false;
      if (group === this.#count) {
        this.#count++;
        if (key !== null && key !== undefined) this.#groups.set(key, group);
      }
      known.groups.push(group);
      // Only now: a block is known for rows that fit.
      this.#blocks.set(block, known);
    }
    return true;
  }
}
