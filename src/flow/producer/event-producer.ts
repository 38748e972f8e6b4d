/**
 * A producer: the row's way from `push` into a published block.
 *
 *     push ─▶ compiled writer stores the columns ─▶ a group is gathered ─▶ publish ─▶ the block is full ─▶ seal
 *
 * Rows of a group become visible together: when the group is full, when the event-loop turn ends, or on `publish()`.
 */
import type { Writable } from 'node:stream';
import { FlowClosedError } from '../../errors.js';
import { Counters, producerCell } from '../../metrics/cells/counters.js';
import { BlockLease } from '../../ring/block-lease.js';
import { Progress } from '../../ring/progress.js';
import type { BlockLayout } from '../../schema/block/block-layout.js';
import type { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { EventOf, Schema } from '../../schema/columns/schema.js';
import { reentrantPush } from '../../schema/write/event-faults.js';
import { compileWriter, type RowPlace, type RowWriter } from '../../schema/write/writer.js';
import type {
  ColumnsInput,
  CommittedOptions,
  Producer,
  ProducerPosition,
  WaitOptions,
} from '../api/producer.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import { layoutsOf, type SharedFlow } from '../shared/shared-flow.js';
import { now, wrapped } from '../waiting/clock.js';
import { type CheckedColumns, ColumnsCheck } from './columns-input.js';
import { CommitWatch } from './commit-watch.js';
import { counted } from './counted.js';
import { evictOldest } from './eviction.js';
import { Room } from './room.js';
import { toWritable } from './writable.js';

export class EventProducer<S extends Schema> implements Producer<S> {
  readonly schema: S;
  readonly push: (event: EventOf<S>) => boolean;
  readonly #shared: SharedFlow;
  readonly #schemaIndex: number;
  readonly #slot: number;
  readonly #settings: LiveSettings;
  readonly #slots: ProducerSlots;
  readonly #counters: Counters<typeof producerCell>;
  readonly #room: Room;
  readonly #lease: BlockLease;
  readonly #progress: Progress;
  /** The block's next row, and up to where rows may be written without a look: the end of a group that has begun. */
  readonly #place: RowPlace;
  readonly #writer: RowWriter;
  readonly #columns: ColumnsCheck;
  readonly #commits: CommitWatch;
  readonly #onClose: () => void;
  readonly #publishEvery: number;

  /** Rows of the open block; 0 without one. */
  #limit = 0;
  /** Rows of it that are published; those behind them, before `#place.row`, are the group. */
  #shown = 0;
  /** A group has begun: whoever closes the flow waits until it is published. */
  #active = false;
  /** Rows published so far. */
  #sequence: number;
  /** Rows accepted and dropped at once. */
  #droppedNewest = 0;
  #turnEnds = false;
  /** Columns are being read, by code further up on this thread's stack, which may be the caller's. */
  readingColumns = false;
  #closed = false;

  constructor(
    shared: SharedFlow,
    schemaIndex: number,
    slot: number,
    labels: LabelDictionary,
    onClose: () => void,
  ) {
    this.#shared = shared;
    this.#schemaIndex = schemaIndex;
    this.#slot = slot;
    this.schema = shared.schemas[schemaIndex] as S;
    this.#settings = new LiveSettings(shared.settings);
    this.#slots = new ProducerSlots(shared.slots, shared.maxProducers);
    this.#counters = new Counters(shared.counters, slot, producerCell);
    // Ids in the ring start at 1.
    this.#lease = new BlockLease(shared.ring, slot + 1);
    this.#progress = new Progress(shared.ring);
    this.#room = new Room(shared, slot, this.#progress);
    const layout = layoutsOf(shared)[schemaIndex] as BlockLayout;
    this.#place = {
      row: 0,
      end: 0,
      find: () => this.#find(),
      makeRoom: () => this.#makeTextRoom(),
      complete: () => this.publish(),
    };
    this.#writer = compileWriter(this.schema, layout, shared.ring, labels, this.#place);
    this.push = this.#writer.push;
    this.#columns = new ColumnsCheck(this.schema);
    this.#onClose = onClose;
    this.#publishEvery = shared.publishEvery;
    this.#sequence = this.#slots.sequence(slot);
    this.#commits = new CommitWatch(shared, this.schema.name, slot, this.#sequence);
  }

  pushMany(events: Iterable<EventOf<S>>): number {
    return counted((count) => {
      for (const event of events) {
        if (!this.push(event)) return;
        count.accepted++;
      }
    });
  }

  pushColumns(columns: ColumnsInput<S>, length: number): number {
    const checked = this.#columns.check(columns, length);
    // Rows to try next; few where many have to go alone.
    let ahead = length;
    return counted((count) => {
      while (count.accepted < length) {
        const to = Math.min(length, count.accepted + ahead);
        const taken = this.#pushBlock(checked, count.accepted, to);
        count.accepted += taken;
        ahead = Math.max(1, 2 * taken);
        if (count.accepted === to) continue;
        const event = checked.eventAt(count.accepted) as EventOf<S>;
        // Reading may have closed the flow: then it does not matter what else is wrong.
        this.#assertLooksOpen();
        // The ring is full, or this row does not fit the schema, or does not fit here: `push` knows.
        if (!this.push(event)) return;
        count.accepted++;
      }
    });
  }

  /** Take rows `[from, to)` of columns, as far as they fit into the block. @returns how many. */
  #pushBlock({ columns }: CheckedColumns, from: number, to: number): number {
    const { writeColumns } = this.#writer;
    if (writeColumns === undefined) return 0;
    this.#assertLooksOpen();
    this.#assertNotReadingColumns();
    // While columns are read there is no group that anybody could want to be published, or to push into.
    this.publish();
    const place = this.#place;
    if (place.row === this.#limit && !this.#nextBlock()) return 0;
    const end = Math.min(to, from + this.#limit - place.row);
    let taken: number;
    this.readingColumns = true;
    try {
      taken = writeColumns(place.row, columns, from, end) - from;
    } finally {
      this.readingColumns = false;
    }
    if (taken === 0) return 0;
    this.#beginGroup();
    place.row += taken;
    if (place.row >= place.end) this.publish();
    return taken;
  }

  publish(): void {
    const { row } = this.#place;
    const group = row - this.#shown;
    if (group > 0) {
      this.#writer.flush(row);
      // Counted first: a flusher may have committed the rows before the next line here runs.
      this.#counters.add('accepted', group);
      this.#lease.publish(row, this.#lease.nothingWaits ? wrapped(now()) : undefined);
      this.#sequence += group;
      this.#shown = row;
    }
    this.#endGroup();
    if (group > 0 && row === this.#limit) this.#seal();
  }

  async writable(options?: WaitOptions): Promise<void> {
    this.publish();
    const hasRoom = () => {
      this.#assertOpen();
      return this.#place.row < this.#limit || this.#progress.hasRoom;
    };
    await this.#room.wait(hasRoom, options);
  }

  position(): ProducerPosition {
    return this.#commits.position(this.#sequence + this.unpublished, this.#droppedNewest);
  }

  async committed(options: CommittedOptions = {}): Promise<void> {
    this.publish();
    await this.#commits.committed(this.position(), this.#lease, options);
  }

  toWritable(): Writable {
    return toWritable(this);
  }

  close(): void {
    if (this.#closed) return;
    this.#assertNotReadingColumns();
    this.#closed = true;
    this.publish();
    if (this.#lease.block >= 0) this.#seal();
    this.#slots.free(this.#slot);
    this.#onClose();
  }

  /** Rows accepted that the counters in shared memory do not know of yet. */
  get unpublished(): number {
    return this.#place.row - this.#shown;
  }

  #assertNotReadingColumns(): void {
    if (this.readingColumns) throw reentrantPush(this.schema);
  }

  /** A glance; what it misses is noticed when the group begins. */
  #assertLooksOpen(): void {
    if (this.#closed || !this.#settings.looksOpen) throw new FlowClosedError(this.#shared.name);
  }

  #assertOpen(): void {
    if (this.#closed || this.#settings.state !== flowState.open) throw new FlowClosedError(this.#shared.name);
  }

  /**
   * Before rows are accepted or dropped: say so, then see that the flow is still open. The closing thread does it
   * the other way round, so either it waits until this is done, or it is not begun.
   */
  #activate(): void {
    this.#active = true;
    this.#slots.activate(this.#slot);
    if (this.#settings.state === flowState.open) return;
    this.#deactivate();
    throw new FlowClosedError(this.#shared.name);
  }

  #deactivate(): void {
    this.#active = false;
    this.#slots.deactivate(this.#slot, this.#sequence);
    // Whoever closes the flow may be waiting for this.
    if (this.#settings.state !== flowState.open) this.#progress.done.signal();
  }

  /** A place for a row: in the open block or the next one, in a group that begins with it. */
  #find(): boolean | undefined {
    this.#assertLooksOpen();
    this.#assertNotReadingColumns();
    while (this.#place.row === this.#limit && !this.#nextBlock()) {
      if (!this.#makeRoom()) return this.#refuse();
    }
    this.#beginGroup();
    return undefined;
  }

  /** What the group was promised for its texts may be too much; if that is not it, the row takes the next block. */
  #makeTextRoom(): void {
    const { unpublished } = this;
    this.publish();
    if (unpublished === 0) this.#seal();
  }

  /** Before the first row of a group counts: from now on it is published in any case. */
  #beginGroup(): void {
    this.#activate();
    const place = this.#place;
    place.end = Math.min(this.#limit, place.row + this.#publishEvery);
    if (this.#turnEnds || this.#publishEvery === 1) return;
    this.#turnEnds = true;
    process.nextTick(this.#endTurn);
  }

  #endGroup(): void {
    this.#place.end = this.#place.row;
    if (this.#active) this.#deactivate();
  }

  readonly #endTurn = (): void => {
    this.#turnEnds = false;
    this.publish();
  };

  #nextBlock(): boolean {
    if (!this.#lease.open(this.#schemaIndex, this.#sequence)) return false;
    this.#writer.open(this.#lease.block);
    this.#startRows(this.#shared.rowsPerBlock);
    return true;
  }

  #seal(): void {
    this.#commits.sealing(this.#lease);
    this.#lease.seal();
    this.#startRows(0);
  }

  #startRows(limit: number): void {
    this.#limit = limit;
    this.#place.row = 0;
    this.#place.end = 0;
    this.#shown = 0;
  }

  /** The ring is full: wait for room, or make it. @returns whether another try is worth it. */
  #makeRoom(): boolean {
    if (this.#shared.onFull === 'drop-oldest') {
      // Whoever closes the flow waits for this, too: what is dropped is counted before the end.
      this.#activate();
      const made = evictOldest(this.#shared, this.#slot, this.#counters);
      this.#deactivate();
      return made;
    }
    return (
      this.#shared.onFull === 'block' &&
      this.#room.block(() => {
        this.#assertOpen();
        return this.#progress.hasRoom;
      })
    );
  }

  /** What a full ring means to the row at hand. */
  #refuse(): boolean {
    if (this.#shared.onFull === 'reject' || this.#shared.onFull === 'block') {
      this.#counters.add('rejected', 1);
      return false;
    }
    this.#counters.add('accepted', 1);
    this.#counters.add('droppedNewest', 1);
    this.#droppedNewest++;
    return true;
  }
}
