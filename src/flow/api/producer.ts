/**
 * The interface of a producer, which writes events into a flow on one thread, as types.
 */
import type { Writable } from 'node:stream';
import type { EventOf, Schema } from '../../schema/columns/schema.js';

/** What writes events into the ring, on one thread. */
export interface Producer<S extends Schema = Schema> {
  readonly schema: S;
  /** Whether events may bring identities along: the flow has `identity: 'given'`. */
  readonly takesIdentities: boolean;
  /**
   * Take one event.
   * @returns true when it was accepted (a `drop-…` policy accepts, drops and counts); false when the ring
   *   is full and the caller still owns the event. What its getters or `toJSON` push comes before it.
   *   Events are checked first, whatever the state of the ring and the flow.
   * @throws EventError when it does not fit the schema, FlowClosedError on a closed flow.
   */
  push(event: EventOf<S>): boolean;
  /**
   * Take events in order until the ring is full. Pass an array to go on later: a generator's refused event is gone.
   * @returns how many were accepted.
   * @throws EventError with `index`: the events before it were accepted, it and those after it were not.
   */
  pushMany(events: Iterable<EventOf<S>>): number;
  /**
   * Take `length` events as columns: a typed array of the column's own kind, or any array, by column name.
   * @returns how many were accepted, from the first on.
   */
  pushColumns(columns: ColumnsInput<S>, length: number): number;
  /** Make everything pushed so far visible to flushers now, not at the end of the event-loop turn. */
  publish(): void;
  /** Resolves when a push would find room; rejects when the flow closes. */
  writable(options?: WaitOptions): Promise<void>;
  /**
   * Resolves when everything that this producer pushed before the call is committed. A flusher takes what waits as
   * soon as it is free.
   * @throws FlushError when rows were given up that were pushed since `since` (default: since the last call); its
   *   `failed` says which.
   */
  committed(options?: CommittedOptions): Promise<void>;
  /**
   * Take one event, wait for room where the ring is full, and wait until the event is committed: for a request handler.
   * A flusher takes what waits as soon as it is free, and not at the flush interval. An event that waits for room must
   * not be changed.
   * @throws FlushError when this event was given up or dropped, EventError when it does not fit the schema,
   *   CapacityError when `maxPendingWrites` calls wait, FlowClosedError, WaitTimeoutError (all by the promise).
   */
  write(event: EventOf<S>, options?: WaitOptions): Promise<void>;
  /**
   * Take one event, and wait for room where the ring is full. A `drop-…` policy accepts, drops and counts.
   * @throws EventError, CapacityError, FlowClosedError, WaitTimeoutError (all by the promise), as `write` does.
   */
  send(event: EventOf<S>, options?: WaitOptions): Promise<void>;
  /** How far this producer has come: for `committed({ since })`. */
  position(): ProducerPosition;
  /**
   * Rows pushed after `since` that the target had already, as a flow with `identity: 'given'` learns of them: after
   * `committed({ since })`, all of them.
   * @returns undefined where that cannot be told: another flow, a target that says only how many it had, or more of
   *   such rows than are remembered (`maxPendingWrites`).
   */
  duplicatesAtTarget(since: ProducerPosition): readonly RowRange[] | undefined;
  /** A Node stream in object mode on top of `push`, with backpressure; its end waits for the commit. */
  toWritable(): Writable;
  /** Publish, and give the block back. Harmless when repeated. */
  close(): void;
}

export type ColumnsInput<S extends Schema> = { readonly [K in keyof EventOf<S>]: ArrayLike<EventOf<S>[K]> };

export interface WaitOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** Everything that can be posted to a thread so that it can produce: `attachProducer(handle)`. */
export interface FlowHandle {
  readonly '~flow': unknown;
}

export interface CommittedOptions extends WaitOptions {
  /** A `position()`: only rows pushed after it make the promise reject. */
  since?: ProducerPosition;
}

/** A place in what a producer pushed; opaque. */
export interface ProducerPosition {
  readonly sequence: number;
  readonly dropped: number;
  readonly logged: number;
  readonly storedBefore: number;
  /** In a flow with shards, the place in each. */
  readonly shards?: readonly ProducerPosition[];
}

/** Rows of a producer, one after the other. */
export interface RowRange {
  /** Number of the first among those that the question was about. */
  readonly first: number;
  readonly count: number;
}
