/**
 * The rows of one batch between the ring and their end: where each is, and what became of it.
 *
 * The ring can only be told that a block's rows before some row are settled. So rows that end out of order are
 * remembered here, and a block is settled as far as all of its rows have ended. Until then the ring keeps them: each
 * attempt copies them afresh, and if this thread dies they are delivered again.
 */
import type { Counters, flusherCell } from '../../metrics/cells/counters.js';
import type { Settlement } from '../../metrics/cells/settlement.js';
import type { BlockClaims } from '../../ring/block-claims.js';
import type { Schema } from '../../schema/columns/schema.js';
import { Batch } from '../../schema/read/batch.js';
import type { BatchReader, Part } from '../../schema/read/batch-reader.js';
import { selectRows } from '../../schema/read/batch-select.js';
import type { Load } from '../delivery/delivery.js';
import type { GivenUpLog } from '../shared/given-up-log.js';
import { type Ending, endings } from '../shared/settlements.js';

/** In the place of an ending: none yet. */
const open = 255;

/** What a batch's rows are settled with. */
export interface SettleTools {
  readonly claims: BlockClaims;
  readonly counters: Counters<typeof flusherCell>;
  /** Made by `settlementOf(counters)`. */
  readonly settlement: Settlement<typeof flusherCell>;
  readonly log: GivenUpLog;
}

/** A claimed block's share of the batch: rows `[from, to)` of it, from the batch's row `at` on. */
interface Share extends Part {
  readonly at: number;
  /** Rows before this one are settled. */
  settled: number;
  finished: boolean;
}

export class TakenRows implements Load {
  readonly length: number;
  readonly #shares: Share[];
  /** Of each row, once some have ended before others. To make the array takes longer than all else here. */
  #endings: Uint8Array | undefined;
  /** How many have come to no end. */
  #open: number;
  /** Settled rows of one share, by ending. */
  readonly #counts = new Float64Array(endings.length);
  /** The copy that was made when the rows were taken; for the first attempt. */
  #first: Batch | undefined;

  /** @param parts in blocks that this thread has claimed. */
  constructor(
    readonly schema: Schema,
    private readonly reader: BatchReader,
    parts: readonly Part[],
    private readonly tools: SettleTools,
  ) {
    this.#first = new Batch(schema, reader.read(parts));
    this.length = this.#first.length;
    this.#open = this.length;
    let at = 0;
    this.#shares = parts.map(({ block, from, to }) => {
      const share: Share = { block, from, to, at, settled: from, finished: false };
      at += to - from;
      return share;
    });
    for (const { block, to } of parts) tools.claims.taken(block, to);
    tools.counters.add('inFlight', this.length);
  }

  /** A look at the rows, before the first attempt: the batch is the first attempt's. */
  get first(): Batch {
    return this.#first as Batch;
  }

  /** @param rows in order, and none that has ended. */
  copy(rows: readonly number[]): Batch {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return select(first, rows);
    const parts: Part[] = [];
    const chosen: number[] = [];
    let length = 0;
    for (const { block, from, to, at, settled, finished } of this.#shares) {
      // A block that has been let go is another's by now.
      if (finished) continue;
      parts.push({ block, from: settled, to });
      const start = at + settled - from;
      while (chosen.length < rows.length && (rows[chosen.length] as number) < at + to - from) {
        chosen.push(length + (rows[chosen.length] as number) - start);
      }
      length += to - settled;
    }
    return select(new Batch(this.schema, this.reader.read(parts)), chosen);
  }

  /** Rows that have come to no end, in order. */
  get left(): readonly number[] {
    // The usual cases, at the end of a flush and at its beginning.
    if (this.#open === 0) return [];
    if (this.#open === this.length) return numbersUpTo(this.length);
    const left: number[] = [];
    for (let row = 0; row < this.length; row++) if (this.#endings?.[row] === open) left.push(row);
    return left;
  }

  /** Rows that have come to no end, of blocks in which rows behind them have: the ring can keep all of them or none. */
  get outOfOrder(): readonly number[] {
    const endings = this.#endings;
    if (this.#open === 0 || endings === undefined) return [];
    const stuck = this.#shares.filter(({ at, from, to, settled }) =>
      endings.subarray(at + settled - from, at + to - from).some((ending) => ending !== open),
    );
    return this.left.filter((row) => stuck.some(({ at, from, to }) => row >= at && row < at + to - from));
  }

  /** Note how rows ended that had not, and settle what can be settled. */
  end(rows: readonly number[], ending: Ending): void {
    const code = endings.indexOf(ending);
    this.#open -= rows.length;
    if (rows.length === this.length) {
      // The usual case: all of them at once.
      for (const share of this.#shares) {
        this.#counts.fill(0);
        this.#counts[code] = share.to - share.from;
        this.#settleUpTo(share, share.to);
      }
      return;
    }
    this.#endings ??= new Uint8Array(this.length).fill(open);
    for (const row of rows) this.#endings[row] = code;
    this.#settle(this.#endings);
  }

  /** Write the rows into their producers' logs: those who wait for them will be told. Before they end. */
  logGivenUp(rows: readonly number[], message: string, kept = false): void {
    for (const { block, from, at, to, finished } of this.#shares) {
      if (finished) continue;
      const { producer, sequence } = this.tools.claims.origin(block);
      for (const [first, count] of runs(rows, at, at + to - from)) {
        this.tools.log.add(producer - 1, sequence + from + first - at, count, message, kept);
      }
    }
  }

  /** Let every block go. Rows that have not ended wait in the ring again. */
  release(): void {
    for (const share of this.#shares) this.#finish(share);
  }

  #settle(endings: Uint8Array): void {
    for (const share of this.#shares) {
      if (share.finished) continue;
      const { from, to, at, settled } = share;
      this.#counts.fill(0);
      let row = settled;
      for (; row < to; row++) {
        const ending = endings[at + row - from] as number;
        if (ending === open) break;
        (this.#counts[ending] as number)++;
      }
      this.#settleUpTo(share, row);
    }
  }

  /** @param row the first that has come to no end; those before it, from `settled` on, are in `#counts`. */
  #settleUpTo(share: Share, row: number): void {
    const { block, to, settled } = share;
    if (row > settled) {
      this.tools.counters.add('inFlight', settled - row);
      this.tools.settlement.begin(block, row, this.#counts);
      this.tools.claims.settle(block, row);
      this.tools.settlement.end();
      share.settled = row;
    }
    if (row === to) this.#finish(share);
  }

  #finish(share: Share): void {
    if (share.finished) return;
    share.finished = true;
    this.tools.counters.add('inFlight', share.settled - share.to);
    this.tools.claims.finish(share.block);
  }
}

/** The numbers from 0, as many; the array of the last call, if it was for as many. */
function numbersUpTo(length: number): readonly number[] {
  if (numbers.length !== length) numbers = Array.from({ length }, (_, i) => i);
  return numbers;
}
let numbers: readonly number[] = [];

function select(batch: Batch, rows: readonly number[]): Batch {
  return rows.length === batch.length ? batch : new Batch(batch.schema, selectRows(batch.data, rows));
}

/** The runs of neighbours among sorted rows that are in `[from, to)`, as first and count. */
function* runs(rows: readonly number[], from: number, to: number): Iterable<[number, number]> {
  let first = -1;
  let count = 0;
  for (const row of rows) {
    if (row < from || row >= to) continue;
    if (count > 0 && row === first + count) count++;
    else {
      if (count > 0) yield [first, count];
      first = row;
      count = 1;
    }
  }
  if (count > 0) yield [first, count];
}
