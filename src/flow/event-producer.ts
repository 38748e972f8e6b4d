/**
 * A producer: the row's way from `push` into a published block.
 *
 *     push ─▶ compiled writer stores the columns ─▶ a group is gathered ─▶ publish ─▶ the block is full ─▶ seal
 *
 * Rows of a group become visible together: when the group is full, when the event-loop turn ends, or on `publish()`.
 */
import type { Writable } from 'node:stream';
import { ConfigError, EventError, FlowClosedError } from '../errors.js';
import { Counters, producerCell } from '../metrics/counters.js';
import type { Histogram } from '../metrics/histogram.js';
import { enqueueHistogram } from '../metrics/meters.js';
import { BlockLease } from '../ring/block-lease.js';
import { Progress } from '../ring/progress.js';
import type { BlockLayout } from '../schema/block-layout.js';
import { reentrantPush } from '../schema/event-faults.js';
import type { LabelDictionary } from '../schema/label-dictionary.js';
import type { EventOf, Schema } from '../schema/schema.js';
import { compileWriter, type RowWriter } from '../schema/writer.js';
import { now, wrapped } from './clock.js';
import { eventsOfColumns } from './columns-input.js';
import { CommitWatch } from './commit-watch.js';
import { evictions, evictOldest } from './eviction.js';
import { GivenUpLog } from './given-up-log.js';
import { flowState, LiveSettings } from './live-settings.js';
import { ProducerSlots } from './producer-slots.js';
import { layoutsOf, type SharedFlow } from './shared.js';
import type { ColumnsInput, CommittedOptions, Producer, ProducerPosition, WaitOptions } from './types.js';
import { until } from './wait.js';
import { toWritable } from './writable.js';

export class EventProducer<S extends Schema> implements Producer<S> {
  readonly schema: S;
  readonly #shared: SharedFlow;
  readonly #schemaIndex: number;
  readonly #slot: number;
  readonly #settings: LiveSettings;
  readonly #slots: ProducerSlots;
  readonly #counters: Counters<typeof producerCell>;
  readonly #waits: Histogram;
  readonly #lease: BlockLease;
  readonly #progress: Progress;
  readonly #writer: RowWriter;
  readonly #commits: CommitWatch;
  readonly #onClose: () => void;
  readonly #publishEvery: number;

