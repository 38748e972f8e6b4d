/**
 * A producer of a flow with shards: a face over one producer for each.
 *
 *     event ─▶ route ─▶ the producer of its shard ─▶ the choice is noted, so that failures can be told in push order
 *
 * Each shard's producer works as that of a flow without shards. What is counted over all rows is added up here.
 */
import type { Writable } from 'node:stream';
import { messageOf } from '../../describe.js';
import { ConfigError, EventError, FlushError } from '../../errors.js';
import type { EventOf, Schema } from '../../schema/columns/schema.js';
import { reentrantPush } from '../../schema/write/event-faults.js';
import type {
  ColumnsInput,
  CommittedOptions,
  ProducerPosition,
  RowRange,
  WaitOptions,
} from '../api/producer.js';
import { checkCommitted, checkWait } from '../waiting/wait-options.js';
import { ColumnsCheck } from './columns-input.js';
import { counted } from './counted.js';
import type { FlowProducer, RingProducer } from './flow-producer.js';
import { PushOrder } from './push-order.js';
import type { ShardRoute } from './shard-route.js';
import { toWritable } from './writable.js';

export class ShardedProducer<S extends Schema> implements FlowProducer<S> {
  readonly schema: S;
  readonly takesIdentities: boolean;
  readonly #order: PushOrder;
  readonly #columns: ColumnsCheck;
  /** The position of the last `committed()` that came to an answer. */
  #mark: ProducerPosition;
  #closed = false;

  /**
   * @param shards by number; at least one.
   * @param onClose called once when the producer closes.
   */
  constructor(
    private readonly shards: readonly RingProducer<S>[],
    private readonly route: ShardRoute,
    private readonly onClose: () => void,
  ) {
    const [first] = shards as [RingProducer<S>];
    this.schema = first.schema;
    this.takesIdentities = first.takesIdentities;
    this.#order = new PushOrder(shards);
    this.#columns = new ColumnsCheck(first.schema);
    this.#mark = this.position();
  }

  readonly push = (event: EventOf<S>): boolean => {
    const shard = this.route.of(event);
    this.#order.turnTo(shard);
    const accepted = this.#shard(shard).push(event);
    // Code of the caller that ran while the event was read may have pushed elsewhere.
    this.#order.turnTo(shard);
    if (!accepted) this.route.refused();
    return accepted;
  };

  pushMany(events: Iterable<EventOf<S>>): number {
    // What is no list is refused by any of them.
    if (typeof events?.[Symbol.iterator] !== 'function') return this.#shard(0).pushMany(events);
    return counted((count) => {
      for (const event of events) {
        if (!this.push(event)) return;
        count.accepted++;
      }
    });
  }

  pushColumns(columns: ColumnsInput<S>, length: number): number {
    if (!this.route.byRow) return this.#pushTogether(columns, length);
    const { eventAt } = this.#checked(columns, length);
    return counted((count) => {
      while (count.accepted < length && this.push(eventAt(count.accepted) as EventOf<S>)) count.accepted++;
    });
  }

  publish(): void {
    for (const shard of this.shards) shard.publish();
  }

  async writable(options?: WaitOptions): Promise<void> {
    const wait = checkWait(options);
    await Promise.all(this.shards.map((shard) => shard.writable(wait)));
  }

  write(event: EventOf<S>, options?: WaitOptions): Promise<void> {
    return this.#await(event, (shard) => shard.write(event, options));
  }

  send(event: EventOf<S>, options?: WaitOptions): Promise<void> {
    return this.#await(event, (shard) => shard.send(event, options));
  }

  position(): ProducerPosition {
    this.#order.gather();
    const shards = this.shards.map((shard) => shard.position());
    const sum = { sequence: 0, dropped: 0, logged: 0, storedBefore: 0 };
    for (const { sequence, dropped, logged, storedBefore } of shards) {
      sum.sequence += sequence;
      sum.dropped += dropped;
      sum.logged += logged;
      sum.storedBefore += storedBefore;
    }
    return { ...sum, shards };
  }

