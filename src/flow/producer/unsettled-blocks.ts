/**
 * The blocks of a producer whose rows are not all settled, in their order, with the rows that callers wait for.
 *
 * The rows of one block are settled in order, and blocks in any. So each block has a list of its own, and of a list
 * only the beginning is looked at.
 */

import type { FailedRows, LoggedRows } from '../shared/row-log.js';
import type { Waiter } from '../waiting/waiter.js';
import type { ProducerViews } from './producer-views.js';

/** A row whose end a caller waits for. */
export interface AwaitedRow {
  readonly waiter: Waiter;
  /** Rows of its block up to this one, itself included. */
  readonly rows: number;
  /** Set when the row has been given up, or may have been. */
  failure: Omit<FailedRows, 'first' | 'count'> | undefined;
}

/** Rows that end together for their caller, in one block or in several. */
export interface AwaitedRows {
  /** Blocks with rows of them that are not settled. */
  blocks: number;
}

/** The part of such rows in one block. */
interface AwaitedPart {
  readonly of: AwaitedRows;
  /** Rows of the block up to the last of these. */
  readonly rows: number;
}

interface UnsettledBlock {
  readonly block: number;
  readonly generation: number;
  /** The producer's number of the first row. */
  readonly first: number;
  /** Undefined while the block is open. */
  rows: number | undefined;
  /** As of the last look. */
  settled: number;
  readonly awaited: AwaitedRow[];
  /** The first of `awaited` that has not been settled. */
  next: number;
  /** Parts that have not been settled, in order; undefined until there is one, as few producers have any. */
  parts: AwaitedPart[] | undefined;
}

/** Of rows that may be among those that the log has lost: they must not be taken for committed. */
const lost = {
  deadLettered: false,
  message: 'given up, or not: more rows were given up than are remembered (maxPendingWrites)',
};

export class UnsettledBlocks {
  #blocks: UnsettledBlock[] = [];
  /** The open block, once there is something to remember of it. */
  #open: UnsettledBlock | undefined;

  constructor(private readonly views: ProducerViews) {}

  get count(): number {
    return this.#blocks.length;
  }

  /** Remember the block that is about to be sealed. */
  sealing(): void {
    this.#openBlock().rows = this.views.lease.published;
    this.#open = undefined;
  }

  /** Wait for the end of the row that the producer accepted last. @param row its place in the open block. */
  awaitLast(row: number, waiter: Waiter): void {
    // A row that filled its block has closed it.
    const isOpen = this.views.lease.block >= 0;
    const block = isOpen ? this.#openBlock() : (this.#blocks.at(-1) as UnsettledBlock);
    block.awaited.push({ waiter, rows: isOpen ? row : (block.rows as number), failure: undefined });
  }

  /**
   * Wait for the ends of all rows from one that the producer accepted up to the one that it accepted last, published or
   * not. Rows that were settled at the last look are not waited for.
   *
   * @param from the producer's number of the first.
   * @param to the number that the next row gets.
   */
  awaitRows(from: number, to: number, of: AwaitedRows): void {
    if (to <= from) return;
    if (this.views.lease.block >= 0) this.#openBlock();
    for (let i = this.#blocks.length - 1; i >= 0; i--) {
      const block = this.#blocks[i] as UnsettledBlock;
      const limit = block.rows ?? Number.POSITIVE_INFINITY;
      if (block.first + limit <= from) return;
      const rows = Math.min(to - block.first, limit);
      if (rows <= block.settled) continue;
      block.parts ??= [];
      block.parts.push({ of, rows });
      of.blocks++;
    }
  }

  /**
   * Look how far the blocks are settled, and forget those that are and that nobody waits for.
   *
   * @returns before which of the producer's rows all are settled.
   */
  look(): number {
    const { progress, lease, slot } = this.views;
    if (lease.block >= 0 && lease.published > 0) this.#openBlock();
    let upTo = slot.sequence;
    this.#blocks = this.#blocks.filter((block) => {
      block.settled = progress.committedRows(block);
      const isSettled = block.settled >= (block.rows ?? Number.POSITIVE_INFINITY);
      if (!isSettled) upTo = Math.min(upTo, block.first + block.settled);
      return !isSettled || block.next < block.awaited.length || (block.parts?.length ?? 0) > 0;
    });
    return upTo;
  }

  /** Note which awaited rows were given up. Call it after `look`: rows are logged before they are settled. */
  note({ rows, unknown }: LoggedRows): void {
    for (const block of this.#blocks) {
      if (unknown > 0) for (const awaited of block.awaited) awaited.failure ??= lost;
      for (const { first, count, deadLettered, message } of rows) {
        // Numbers in the log wrap.
        const start = (first - block.first) | 0;
        for (let i = firstBehind(block.awaited, start); i < block.awaited.length; i++) {
          const awaited = block.awaited[i] as AwaitedRow;
          if (awaited.rows > start + count) break;
          awaited.failure = { deadLettered, message };
        }
      }
    }
  }

  /** Hand out the awaited rows that were settled at the last look. */
  takeSettled(end: (row: AwaitedRow) => void): void {
    for (const block of this.#blocks) {
      const { awaited, settled } = block;
      for (; block.next < awaited.length; block.next++) {
        const row = awaited[block.next] as AwaitedRow;
        if (row.rows > settled) break;
        end(row);
      }
    }
  }

  /** Hand out what `awaitRows` was called with, as far as all of its rows were settled at the last look. */
  takeSettledRows(end: (of: AwaitedRows) => void): void {
    for (const { parts, settled } of this.#blocks) {
      if (parts === undefined) continue;
      let taken = 0;
      for (const { of, rows } of parts) {
        if (rows > settled) break;
        taken++;
        if (--of.blocks === 0) end(of);
      }
      if (taken > 0) parts.splice(0, taken);
    }
  }

  /** Hand out every awaited row, and forget it. */
  takeAll(end: (row: AwaitedRow) => void): void {
    for (const block of this.#blocks) {
      for (const row of block.awaited.slice(block.next)) end(row);
      block.next = block.awaited.length;
    }
  }

  #openBlock(): UnsettledBlock {
    if (this.#open === undefined) {
      const { lease, slot } = this.views;
      const { block, generation, published } = lease;
      const first = slot.sequence - published;
      const nothing = { rows: undefined, settled: 0, awaited: [], next: 0, parts: undefined };
      this.#open = { block, generation, first, ...nothing };
      this.#blocks.push(this.#open);
    }
    return this.#open;
  }
}

/** The place of the first awaited row behind the block's first `rows` rows. */
function firstBehind(awaited: readonly AwaitedRow[], rows: number): number {
  let low = 0;
  let high = awaited.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((awaited[middle] as AwaitedRow).rows > rows) high = middle;
    else low = middle + 1;
  }
  return low;
}
