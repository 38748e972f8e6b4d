/**
 * A producer: the row's way from `push` into a published block.
 *
 *     push ─▶ compiled writer stores the columns ─▶ a group is gathered ─▶ publish ─▶ the block is full ─▶ seal
 *
 * Rows of a group become visible together: when the group is full, when the event-loop turn ends, or on `publish()`.
 */
import type { Writable } from 'node:stream';
import { FlowClosedError } from '../errors.js';
import { Counters, producerCell } from '../metrics/counters.js';
import { BlockLease } from '../ring/block-lease.js';
import { Progress } from '../ring/progress.js';
import type { BlockLayout } from '../schema/block-layout.js';
import { reentrantPush } from '../schema/event-faults.js';
import type { LabelDictionary } from '../schema/label-dictionary.js';
import type { EventOf, Schema } from '../schema/schema.js';
import { compileWriter, type RowWriter } from '../schema/writer.js';
import { now, wrapped } from './clock.js';
import { type CheckedColumns, checkColumns } from './columns-input.js';
import { CommitWatch } from './commit-watch.js';
import { counted } from './counted.js';
import { evictOldest } from './eviction.js';
import { flowState, LiveSettings } from './live-settings.js';
import { ProducerSlots } from './producer-slots.js';
import { Room } from './room.js';
import { layoutsOf, type SharedFlow } from './shared.js';
import type { ColumnsInput, CommittedOptions, Producer, ProducerPosition, WaitOptions } from './types.js';
import { toWritable } from './writable.js';

export class EventProducer<S extends Schema> implements Producer<S> {
  readonly schema: S;
  readonly #shared: SharedFlow;
  readonly #schemaIndex: number;
  readonly #slot: number;
  readonly #settings: LiveSettings;
  readonly #slots: ProducerSlots;
  readonly #counters: Counters<typeof producerCell>;
  readonly #room: Room;
  readonly #lease: BlockLease;
  readonly #progress: Progress;
  readonly #writer: RowWriter;
  readonly #commits: CommitWatch;
  readonly #onClose: () => void;
  readonly #publishEvery: number;