  /** The next row of the block, and how many it holds; equal when there is no block to write to. */
  #row = 0;
  #limit = 0;
  /** Rows written and not published. */
  #group = 0;
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
    this.#waits = enqueueHistogram(shared.meters, slot);
    // Ids in the ring start at 1.
    this.#lease = new BlockLease(shared.ring, slot + 1);
    this.#progress = new Progress(shared.ring);
    this.#writer = compileWriter(
      this.schema,
      layoutsOf(shared)[schemaIndex] as BlockLayout,
      shared.ring,
      labels,
    );
    this.#onClose = onClose;
    this.#publishEvery = shared.publishEvery;
    this.#sequence = this.#slots.sequence(slot);
    this.#commits = new CommitWatch(shared, this.schema.name, slot, this.#sequence);
  }

  push(event: EventOf<S>): boolean {
    if (this.#closed || !this.#settings.looksOpen) throw new FlowClosedError(this.#shared.name);
    for (;;) {
      if (this.#row === this.#limit && !this.#nextBlock()) {
        if (this.#makeRoom()) continue;
        return this.#refuse();
      }
      if (this.#write(event)) break;
      // Its texts do not fit: what the group was promised may be too much, or it takes the next block.
      if (this.#group > 0) this.publish();
      else this.#seal();
    }
    if (this.#group === 0) this.#beginGroup();
    this.#row++;
    this.#group++;
    if (this.#group === this.#publishEvery || this.#row === this.#limit) this.publish();
    return true;
  }

  pushMany(events: Iterable<EventOf<S>>): number {
    let accepted = 0;
    try {
      for (const event of events) {
        if (!this.push(event)) break;
        accepted++;
      }
    } catch (error) {
      if (error instanceof EventError) error.index = accepted;
      throw error;
    }
    return accepted;
  }

  pushColumns(columns: ColumnsInput<S>, length: number): number {
    return this.pushMany(eventsOfColumns(this.schema, columns, length) as Iterable<EventOf<S>>);
  }

  publish(): void {
    if (this.#group === 0) return;
    this.#writer.flush(this.#row);
    // Counted first: a flusher may have committed the rows before the next line here runs.
    this.#counters.add('accepted', this.#group);
    this.#lease.publish(this.#row, this.#lease.nothingWaits ? wrapped(now()) : undefined);
    this.#sequence += this.#group;
    this.#group = 0;
    this.#deactivate();
    if (this.#row === this.#limit) this.#seal();
  }

  async writable(options?: WaitOptions): Promise<void> {
    this.publish();
    const hasRoom = () => {
      this.#assertOpen();
      return this.#row < this.#limit || this.#progress.hasRoom;
    };
    if (hasRoom()) return;
    const began = performance.now();
    try {
      await until(this.#progress.room, hasRoom, options);
    } finally {
      this.#waits.observe((performance.now() - began) / 1000);
    }
  }

  position(): ProducerPosition {
    return this.#commits.position(this.#sequence + this.#group, this.#droppedNewest);
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
    this.#closed = true;
    this.publish();
    if (this.#lease.block >= 0) this.#seal();
    this.#slots.free(this.#slot);
    this.#onClose();
  }

  /** Rows accepted that the counters in shared memory do not know of yet. */
  get unpublished(): number {
    return this.#group;
  }

  /** Reading the event may run code of the caller: getters, `toJSON`. */
  #write(event: EventOf<S>): boolean {
    if (this.#writing) throw reentrantPush(this.schema);
    this.#writing = true;
    try {
      return this.#writer.write(this.#row, event);
    } finally {
      this.#writing = false;
    }
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
    this.#limit = this.#shared.rowsPerBlock;
    return true;
  }

  #seal(): void {
    this.#commits.sealing(this.#lease);
    this.#lease.seal();
    this.#row = 0;
    this.#limit = 0;
  }

  /** The ring is full: wait for room, or make it. @returns whether another try is worth it. */
  #makeRoom(): boolean {
    if (this.#shared.onFull === 'drop-oldest') {
      // Whoever closes the flow waits for this, too: what is dropped is counted before the end.
      this.#activate();
      const log = new GivenUpLog(this.#shared.givenUp);
      const made = evictOldest(this.#shared.ring, this.#slot + 1, evictions(this.#counters), log);
      this.#deactivate();
      return made;
    }
    return this.#shared.onFull === 'block' && this.#blockForRoom();
  }

  #blockForRoom(): boolean {
    const began = performance.now();
    try {
      return this.#waitForRoom(began + this.#shared.blockTimeoutMs);
    } finally {
      this.#waits.observe((performance.now() - began) / 1000);
    }
  }

  /** Block the thread until a block is free. */
  #waitForRoom(end: number): boolean {
    for (let left = this.#shared.blockTimeoutMs; left > 0; left = end - performance.now()) {
      this.#assertOpen();
      const epoch = this.#progress.room.announce();
      if (!this.#progress.hasRoom) this.#progress.room.wait(epoch, left);
      this.#progress.room.retire();
      if (this.#progress.hasRoom) return true;
    }
    return false;
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

/** The index of a producer's schema; undefined is fine where there is only one. @throws ConfigError */
export function schemaIndexOf(schemas: readonly Schema[], schema: Schema | undefined): number {
  const names = schemas.map(({ name }) => name).join(', ');
  if (schema === undefined) {
    if (schemas.length > 1)
      throw new ConfigError(
        'schema',
        undefined,
        `one of the flow's schemas (${names}): use flow.producer(schema)`,
      );
    return 0;
  }
  const index = schemas.findIndex(({ name }) => name === schema.name);
  if (index < 0) throw new ConfigError('schema', schema.name, `one of the flow's schemas: ${names}`);
  return index;
}
