/**
 * A flow on its creating thread: the producers' face, what it counts, and its end.
 */
import { EventEmitter } from 'node:events';
import type { Writable } from 'node:stream';
import { threadId } from 'node:worker_threads';
import { FlowClosedError, type FlowFailedError, FlushError } from '../errors.js';
import { type FlowStats, type Lateness, type RingUsage, StatsReader } from '../metrics/stats.js';
import { Parking } from '../ring/parking.js';
import { Progress } from '../ring/progress.js';
import { Batch, type BatchData } from '../schema/batch.js';
import { LabelDictionary } from '../schema/label-dictionary.js';
import type { EventOf, Schema } from '../schema/schema.js';
import { openProducer } from './attach.js';
import { hearAttachments } from './attachments.js';
import { now, wrapped } from './clock.js';
import { type FlowOptions, resolveUpdate } from './config.js';
import { type EventProducer, schemaIndexOf } from './event-producer.js';
import { Failures } from './failures.js';
import type { FlushInfo } from './flusher-task.js';
import { flowState, LiveSettings } from './live-settings.js';
import { createShared, type SharedFlow } from './shared.js';
import { drain, stop } from './shutdown.js';
import { Supervisor } from './supervisor.js';
import type * as face from './types.js';
import { until } from './wait.js';

/** Clocks of threads differ a little; flushing rows that came after the call does no harm. */
const flushSlackMs = 1000;

export class BatchFlow<S extends Schema> implements face.Flow<S> {
  readonly name: string;
  readonly #options: FlowOptions;
  readonly #shared: SharedFlow;
  readonly #settings: LiveSettings;
  readonly #progress: Progress;
  readonly #parking: Parking;
  readonly #labels: LabelDictionary;
  readonly #stats: StatsReader;
  readonly #supervisor: Supervisor;
  readonly #events = new EventEmitter<face.FlowEvents>();
  readonly #failures = new Failures();
  /** Someone reads failures, or has been warned of one. */
  #heard = false;
  readonly #producers = new Set<EventProducer<Schema>>();
  readonly #stopHearing: () => void;
  readonly #giveUp = new AbortController();
  readonly #onAbort = () => this.#abort();
  #default: EventProducer<S> | undefined;
  /** The threads are gone: what is still in the ring stays there. */
  #ended = false;
  #failure: FlowFailedError | undefined;
  #end: Promise<face.CloseReport> | undefined;