  /** The next row of the block, and how many it holds; equal when there is no block to write to. */
  #row = 0;
  #limit = 0;
  /** Rows of the block that are published; those behind them are the group. */
  #shown = 0;
  /** The group's last row, which goes the long way; 0 without a group. */
  #groupEnd = 0;
  /** Rows published so far. */
  #sequence: number;
  /** Rows accepted and dropped at once. */
  #droppedNewest = 0;
  #turnEnds = false;
  #writing = false;
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
    this.#writer = compileWriter(this.schema, layout, shared.ring, labels);
    this.#onClose = onClose;
    this.#publishEvery = shared.publishEvery;
    this.#sequence = this.#slots.sequence(slot);
    this.#commits = new CommitWatch(shared, this.schema.name, slot, this.#sequence);
  }

  push(event: EventOf<S>): boolean {
    // A group that has begun is published in any case, so until its end nothing needs a look.
    if (this.#row < this.#groupEnd && this.#write(event)) {
      // Unless reading the event has published it.
      if (this.#groupEnd > 0) this.#row++;
      else this.#accept(1);
      return true;
    }
    return this.#pushSlowly(event);
  }

  #pushSlowly(event: EventOf<S>): boolean {
    this.#assertLooksOpen();
    for (;;) {
      if (this.#row === this.#limit && !this.#nextBlock()) {
        if (this.#makeRoom()) continue;
        return this.#refuse();
      }
      if (this.#write(event)) break;
      // Its texts do not fit: what the group was promised may be too much, or it takes the next block.
      if (this.unpublished > 0) this.publish();
      else this.#seal();
    }
    this.#accept(1);
    return true;
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
    const checked = checkColumns(this.schema, columns, length);
    // Rows to try next; few where many have to go alone.
    let ahead = length;
    return counted((count) => {
      while (count.accepted < length) {
        const to = Math.min(length, count.accepted + ahead);
        const taken = this.#pushBlock(checked, count.accepted, to);
        count.accepted += taken;
        ahead = Math.max(1, 2 * taken);
        if (count.accepted === to) continue;
        // The ring is full, or this row does not fit the schema, or does not fit here: `push` knows.
        if (!this.push(checked.eventAt(count.accepted) as EventOf<S>)) return;
        count.accepted++;
      }
    });
  }

  /** Take rows `[from, to)` of columns, as far as they fit into the block. @returns how many. */
  #pushBlock({ columns }: CheckedColumns, from: number, to: number): number {
    const { writeColumns } = this.#writer;
    if (writeColumns === undefined) return 0;
    this.#assertLooksOpen();
    // While columns are read there is no group that anybody could want to be published.
    this.publish();
    if (this.#row === this.#limit && !this.#nextBlock()) return 0;
    const end = Math.min(to, from + this.#limit - this.#row);
    this.#assertNotWriting();
    this.#writing = true;
    let taken: number;
    try {
      taken = writeColumns(this.#row, columns, from, end) - from;
    } finally {
      this.#writing = false;
    }
    if (taken > 0) this.#accept(taken);
    return taken;
  }

  /** Rows are written: they count from now on. */
  #accept(rows: number): void {
    if (this.unpublished === 0) this.#beginGroup();
    this.#row += rows;
    if (this.unpublished >= this.#publishEvery || this.#row === this.#limit) this.publish();
  }

  publish(): void {
    const group = this.unpublished;
    if (group === 0) return;
    this.#writer.flush(this.#row);
    // Counted first: a flusher may have committed the rows before the next line here runs.
    this.#counters.add('accepted', group);
    this.#lease.publish(this.#row, this.#lease.nothingWaits ? wrapped(now()) : undefined);
    this.#sequence += group;
    this.#shown = this.#row;
    this.#groupEnd = 0;
    this.#deactivate();
    if (this.#row === this.#limit) this.#seal();
  }

  async writable(options?: WaitOptions): Promise<void> {
    this.publish();
    const hasRoom = () => {
      this.#assertOpen();
      return this.#row < this.#limit || this.#progress.hasRoom;
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
    this.#assertNotWriting();
    this.#closed = true;
    this.publish();
    if (this.#lease.block >= 0) this.#seal();
    this.#slots.free(this.#slot);
    this.#onClose();
  }

  /** An event is being read, by code further up on this thread's stack. */
  get writing(): boolean {
    return this.#writing;
  }

  /** Rows accepted that the counters in shared memory do not know of yet. */
  get unpublished(): number {
    return this.#row - this.#shown;
  }

  /** Reading the event may run code of the caller: getters, `toJSON`. */
  #write(event: EventOf<S>): boolean {
    this.#assertNotWriting();
    this.#writing = true;
    try {
      return this.#writer.write(this.#row, event);
    } finally {
      this.#writing = false;
    }
  }

  #assertNotWriting(): void {
    if (this.#writing) throw reentrantPush(this.schema);
  }

  /** A glance, for each push; what it misses is noticed when the group begins. */
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
    this.#slots.activate(this.#slot);
    if (this.#settings.state === flowState.open) return;
    this.#deactivate();
    throw new FlowClosedError(this.#shared.name);
  }

  #deactivate(): void {
    this.#slots.deactivate(this.#slot, this.#sequence);
    // Whoever closes the flow may be waiting for this.
    if (this.#settings.state !== flowState.open) this.#progress.done.signal();
  }

  /** Before the first row of a group counts: from now on it is published in any case. */
  #beginGroup(): void {
    this.#activate();
    this.#groupEnd = Math.min(this.#limit, this.#row + this.#publishEvery) - 1;
    if (this.#turnEnds || this.#publishEvery === 1) return;
    this.#turnEnds = true;
    process.nextTick(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#turnEnds = false;
    this.publish();
  };

  #nextBlock(): boolean {
    if (!this.#lease.open(this.#schemaIndex, this.#sequence)) return false;
    this.#writer.open(this.#lease.block);
    this.#row = 0;
    this.#shown = 0;
    this.#limit = this.#shared.rowsPerBlock;
    return true;
  }

  #seal(): void {
    this.#commits.sealing(this.#lease);
    this.#lease.seal();
    this.#row = 0;
    this.#shown = 0;
    this.#limit = 0;
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
    return this.#shared.onFull === 'block' && this.#room.block(() => this.#assertOpen());
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
