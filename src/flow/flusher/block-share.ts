/**
 * The rows of one claimed block that are in a batch: where they lie, and how far they are settled.
 *
 * The ring keeps one word for how far a block is. So the rows of a share are settled in order, and its claim is
 * released once, when all of them have ended.
 */
import type { Counters, flusherCell } from '../../metrics/cells/counters.js';
import type { Settlement } from '../../metrics/cells/settlement.js';
import type { BlockClaims } from '../../ring/block-claims.js';
import type { Part } from '../../schema/read/ring-blocks.js';

/** What a block's rows are settled with. */
export interface BlockTools {
  readonly claims: BlockClaims;
  readonly counters: Counters<typeof flusherCell>;
  /** Made by `settlementOf(counters)`. */
  readonly settlement: Settlement<typeof flusherCell>;
}

export class BlockShare implements Part {
  /** The first of the block's rows that is not settled. */
  settled: number;
  /** Whether the block has been let go: it is another's by then. */
  finished = false;

  /**
   * @param from the first of the block's rows in the batch.
   * @param to one behind the last.
   * @param at the number in the batch of the first.
   */
  constructor(
    readonly block: number,
    readonly from: number,
    readonly to: number,
    readonly at: number,
  ) {
    this.settled = from;
  }

  /** The number in the batch of the first row that is not settled. */
  get next(): number {
    return this.at + this.settled - this.from;
  }

  /** One behind the number in the batch of the last row. */
  get end(): number {
    return this.at + this.to - this.from;
  }

  /** Whether all rows are settled. */
  get isSettled(): boolean {
    return this.settled === this.to;
  }

  /**
   * Settle the block's rows before `row`.
   * @param counts how many rows that are settled now have ended in which way, in the order of `endings`.
   */
  settle(row: number, counts: ArrayLike<number>, tools: BlockTools): void {
    const { block, settled } = this;
    if (row > settled) {
      tools.counters.add('inFlight', settled - row);
      tools.settlement.begin(block, row, counts);
      tools.claims.settle(block, row);
      tools.settlement.end();
      this.settled = row;
    }
  }

  /** Let the block go, once. Rows that are not settled wait in the ring again. */
  finish(tools: BlockTools): void {
    if (this.finished) return;
    this.finished = true;
    tools.counters.add('inFlight', this.settled - this.to);
    tools.claims.finish(this.block);
  }
}
