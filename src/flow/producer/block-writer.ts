/**
 * The open block of a producer: finds the next free row, publishes rows in groups, and seals the block when it is full.
 *
 *     open a block ─▶ rows are stored, group by group ─▶ publish each group ─▶ seal the block when it is full
 *
 * A group ends when it is full, when the event-loop turn ends, or on `publish()`. The compiled `push` reads and moves
 * `row` and `end` as plain fields, and calls a method only where a group begins or ends.
 */
import type { EventError } from '../../errors.js';
import type { Counters, producerCell } from '../../metrics/cells/counters.js';
import type { Refusals } from '../../metrics/cells/refusals.js';
import type { BlockLease } from '../../ring/block-lease.js';
import type { Progress } from '../../ring/progress.js';
import type { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { Schema } from '../../schema/columns/schema.js';
import { reentrantPush } from '../../schema/write/event-faults.js';
import { compileWriter, type RowPlace, type RowWriter } from '../../schema/write/writer.js';
import { clockOf } from '../shared/flow-clock.js';
import type { SchemaBlocks } from '../shared/flow-schemas.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { wrapped } from '../waiting/clock.js';
import type { CommitWatch } from './commit-watch.js';
import type { WhenFull } from './full-ring.js';
import type { OwnSlot } from './own-slot.js';
import type { ProducerViews } from './producer-views.js';
import type { Watermark } from './watermark.js';

export class BlockWriter implements RowPlace {
  /** The block's next row. */
  row = 0;
  /** The end of a group that has begun; `row` without one. */
  end = 0;
  /** Whether columns are being read, by code further up on this thread's stack, which may be the caller's. */
  readingColumns = false;
  /** Receives the error of each event that is refused; undefined where nothing observes. */
  onRefused: ((error: EventError) => void) | undefined;
  /** The code that stores rows into the open block. */
  readonly compiled: RowWriter;
  /** Rows of the open block; 0 without one. */
  #blockRows = 0;
  /** Those that may be taken now: all of them, except under a high watermark. */
  #limit = 0;
  /** Rows of it that are published; those behind them, before `row`, are the group. */
  #published = 0;
  /** Whether the end of the event-loop turn publishes the group. */
  #turnEnds = false;
  /** Whether a caller waits for the commit of rows, and flushers have not been told. */
  #wanted = false;
  /** Of the row that is offered: whether it is taken where there is room, or only checked. Undefined: it is pushed. */
  #offer: 'take' | 'check' | undefined;
  /** Whether flushers have been notified that the watermark is reached. */
  #reached = false;
  readonly #slot: OwnSlot;
  readonly #lease: BlockLease;
  readonly #counters: Counters<typeof producerCell>;
  readonly #now: () => number;
  readonly #progress: Progress;
  readonly #watermark: Watermark | undefined;
  readonly #refusals: Refusals;

  constructor(
    private readonly shared: SharedFlow,
    private readonly schemaIndex: number,
    private readonly blocks: SchemaBlocks,
    labels: LabelDictionary,
    { slot, lease, counters, progress, watermark, refusals }: ProducerViews,
    private readonly commits: CommitWatch,
    private readonly whenFull: WhenFull,
  ) {
    this.#slot = slot;
    this.#lease = lease;
    this.#counters = counters;
    this.#now = clockOf(shared);
    this.#progress = progress;
    this.#watermark = watermark;
    this.#refusals = refusals;
    this.compiled = compileWriter(blocks.schema, blocks.layout, shared.ring, labels, this);
  }

  get schema(): Schema {
    return this.blocks.schema;
  }

  /** Rows accepted that the counters in shared memory do not know of yet. */
  get unpublished(): number {
    return this.row - this.#published;
  }

  /** Whether the open block takes another row. */
  get hasPlace(): boolean {
    return this.row < this.#blockRows;
  }

  /** How many rows the open block still takes. */
  get placesLeft(): number {
    return this.#limit - this.row;
  }

  /** A place for a row of `push`: in the open block or the next one, in a group that begins with it. */
  find(): boolean | undefined {
    this.#slot.assertLooksOpen();
    this.assertMayPush();
    if (this.#offer === 'check') return false;
    while (this.row === this.#limit && !this.#nextRows(this.shared.publishEvery)) {
      if (this.#offer === 'take') return false;
      const answer = this.whenFull(this.hasPlace);
      if (answer !== undefined) return answer;
    }
    this.#beginGroup();
    return undefined;
  }

  /**
   * What the group was promised for its texts may be too much. If that is not it, the row takes the next block. If the
   * block is empty, the row is too large for its region, and takes its extent.
   */
  makeRoom(): void {
    const { unpublished } = this;
    this.publish();
    if (unpublished > 0) return;
    if (this.row === 0) this.compiled.extend();
    else this.#seal();
  }

  complete(): void {
    this.publish();
  }

  refused(error: EventError): EventError {
    this.#refusals.count(error.fault);
    this.onRefused?.(error);
    return error;
  }

  /**
   * How many rows the open block still takes, a block that is opened now included; 0 when the ring is full.
   *
   * @param wanted what is asked for at most.
   */
  rowsLeft(wanted: number): number {
    if (this.row === this.#limit && !this.#nextRows(wanted)) return 0;
    return this.#limit - this.row;
  }

  /** Accept rows that have been stored from `row` on. There is no group before them. */
  accept(rows: number): void {
    this.#beginGroup();
    this.row += rows;
    // What was granted to columns and not used is not for later.
    if (this.#watermark !== undefined) this.#limit = Math.max(this.row, this.end);
    if (this.row >= this.end) this.publish();
  }

  /**
   * Push a row without the flow's policy for a full ring: the caller waits for room.
   *
   * @returns whether it was accepted; false without a count when the ring is full.
   * @throws EventError, FlowClosedError
   */
  offer(event: unknown): boolean {
    return this.#offered('take', event);
  }

  /**
   * Check an event as a push does, for a caller that lets others go first.
   *
   * @returns whether it was accepted all the same: code of the caller that ran while it was read has begun a group.
   * @throws EventError, FlowClosedError
   */
  check(event: unknown): boolean {
    // Without a group, a push has to ask for a place.
    this.publish();
    return this.#offered('check', event);
  }

  /** A caller waits for the commit of all rows so far: flushers learn of it when the event-loop turn ends. */
  want(): void {
    this.#wanted = true;
    this.#publishAtTurnEnd();
  }

  /** Show the group to flushers. */
  publish(): void {
    const { row } = this;
    const group = row - this.#published;
    // ORDER: WANTED before PUBLISHED: a flusher that watches for the row sees with it that it is to be taken.
    if (this.#wanted) this.#slot.want(this.#slot.sequence + group);
    if (group > 0) {
      this.compiled.flush(row);
      // Counted first: a flusher may have committed the rows before the next line here runs.
      this.#counters.add('accepted', group);
      this.#lease.publish(row, this.#lease.nothingWaits ? wrapped(this.#now()) : undefined);
      this.#slot.sequence += group;
      this.#published = row;
    }
    this.end = row;
    this.#slot.deactivate();
    if (this.#wanted) {
      this.#wanted = false;
      // ORDER: after WANTED and PUBLISHED. A flusher announces its sleep before it looks at both for the last time.
      this.#lease.signal();
    }
    if (group > 0 && row === this.#blockRows) this.#seal();
  }

  /** Publish, and give the block back. */
  close(): void {
    this.publish();
    if (this.#lease.block >= 0) this.#seal();
  }

  /** @throws EventError when code of the caller pushes while its columns are being read. */
  assertMayPush(): void {
    if (this.readingColumns) throw this.refused(reentrantPush(this.schema));
  }

  /** @throws EventError when code of the caller closes while its columns are being read. */
  assertNotReadingColumns(): void {
    if (this.readingColumns) throw reentrantPush(this.schema);
  }

  /** Before the first row of a group counts: from now on it is published in any case. */
  #beginGroup(): void {
    this.#slot.activate();
    const { publishEvery } = this.shared;
    this.end = Math.min(this.#limit, this.row + publishEvery);
    if (publishEvery > 1) this.#publishAtTurnEnd();
  }

  #publishAtTurnEnd(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    process.nextTick(this.#endTurn);
  }

  #offered(kind: 'take' | 'check', event: unknown): boolean {
    // Reading the event may offer others, before this one looks for its place.
    const outer = this.#offer;
    this.#offer = kind;
    try {
      return this.compiled.push(event);
    } finally {
      this.#offer = outer;
    }
  }

  readonly #endTurn = (): void => {
    this.#turnEnds = false;
    this.publish();
  };

  /** Find places for further rows, at most `wanted` under a watermark. @returns false when the ring is full. */
  #nextRows(wanted: number): boolean {
    if (this.#watermark === undefined) return this.#nextBlock();
    const places = this.#watermark.places(wanted);
    if (places === 0) {
      this.#atWatermark();
      return false;
    }
    this.#reached = false;
    if (this.row === this.#blockRows && !this.#nextBlock()) return false;
    this.#limit = Math.min(this.#blockRows, this.row + places);
    return true;
  }

  #atWatermark(): void {
    // Of the oldest rows, only sealed ones can be dropped.
    const drops = this.shared.onFull === 'drop-oldest';
    if (drops && this.row > 0 && this.#progress.usage().sealedBlocks === 0) this.#seal();
    if (this.#reached) return;
    this.#reached = true;
    // A batch may never fill: flushers do not wait for more.
    this.#lease.signal();
  }

  #nextBlock(): boolean {
    if (!this.#lease.open(this.schemaIndex, this.#slot.sequence)) return false;
    this.compiled.open(this.#lease.block);
    this.#startRows(this.blocks.rows);
    return true;
  }

  #seal(): void {
    this.commits.sealing();
    this.#lease.seal();
    this.#startRows(0);
  }

  #startRows(rows: number): void {
    this.#blockRows = rows;
    this.#limit = rows;
    this.row = 0;
    this.end = 0;
    this.#published = 0;
  }
}
