/**
 * The steps "take" and "settle" of a batch's way: where each row is between the ring and its end, and how it ended.
 *
 * The ring can only be told that a block's rows before some row are settled. So rows that end out of order are
 * remembered here, and a block is settled as far as all of its rows have ended. Until then the ring keeps them: each
 * attempt copies them afresh, and if this thread dies they are delivered again.
 */
import type { SinkCells } from '../../metrics/cells/sink-cells.js';
import type { Schema } from '../../schema/columns/schema.js';
import { Batch } from '../../schema/read/batch.js';
import type { BatchReader } from '../../schema/read/batch-reader.js';
import { selectRows } from '../../schema/read/batch-select.js';
import type { Part } from '../../schema/read/ring-blocks.js';
import type { Load } from '../delivery/delivery-contract.js';
import type { RowLog } from '../shared/row-log.js';
import { type Ending, endings } from '../shared/settlements.js';
import type { StoredBefore } from '../shared/stored-before.js';
import { BlockShare, type BlockTools } from './block-share.js';
import type { Duplicates } from './dedupe.js';
import { mergeKept } from './merged-rows.js';
import { numbersUpTo, runs } from './row-numbers.js';

/** What a batch's rows are settled with. */
export interface SettleTools extends BlockTools {
  readonly log: RowLog;
  readonly storedBefore: StoredBefore;
  /** The sink's; undefined where it has none. */
  readonly cells: SinkCells | undefined;
  /** Whether the creating thread listens to flushes. */
  listened(): boolean;
}

/**
 * Take rows out of the ring: copy them, and note in their blocks how far they are taken.
 * @param parts in blocks that this thread has claimed.
 * @param duplicates where not every row goes to the sink: then only those that do are copied, at the first attempt.
 */
export function takeRows(
  schema: Schema,
  reader: BatchReader,
  parts: readonly Part[],
  tools: SettleTools,
  duplicates?: Duplicates,
): TakenRows {
  const first = duplicates === undefined ? new Batch(schema, reader.read(parts)) : undefined;
  const shares: BlockShare[] = [];
  let at = 0;
  for (const { block, from, to } of parts) {
    shares.push(new BlockShare(block, from, to, at));
    at += to - from;
    tools.claims.taken(block, to);
  }
  tools.counters.add('inFlight', at);
  return new TakenRows(schema, at, shares, first, duplicates, reader, tools);
}

/** In the place of an ending: none yet. */
const open = 255;
/** In its place once the ring knows it. */
const settled = 254;
const duplicate = endings.indexOf('duplicates');
const committedCode = endings.indexOf('committed');
const skippedCode = endings.indexOf('skipped');

export class TakenRows implements Load {
  /** Whether the sink has stored any of them. */
  anyCommitted = false;
  /** Of the committed rows, those that the target had already. */
  skipped = 0;
  /** Whether the creating thread listened to flushes when rows were about to end. */
  listened = false;
  /** Of each row, once some have ended before others. To make the array takes longer than all else here. */
  #endings: Uint8Array | undefined;
  /** Those that go to the sink; each of the others ends with one of these. */
  readonly #kept: readonly number[];
  /** How many of these have come to no end. */
  #open: number;
  /** Settled rows of one share, by ending. */
  readonly #counts = new Float64Array(endings.length);
  /** The copy that was made when the rows were taken; for the first attempt. */
  #first: Batch | undefined;

  constructor(
    readonly schema: Schema,
    /** How many there are, those included that do not go to the sink. */
    readonly length: number,
    private readonly shares: readonly BlockShare[],
    first: Batch | undefined,
    private readonly duplicates: Duplicates | undefined,
    private readonly reader: BatchReader,
    private readonly tools: SettleTools,
  ) {
    this.#first = first;
    this.#kept = duplicates === undefined ? numbersUpTo(length) : duplicates.kept;
    this.#open = this.#kept.length;
  }

