/**
 * A producer: the row's way from `push` into a published block.
 *
 *     push ─▶ the compiled writer stores the columns ─▶ a group is gathered ─▶ publish ─▶ the block is full ─▶ seal
 *
 * `push` is the compiled writer's own function. The place of its rows is `block-writer.ts`, a full ring `full-ring.ts`,
 * the agreement with the thread that closes the flow `own-slot.ts`.
 */
import type { Writable } from 'node:stream';
import type { EventError } from '../../errors.js';
import type { Progress } from '../../ring/progress.js';
import type { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { EventOf, Schema } from '../../schema/columns/schema.js';
import { assertEvents } from '../../schema/write/event-faults.js';
import type {
  ColumnsInput,
  CommittedOptions,
  ProducerPosition,
  RowRange,
  WaitOptions,
} from '../api/producer.js';
import { FlowSchemas } from '../shared/flow-schemas.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { comesTrue } from '../waiting/until.js';
import { checkCommitted, checkWait } from '../waiting/wait-options.js';
import { AwaitedWrites } from './awaited-writes.js';
import { BlockWriter } from './block-writer.js';
import { ColumnsPush } from './columns-push.js';
import { CommitWatch } from './commit-watch.js';
import { counted } from './counted.js';
import type { RingProducer } from './flow-producer.js';
import { whenFull } from './full-ring.js';
import type { OwnSlot } from './own-slot.js';
import { producerViews } from './producer-views.js';
import { Room } from './room.js';
import type { AwaitedRows } from './unsettled-blocks.js';
import { toWritable } from './writable.js';

export class EventProducer<S extends Schema> implements RingProducer<S> {
  readonly schema: S;
  readonly takesIdentities: boolean;
  readonly push: (event: EventOf<S>) => boolean;
  readonly #slot: OwnSlot;
  readonly #progress: Progress;
  readonly #room: Room;
  readonly #commits: CommitWatch;
  readonly #block: BlockWriter;
  readonly #columns: ColumnsPush<S>;
  readonly #writes: AwaitedWrites;

  /**
   * @param slot the number of the slot that the producer has taken.
   * @param onClose called once the producer has given its slot back.
   */
  constructor(
    shared: SharedFlow,
    schemaIndex: number,
    slot: number,
    labels: LabelDictionary,
    private readonly onClose: () => void,
  ) {
    const blocks = new FlowSchemas(shared).blocksOf(schemaIndex);
    this.schema = blocks.schema as S;
    this.takesIdentities = shared.storedBefore !== undefined;
    const views = producerViews(shared, slot);
    this.#slot = views.slot;
    this.#progress = views.progress;
    this.#room = new Room(shared, slot, views);
    this.#commits = new CommitWatch(shared, this.schema.name, views);
    const full = whenFull(shared, views, this.#room);
    this.#block = new BlockWriter(shared, schemaIndex, blocks, labels, views, this.#commits, full);
    this.#columns = new ColumnsPush(this.schema, this.#block, views.slot);
    this.#writes = new AwaitedWrites(shared, {
      slot: views.slot,
      block: this.#block,
      commits: this.#commits,
      room: this.#room,
      hasRoom: this.#hasRoom,
      refusals: views.refusals,
    });
    this.push = this.#block.compiled.push;
  }

  pushMany(events: Iterable<EventOf<S>>): number {
    assertEvents(this.schema, events, (error) => this.#block.refused(error));
    return counted((count) => {
      for (const event of events) {
        if (!this.push(event)) return;
        count.accepted++;
      }
    });
  }

  pushColumns(columns: ColumnsInput<S>, length: number): number {
    return this.#columns.push(columns, length);
  }

  publish(): void {
    this.#block.publish();
  }

  async writable(options?: WaitOptions): Promise<void> {
    const wait = checkWait(options);
    this.publish();
    await this.#room.wait(this.#hasRoom, wait);
  }

  write(event: EventOf<S>, options?: WaitOptions): Promise<void> {
    return this.#writes.write(event, options);
  }

  send(event: EventOf<S>, options?: WaitOptions): Promise<void> {
    return this.#writes.send(event, options);
  }

  position(): ProducerPosition {
    return this.#commits.position(this.unpublished);
  }

  async committed(options?: CommittedOptions): Promise<void> {
    const wait = checkCommitted(options);
    if (this.unpublished > 0 || !this.#commits.isDone) this.#block.want();
    this.publish();
    await this.#commits.committed(wait);
  }

  duplicatesAtTarget(since: ProducerPosition): readonly RowRange[] | undefined {
    return this.#commits.duplicatesAtTarget(since, this.position());
  }

  toWritable(): Writable {
    return toWritable(this);
  }

  /** Number that the next row gets. */
  get nextRow(): number {
    return this.#slot.sequence + this.unpublished;
  }

  /** Remember rows that end together: from number `from` up to the last accepted one. `takeEnded` hands them out. */
  awaitEnds(from: number, of: AwaitedRows): void {
    this.#commits.awaitRows(from, this.nextRow, of);
  }

  /** Hand out what `awaitEnds` was called with, as far as all of its rows have ended. */
  takeEnded(end: (of: AwaitedRows) => void): void {
    this.#commits.takeSettledRows(end);
  }

  /** Call a function now and after each signal of settled rows, and of the flow's end, until it returns true. */
  watchEnds(look: () => boolean): Promise<unknown> {
    return comesTrue(this.#progress.done, look, {});
  }

  /** Rows for which the open block has room. */
  get placesLeft(): number {
    return this.#block.placesLeft;
  }

  /** Resolves when a condition on the ring's room holds. @throws FlowClosedError when none will come. */
  async roomWhen(condition: () => boolean): Promise<void> {
    this.publish();
    const holds = () => {
      this.#slot.assertOpen();
      return condition();
    };
    await this.#room.wait(holds, {});
  }

  close(): void {
    if (this.#slot.freed) return;
    this.#block.assertNotReadingColumns();
    this.#writes.close();
    this.#block.close();
    this.#slot.free();
    this.onClose();
  }

  refused(error: EventError): EventError {
    return this.#block.refused(error);
  }

  readonly #hasRoom = (): boolean => {
    this.#slot.assertOpen();
    return this.#room.isBelow && (this.#block.hasPlace || this.#progress.hasRoom);
  };

  set onRefused(listener: ((error: EventError) => void) | undefined) {
    this.#block.onRefused = listener;
  }

  get unpublished(): number {
    return this.#block.unpublished;
  }

  get rows(): number {
    return this.#slot.sequence + this.#block.unpublished;
  }

  get readingColumns(): boolean {
    return this.#block.readingColumns;
  }
}
