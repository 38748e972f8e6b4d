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
      return !isSettled || block.next < block.awaited.length;
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
      this.#open = { block, generation, first, rows: undefined, settled: 0, awaited: [], next: 0 };
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