  /** The identity of the first of them; read before any has ended. */
  get firstIdentity(): string {
    if (this.#first !== undefined) return this.#first.identity(0);
    const { block, from } = this.shares[0] as BlockShare;
    return new Batch(this.schema, this.reader.read([{ block, from, to: from + 1 }])).identity(0);
  }

  /** @param rows in order, and none that has ended. */
  copy(rows: readonly number[]): Batch {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return select(first, rows);
    const { duplicates } = this;
    if (duplicates === undefined || !duplicates.merged) return this.#read(rows);
    const all = inOrder(this.#withDuplicates(rows));
    return mergeKept(this.#read(all), all, rows, duplicates);
  }

  /** @param rows in order, and none that has ended. */
  #read(rows: readonly number[]): Batch {
    const parts: Part[] = [];
    for (const { block, from, at, end, finished } of this.shares) {
      if (finished) continue;
      for (const [row, count] of runs(rows, at, end)) {
        const first = from + row - at;
        parts.push({ block, from: first, to: first + count });
      }
    }
    return new Batch(this.schema, this.reader.read(parts));
  }

  /** Rows that go to the sink and have come to no end, in order. */
  get left(): readonly number[] {
    // The usual cases, at the end of a flush and at its beginning.
    if (this.#open === 0) return [];
    if (this.#open === this.#kept.length) return this.#kept;
    return this.#kept.filter((row) => this.#endings?.[row] === open);
  }

  /** Whether all rows have come to an end. */
  get haveEnded(): boolean {
    return this.#open === 0;
  }

  /**
   * Rows that have come to no end, of blocks in which rows behind them have: the ring can keep all of them or none. Of
   * rows that end together, the one that goes to the sink.
   */
  get outOfOrder(): readonly number[] {
    if (this.#open === 0 || this.#endings === undefined) return [];
    // As if what is found had ended: a row ends with its duplicates in other blocks, and these may be stuck then.
    const endings = this.#endings.slice();
    const found = new Set<number>();
    for (;;) {
      const stuck = this.shares.filter(({ next, end }) => hasGap(endings.subarray(next, end)));
      const isStuck = (row: number) =>
        endings[row] === open && stuck.some(({ at, end }) => row >= at && row < end);
      const more = this.left.filter((row) => this.#withDuplicates([row]).some(isStuck));
      if (more.length === 0) return this.left.filter((row) => found.has(row));
      for (const row of more) found.add(row);
      for (const row of this.#withDuplicates(more)) endings[row] = duplicate;
    }
  }

  /** The sink has stored these. @param skipped those that it had already, in order, or how many. */
  committed(rows: readonly number[], skipped: number | readonly number[]): void {
    this.anyCommitted ||= rows.length > 0;
    if (this.tools.cells !== undefined && rows.length < this.length)
      throw new Error('a sink with cells stores batches whole');
    if (skipped === 0) {
      this.end(rows, 'committed');
      return;
    }
    const named = typeof skipped !== 'number';
    // Where the sink does not name them, which ones are counted makes no difference.
    const there = named ? skipped : rows.slice(0, skipped);
    this.skipped += there.length;
    if (this.tools.storedBefore.isKept) this.#logStoredBefore(named ? there : rows, named);
    this.end(there, 'skipped');
    const isThere = new Set(there);
    this.end(
      rows.filter((row) => !isThere.has(row)),
      'committed',
    );
  }

  /** Note how rows ended that had not, and settle what can be settled. */
  end(rows: readonly number[], ending: Ending): void {
    if (rows.length === 0) return;
    this.askListener();
    const code = endings.indexOf(ending);
    this.#open -= rows.length;
    if (rows.length === this.length) {
      // The usual case: all of them at once, and no duplicates among them.
      const cells = ending === 'committed' ? this.tools.cells : undefined;
      cells?.begin(this.shares);
      for (const share of this.shares) {
        this.#counts.fill(0);
        this.#counts[code] = share.to - share.from;
        if (code === skippedCode) this.#counts[committedCode] = share.to - share.from;
        share.settle(share.to, this.#counts, this.tools);
      }
      cells?.end();
      this.release();
      return;
    }
    this.#endings ??= new Uint8Array(this.length).fill(open);
    for (const row of this.#withDuplicates(rows)) this.#endings[row] = duplicate;
    for (const row of rows) this.#endings[row] = code;
    this.#settle(this.#endings);
  }

  /** Before rows end or go back to the ring: a thread that waits for them may stop listening as soon as they have. */
  askListener(): void {
    this.listened ||= this.tools.listened();
  }

  /**
   * Write the rows into their producers' logs, before they end: each `committed()` that waits for them rejects, or for
   * rows that they stand for.
   */
  logGivenUp(given: readonly number[], message: string, kept = false): void {
    this.#log(inOrder(this.#withDuplicates(given)), (slot, first, count) =>
      this.tools.log.add(slot, first, count, message, kept),
    );
  }

  /**
   * Write rows that the target had into their producers' logs, before they end. Not their duplicates: the target never
   * got these.
   *
   * @param all whether it had each of them.
   */
  #logStoredBefore(rows: readonly number[], all: boolean): void {
    this.#log(rows, (slot, first, count) => this.tools.storedBefore.add(slot, first, count, all));
  }

  /**
   * @param rows in order.
   * @param add receives runs of rows by the numbers that their producers know them by.
   */
  #log(rows: readonly number[], add: (slot: number, first: number, count: number) => void): void {
    for (const { block, from, at, end, finished } of this.shares) {
      if (finished) continue;
      const { producer, sequence } = this.tools.claims.origin(block);
      for (const [first, count] of runs(rows, at, end))
        add(producer - 1, sequence + from + first - at, count);
    }
  }

  /** Let every block go. Rows that have not ended wait in the ring again. */
  release(): void {
    for (const share of this.shares) share.finish(this.tools);
  }

  /** Rows, and those that end with them, in no order. */
  #withDuplicates(rows: readonly number[]): readonly number[] {
    const { duplicates } = this;
    if (duplicates === undefined) return rows;
    const all: number[] = [];
    for (const kept of rows) {
      for (let row = kept; row >= 0; row = duplicates.next[row] as number) all.push(row);
    }
    return all;
  }

  /** Settle each block as far as its rows have ended. */
  #settle(endings: Uint8Array): void {
    for (const share of this.shares) {
      if (share.finished) continue;
      this.#counts.fill(0);
      const { from, at, end, next } = share;
      let row = next;
      for (; row < end; row++) {
        const ending = endings[row] as number;
        if (ending === open || this.#waitsForOlder(row, at, endings)) break;
        (this.#counts[ending] as number)++;
        if (ending === skippedCode) (this.#counts[committedCode] as number)++;
      }
      endings.fill(settled, next, row);
      share.settle(from + row - at, this.#counts, this.tools);
      if (share.isSettled) share.finish(this.tools);
    }
  }

  /**
   * Whether an older row of the same key, in an earlier block, is not settled. If this thread died then, the older row
   * alone would be delivered again, and would overwrite the newer one.
   *
   * @param at the first row of the row's own block: rows of one block are settled together.
   */
  #waitsForOlder(row: number, at: number, endings: Uint8Array): boolean {
    const { duplicates } = this;
    if (duplicates === undefined) return false;
    // Of a row that stands for newer ones this is one of those.
    const older = duplicates.next[row] as number;
    return older >= 0 && older < at && endings[older] !== settled;
  }
}

function inOrder(rows: readonly number[]): readonly number[] {
  return [...rows].sort((a, b) => a - b);
}

/** Whether a row has ended behind one that has not. */
function hasGap(endings: Uint8Array): boolean {
  const first = endings.indexOf(open);
  return first >= 0 && endings.subarray(first).some((ending) => ending !== open);
}

function select(batch: Batch, rows: readonly number[]): Batch {
  return rows.length === batch.length ? batch : new Batch(batch.schema, selectRows(batch.data, rows));
}
