/**
 * The contract between a flow and a source: where events come from without a program pushing them.
 *
 * A source is a module that a thread of its own loads; the creating thread only names it, by a URL and options that can
 * be posted (`SourceRef`). The thread calls `open` once, `run` once, and `close` at its end. `run` begins a unit for
 * each message, or part of a file, that can be acknowledged alone, pushes its rows, and ends it. When all rows of a
 * unit have ended (each is committed or a dead letter), in whatever order and flusher, `acknowledge` gets the unit.
 */
import type { ColumnsInput, WaitOptions } from './flow/api/producer.js';
import type { EventOf, Schema } from './schema/columns/schema.js';
import type { MetricsRegistry } from './sink.js';
import type { ModuleRef } from './sink-module.js';

/** A source as the configuration holds it: the address of a module that exports a source, and its options. */
export type SourceRef = ModuleRef;

/** What writes a source's events into the ring, one for each schema. */
export interface SourceProducer<S extends Schema = Schema> {
  readonly schema: S;
  /** Whether events may bring identities along (`withIdentity`): the flow has `identity: 'given'`. */
  readonly takesIdentities: boolean;
  /**
   * Take one event.
   *
   * @returns false when the ring is full. Then wait for `writable()`, or push by `send`.
   * @throws EventError when it does not fit the schema, FlowClosedError once the flow takes no rows.
   */
  push(event: EventOf<S>): boolean;
  /** Take events in order until the ring is full. @returns how many were accepted. @throws EventError with `index` */
  pushMany(events: Iterable<EventOf<S>>): number;
  /** Take `length` events as columns. @returns how many were accepted, from the first on. */
  pushColumns(columns: ColumnsInput<S>, length: number): number;
  /** Take one event, and wait for room where the ring is full. */
  send(event: EventOf<S>): Promise<void>;
  /** Show what was pushed to flushers now, not at the end of the event-loop turn. */
  publish(): void;
  /** Resolves when a push would find room; rejects when the flow takes no rows. */
  writable(options?: WaitOptions): Promise<void>;
}

/** What a source got and could make no rows of. */
export interface RefusedInput {
  /** As it came; what is no UTF-8 is kept as bytes. */
  readonly input: string | Uint8Array;
  readonly error: unknown;
  /** The name of the schema that it was meant for, if that is known. */
  readonly schema?: string;
  /** 25 bytes that tell it from all others (`identityOf`), the same when it comes again. Default: new ones. */
  readonly identity?: Uint8Array;
}

/** A unit under way: it has been received, and its rows are being pushed. */
export interface UnitDelivery<U = unknown> {
  readonly unit: U;
  /**
   * Make a dead letter of what is no row. The unit waits for it as for a row.
   *
   * @returns a promise where many wait to be stored: await it before the next one. @throws TypeError for no input.
   */
  refuse(refused: RefusedInput): Promise<void> | undefined;
  /** All rows of the unit have been pushed. */
  done(): void;
}

/** What a source knows, and what it works with. */
export interface SourceContext<O = unknown, U = unknown> {
  /** The flow's name. */
  readonly flow: string;
  readonly options: O;
  /** Every schema of the flow. */
  readonly schemas: readonly Schema[];
  /** Aborts when the flow takes no more units: `run` ends those that it has begun, and returns. */
  readonly signal: AbortSignal;
  /** As a sink's: metrics of the source's own, shown by `prometheus(flow)`. Loads prom-client when it is first read. */
  readonly metrics: MetricsRegistry;
  /** Says that metrics have changed. */
  metricsChanged(): void;
  /**
   * Tell of trouble that `run` deals with by itself: the event `sourceError`. What `run` throws is told in any case.
   */
  report(error: Error): void;
  /**
   * Say whether units can come, where `run` deals with failures by itself: `/readyz` of a worker shows it. Without a
   * word they can while `run` runs.
   */
  isReady(ready: boolean): void;
  /** Rows for which there is room: an estimate, since long texts fill blocks earlier. A source fetches no more. */
  readonly room: number;
  /**
   * Resolves when there is room for so many rows, or for as many as may come without more room.
   *
   * @throws FlowClosedError once the flow takes no rows.
   */
  whenRoom(rows: number): Promise<void>;
  /** The producer of a schema; the schema, or its name, is needed only where the flow has several. */
  producer<S extends Schema = Schema>(schema?: S | string): SourceProducer<S>;
  /** A unit has been received. Rows that are pushed until its `done()` count as its rows. */
  begin(unit: U): UnitDelivery<U>;
  /**
   * Begin a unit, let a function push its rows, and end it.
   *
   * @throws whatever the function throws; then the unit is not done, and is handed back when `run` has ended.
   */
  deliver(unit: U, push: (delivery: UnitDelivery<U>) => void | Promise<void>): Promise<void>;
}

export interface Source<O = unknown, U = unknown> {
  /** Before `run`; a failure here fails `createBatchFlow`. */
  open?(context: SourceContext<O, U>): void | Promise<void>;
  /**
   * Take units and push their rows, until the source has no more, or `context.signal` aborts. An error is reported, the
   * units that are not done are handed back, and `run` is called again after a pause of 0.1 s to 30 s.
   */
  run(context: SourceContext<O, U>): void | Promise<void>;
  /**
   * All rows of these units have ended. The units come in the order in which they ended, which need not be that of
   * `begin`. The next call waits for this one. An error is reported, and its units count as handed back.
   */
  acknowledge(units: readonly U[]): void | Promise<void>;
  /** The flow stops, or `run` has failed, before all rows of these units had ended: they are to be delivered again. */
  handBack?(units: readonly U[]): void | Promise<void>;
  /** These units have been under way for `workingMs` at least: called each `workingMs` while there are any. */
  working?(units: readonly U[]): void | Promise<void>;
  /** Default 5000. */
  readonly workingMs?: number;
  /** After the last unit was acknowledged or handed back. */
  close?(): void | Promise<void>;
}

/** Marks what `defineSource` made, so that a factory is told from a source. */
export const sourceMark = Symbol.for('batchflow-threads.source');

export interface SourceFactory<O = unknown, U = unknown> {
  readonly [sourceMark]: true;
  readonly create: (options: O) => Source<O, U>;
}

/**
 * Define a source module's default export.
 *
 * @param source a source, or a function of the options that makes one (for a source with state).
 * @example
 * export default defineSource((options: { topic: string }) => {
 *   const broker = connect(options.topic);
 *   return {
 *     async run({ signal, producer, deliver }) {
 *       for await (const message of broker.messages({ signal }))
 *         await deliver(message, () => producer().send(message.json()));
 *     },
 *     acknowledge: (messages) => broker.ack(messages),
 *     handBack: (messages) => broker.nak(messages),
 *     close: () => broker.end(),
 *   };
 * });
 */
export function defineSource<O = unknown, U = unknown>(
  source: Source<O, U> | ((options: O) => Source<O, U>),
): SourceFactory<O, U> {
  return { [sourceMark]: true, create: typeof source === 'function' ? source : () => source };
}