  constructor(options: FlowOptions) {
    this.name = options.name;
    this.#options = options;
    this.#shared = createShared(options, threadId);
    this.#settings = new LiveSettings(this.#shared.settings);
    this.#progress = new Progress(this.#shared.ring);
    this.#parking = new Parking(this.#shared.ring);
    this.#labels = new LabelDictionary(this.#shared.labels);
    this.#stats = new StatsReader(this.#shared.counters, this.#shared.maxProducers, options.flushers);
    this.#supervisor = new Supervisor(options, this.#shared, {
      flushed: (info: FlushInfo) => this.#emit('flush', info),
      failed: (failure) => this.#report(failure),
      deliver: (schema, data) => this.#deliver(schema, data),
      exited: (exit) => this.#emit('flusherExit', exit),
      broken: (error) => this.#break(error),
    });
    this.#stopHearing = hearAttachments(this.#shared);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Start the flushers; called once, by `createBatchFlow`. */
  async start(): Promise<void> {
    try {
      await this.#supervisor.start();
    } catch (error) {
      await this.destroy().catch(() => {});
      this.#options.signal?.throwIfAborted();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#end !== undefined || this.#failure !== undefined;
  }

  push(event: EventOf<S>): boolean {
    return this.#own.push(event);
  }

  pushMany(events: Iterable<EventOf<S>>): number {
    return this.#own.pushMany(events);
  }

  pushColumns(columns: face.ColumnsInput<S>, length: number): number {
    return this.#own.pushColumns(columns, length);
  }

  publish(): void {
    for (const producer of this.#producers) producer.publish();
  }

  async writable(options?: face.WaitOptions): Promise<void> {
    return this.#own.writable(options);
  }

  async committed(options?: face.CommittedOptions): Promise<void> {
    return this.#own.committed(options);
  }

  position(): face.ProducerPosition {
    return this.#own.position();
  }

  toWritable(): Writable {
    return this.#own.toWritable();
  }

  producer<T extends S = S>(schema?: T): face.Producer<T> {
    this.#assertOpen();
    return this.#open<T>(schemaIndexOf(this.#shared.schemas, schema));
  }

  handle(): face.FlowHandle {
    return { '~flow': this.#shared };
  }

  async flush(options?: face.WaitOptions): Promise<void> {
    this.#assertOpen();
    this.publish();
    this.#settings.wantFlush(wrapped(now() + flushSlackMs));
    this.#parking.signal();
    const waitingFor = this.#progress.published();
    try {
      await until(
        this.#progress.done,
        () => {
          if (waitingFor.every((position) => this.#progress.isCommitted(position))) return true;
          if (this.#settings.state === flowState.stopped)
            throw this.#failure ?? new FlowClosedError(this.name);
          return false;
        },
        options,
      );
    } finally {
      this.#settings.flushDone();
    }
  }

  update(settings: { flushSize?: number; flushIntervalMs?: number }): void {
    const { flushSize, flushIntervalMs } = resolveUpdate(settings);
    this.#assertOpen();
    if (flushSize !== undefined) this.#settings.flushSize = flushSize;
    if (flushIntervalMs !== undefined) this.#settings.flushIntervalMs = flushIntervalMs;
    this.#parking.signal();
  }

  stats(): FlowStats {
    let unpublished = 0;
    for (const producer of this.#producers) unpublished += producer.unpublished;
    return this.#stats.read(unpublished, this.#ended, this.#failures.dropped);
  }

  ring(): RingUsage {
    const { blocks } = this.#shared.ring;
    return { blocks, capacity: blocks * this.#shared.rowsPerBlock, ...this.#progress.usage() };
  }

  lateness(): Lateness {
    return this.#stats.lateness();
  }

  errors(): AsyncIterable<FlushError> {
    this.#heard = true;
    return this.#failures;
  }

  on<E extends keyof face.FlowEvents>(event: E, listener: (...args: face.FlowEvents[E]) => void): this {
    this.#events.on(event, listener as never);
    return this.#listenersChanged();
  }

  off<E extends keyof face.FlowEvents>(event: E, listener: (...args: face.FlowEvents[E]) => void): this {
    this.#events.off(event, listener as never);
    return this.#listenersChanged();
  }

  close({ signal, timeoutMs }: face.CloseOptions = {}): Promise<face.CloseReport> {
    // Each call may set a limit; the first that is reached counts.
    const giveUp = () => this.#giveUp.abort();
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs);
    this.#end ??= this.#finish();
    return this.#end.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    });
  }

  destroy(): Promise<face.CloseReport> {
    this.#giveUp.abort();
    return this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A listener that throws must not end a flusher: its error is thrown where nobody else is harmed. */
  #emit<E extends keyof face.FlowEvents>(event: E, ...args: face.FlowEvents[E]): void {
    try {
      (this.#events as EventEmitter).emit(event, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }

  /** A flush costs a message only while someone listens. */
  #listenersChanged(): this {
    this.#settings.wantsFlushEvents = this.#events.listenerCount('flush') > 0;
    return this;
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#settings.state !== flowState.open) throw new FlowClosedError(this.name);
  }

  /** The producer behind the flow's own `push`; made at its first use, as it needs a block. */
  get #own(): EventProducer<S> {
    if (this.#default !== undefined) return this.#default;
    const index = schemaIndexOf(this.#shared.schemas, undefined);
    this.#assertOpen();
    this.#default = this.#open<S>(index);
    return this.#default;
  }

  #open<T extends Schema>(schemaIndex: number): EventProducer<T> {
    const producer = openProducer<T>(this.#shared, schemaIndex, this.#labels, () => () => {
      this.#producers.delete(producer as unknown as EventProducer<Schema>);
    });
    this.#producers.add(producer as unknown as EventProducer<Schema>);
    return producer;
  }

  #report(failure: { schema: string; rows: number; message: string; code?: string }): void {
    const cause = Object.assign(
      new Error(failure.message),
      failure.code === undefined ? {} : { code: failure.code },
    );
    const error = new FlushError(failure.schema, failure.rows, { cause });
    this.#failures.add(error);
    // Rows that are given up must not go unheard: whoever listens to nothing is told once.
    if (this.#events.listenerCount('flushError') === 0 && !this.#heard) process.emitWarning(error);
    this.#heard = true;
    this.#emit('flushError', error);
  }

  async #deliver(name: string, data: BatchData): Promise<void> {
    const schema = this.#shared.schemas.find((known) => known.name === name) as Schema;
    await this.#options.onBatch?.(new Batch(schema, data));
  }

  #break(error: FlowFailedError): void {
    this.#failure ??= error;
    this.#stop();
  }

  #abort(): void {
    const end = this.#options.drainOnAbort
      ? this.close({ timeoutMs: this.#options.drainGraceMs })
      : this.destroy();
    // Nobody awaits this close; whoever calls close() again gets its outcome.
    end.catch(() => {});
  }

  /** Flushers take nothing more, and whoever waits on the ring learns that it has ended. */
  #stop(): void {
    stop(this.#settings, this.#shared.ring);
  }

  async #finish(): Promise<face.CloseReport> {
    if (this.#settings.state === flowState.open) this.#settings.state = flowState.closing;
    for (const producer of [...this.#producers]) producer.close();
    try {
      if (this.#failure === undefined) await drain(this.#shared, this.#supervisor, this.#giveUp.signal);
    } finally {
      this.#stop();
      await this.#supervisor.destroy();
      this.#stopHearing();
      this.#options.signal?.removeEventListener('abort', this.#onAbort);
      this.#ended = true;
      this.#failures.end();
    }
    if (this.#failure !== undefined) throw this.#failure;
    const { committed, failed, dropped } = this.stats();
    return { committed, failed, undelivered: dropped.destroyed ?? 0 };
  }
}