  async committed(options?: CommittedOptions): Promise<void> {
    const { since, ...wait } = checkCommitted(options);
    const from = since ?? this.#mark;
    const places = this.#placesOf(from);
    const to = this.position();
    const answers = await Promise.allSettled(
      this.shards.map((shard, i) => shard.committed({ ...wait, since: places[i] as ProducerPosition })),
    );
    const errors = answers.map((answer) => (answer.status === 'rejected' ? answer.reason : undefined));
    for (const error of errors) if (error !== undefined && !(error instanceof FlushError)) throw error;
    // A call may be answered while an earlier one still waits.
    if (since === undefined && accepted(to) >= accepted(this.#mark)) this.#mark = to;
    const error = this.#together(from, errors);
    if (error !== undefined) throw error;
  }

  duplicatesAtTarget(since: ProducerPosition): readonly RowRange[] | undefined {
    const places = this.#placesOf(since);
    const there = this.shards.map((shard, i) => shard.duplicatesAtTarget(places[i] as ProducerPosition));
    if (there.some((rows) => rows === undefined)) return undefined;
    const { ranges, lost } = this.#order.find(
      since,
      there.map((rows = []) => rows.map((range) => ({ ...range, what: undefined }))),
      () => true,
    );
    return lost > 0 ? undefined : ranges.map(({ first, count }) => ({ first, count }));
  }

  toWritable(): Writable {
    return toWritable(this);
  }

  close(): void {
    if (this.#closed) return;
    if (this.readingColumns) throw reentrantPush(this.schema);
    this.#closed = true;
    for (const shard of this.shards) shard.close();
    this.onClose();
  }

  get unpublished(): number {
    return this.shards.reduce((sum, { unpublished }) => sum + unpublished, 0);
  }

  set onRefused(listener: ((error: EventError) => void) | undefined) {
    for (const shard of this.shards) shard.onRefused = listener;
  }

  get readingColumns(): boolean {
    return this.shards.some(({ readingColumns }) => readingColumns);
  }

  #shard(number: number): RingProducer<S> {
    return this.shards[number] as RingProducer<S>;
  }

  /** Columns are copied as they are where all rows may go to one shard. */
  #pushTogether(columns: ColumnsInput<S>, length: number): number {
    const shard = this.route.of(undefined);
    this.#order.turnTo(shard);
    try {
      const taken = this.#shard(shard).pushColumns(columns, length);
      if (taken < length) this.route.refused();
      return taken;
    } finally {
      // As in `push`: rows come in behind those that were pushed while the columns were read.
      this.#order.turnTo(shard);
    }
  }

  #checked(columns: ColumnsInput<S>, length: number) {
    try {
      return this.#columns.check(columns, length);
    } catch (error) {
      throw error instanceof EventError ? this.#shard(0).refused(error) : error;
    }
  }

  /** @param begin what waits in the event's shard. */
  #await(event: EventOf<S>, begin: (shard: RingProducer<S>) => Promise<void>): Promise<void> {
    try {
      const number = this.route.of(event);
      const shard = this.#shard(number);
      this.#order.turnTo(number);
      const { rows } = shard;
      const done = begin(shard);
      this.#order.turnTo(number);
      // Without a row, the event waits for room, or there is nothing to wait for.
      if (shard.rows === rows) this.#order.unseenUntil(done);
      return done;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @throws ConfigError for a position of a producer that has other shards. */
  #placesOf(position: ProducerPosition): readonly ProducerPosition[] {
    const { shards = [] } = position;
    if (shards.length === this.shards.length) return shards;
    throw new ConfigError('since', position, 'what position() of a producer of this flow returned');
  }

  /** The error of rows that were given up in any shard. */
  #together(since: ProducerPosition, errors: readonly (FlushError | undefined)[]): FlushError | undefined {
    const failed = errors.filter((error) => error !== undefined);
    const [error] = failed;
    if (error === undefined) return undefined;
    const { ranges, rows } = this.#order.find(
      since,
      errors.map((each) => (each?.failed ?? []).map(({ first, count, ...what }) => ({ first, count, what }))),
      (a, b) => a.message === b.message && a.deadLettered === b.deadLettered,
    );
    // Of these, the shards know no more than how many there are.
    const unknown = failed.reduce((sum, each) => sum + each.rows - countOf(each.failed), 0);
    return new FlushError(this.schema.name, rows + unknown, {
      cause: new Error(ranges[0]?.what.message ?? messageOf(error.cause)),
      failed: ranges.map(({ first, count, what }) => ({ first, count, ...what })),
      deadLettered: failed.every(({ deadLettered }) => deadLettered),
    });
  }
}

/** Rows that a producer has accepted up to a position, those included that were dropped at once. */
function accepted({ sequence, dropped }: ProducerPosition): number {
  return sequence + dropped;
}

function countOf(ranges: readonly RowRange[]): number {
  return ranges.reduce((sum, { count }) => sum + count, 0);
}
