/**
 * A flow on its creating thread: the producers' face, what it counts, and its end.
 */
import type { Writable } from 'node:stream';
import { threadId } from 'node:worker_threads';
import { FlowClosedError, type FlowFailedError, FlowOpenError, type FlushError } from '../errors.js';
import type { FlowMetrics } from '../metrics/read/flow-metrics.js';
import type { FlushInfo } from '../metrics/read/flush-info.js';
import type { CircuitState, FlowStats, Lateness, RingUsage } from '../metrics/read/stats.js';
import { Parking } from '../ring/parking.js';
import { Progress } from '../ring/progress.js';
import { LabelDictionary } from '../schema/block/label-dictionary.js';
import type { EventOf, Schema } from '../schema/columns/schema.js';
import { Batch, type BatchData } from '../schema/read/batch.js';
import type { CloseOptions, CloseReport, Flow, FlowEvents } from './api/flow.js';
import type {
  ColumnsInput,
  CommittedOptions,
  FlowHandle,
  Producer,
  ProducerPosition,
  WaitOptions,
} from './api/producer.js';
import { type FlowOptions, resolveUpdate } from './config/resolve.js';
import { FlowReader } from './flow-reader.js';
import { runOnBatch } from './on-batch.js';
import { openProducer } from './producer/attach.js';
import type { EventProducer } from './producer/event-producer.js';
import { Reports } from './reports.js';
import { flowState, LiveSettings } from './shared/live-settings.js';
import { schemaIndexOf } from './shared/schema-index.js';
import { createShared, type SharedFlow } from './shared/shared-flow.js';
import { hearAttachments } from './supervision/attachments.js';
import { drainAtExit } from './supervision/exit-drain.js';
import { drain, limit, stop } from './supervision/shutdown.js';
import { Supervisor } from './supervision/supervisor.js';
import { undelivered } from './undelivered.js';
import { now, wrapped } from './waiting/clock.js';
import { until } from './waiting/until.js';

/** Clocks of threads differ a little; flushing rows that came after the call does no harm. */
const flushSlackMs = 1000;

export class BatchFlow<S extends Schema> implements Flow<S> {
  readonly name: string;
  readonly #options: FlowOptions;
  readonly #shared: SharedFlow;
  readonly #settings: LiveSettings;
  readonly #progress: Progress;
  readonly #parking: Parking;
  readonly #labels: LabelDictionary;
  readonly #reader: FlowReader;
  readonly #supervisor: Supervisor;
  readonly #reports = new Reports();
  /** What flushers gave back when the flow stopped, as the ring could not keep it. */
  readonly #handedBack: Batch[] = [];
  #taken = false;
  readonly #producers = new Set<EventProducer<Schema>>();
  readonly #stopHearing: () => void;
  readonly #stopExitDrain: () => void;
  readonly #giveUp = new AbortController();
  readonly #onAbort = () => this.#abort();
  #own: EventProducer<S> | undefined;
  /** The threads are gone: what is still in the ring stays there. */
  #ended = false;
  #failure: FlowFailedError | undefined;
  #end: Promise<CloseReport> | undefined;

  constructor(options: FlowOptions) {
    this.name = options.name;
    this.#options = options;
    this.#shared = createShared(options, threadId);
    this.#settings = new LiveSettings(this.#shared.settings);
    this.#progress = new Progress(this.#shared.ring);
    this.#parking = new Parking(this.#shared.ring);
    this.#labels = new LabelDictionary(this.#shared.labels);
    this.#reader = new FlowReader(this.#shared, options, () => ({
      unpublished: [...this.#producers].reduce((sum, { unpublished }) => sum + unpublished, 0),
      ended: this.#ended,
      errorsDropped: this.#reports.failures.dropped,
    }));
    this.#supervisor = new Supervisor(options, this.#shared, {
      flushed: (info: FlushInfo) => this.#reports.emit('flush', info),
      failed: (failure) => this.#reports.failed(failure),
      sinkMetrics: (told) => this.#reader.sink.hear(told, (sent) => this.#reports.emit('sinkMetrics', sent)),
      handedBack: (schema, rows) => void this.#handedBack.push(this.#batch(schema, rows)),
      deliver: (schema, data) => runOnBatch(options.onBatch, this.#batch(schema, data)),
      exited: (exit) => this.#reports.emit('flusherExit', exit),
      broken: (error) => this.#break(error),
    });
    this.#stopHearing = hearAttachments(this.#shared);
    // `onBatch` needs this thread, which would be waiting.
    const drains = options.drainOnExit && options.onBatch === undefined;
    this.#stopExitDrain = drains
      ? drainAtExit({
          shared: this.#shared,
          graceMs: options.drainGraceMs,
          publish: () => this.publish(),
        })
      : () => {};
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
    return (this.#own ?? this.#openOwn()).push(event);
  }

  pushMany(events: Iterable<EventOf<S>>): number {
    return (this.#own ?? this.#openOwn()).pushMany(events);
  }

  pushColumns(columns: ColumnsInput<S>, length: number): number {
    return (this.#own ?? this.#openOwn()).pushColumns(columns, length);
  }

  publish(): void {
    for (const producer of this.#producers) producer.publish();
  }

  async writable(options?: WaitOptions): Promise<void> {
    return (this.#own ?? this.#openOwn()).writable(options);
  }

  async committed(options?: CommittedOptions): Promise<void> {
    try {
      await (this.#own ?? this.#openOwn()).committed(options);
    } catch (error) {
      // A producer knows that the flow has ended, and only the flow knows why.
      throw error instanceof FlowClosedError ? (this.#failure ?? error) : error;
    }
  }

  position(): ProducerPosition {
    return (this.#own ?? this.#openOwn()).position();
  }

  toWritable(): Writable {
    return (this.#own ?? this.#openOwn()).toWritable();
  }

  producer<T extends S = S>(schema?: T): Producer<T> {
    this.#assertOpen();
    return this.#open<T>(schemaIndexOf(this.#shared.schemas, schema));
  }

  handle(): FlowHandle {
    return { '~flow': this.#shared };
  }

  async flush(options?: WaitOptions): Promise<void> {
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
    return this.#reader.stats();
  }

  ring(): RingUsage {
    return this.#reader.ring();
  }

  lateness(): Lateness {
    return this.#reader.lateness();
  }

  metrics(): FlowMetrics {
    return this.#reader.metrics();
  }

  circuit(): CircuitState {
    return this.#reader.circuit();
  }

  errors(): AsyncIterable<FlushError> {
    return this.#reports.errors();
  }

  on<E extends keyof FlowEvents>(event: E, listener: (...args: FlowEvents[E]) => void): this {
    this.#reports.on(event, listener);
    return this.#listenersChanged();
  }

  off<E extends keyof FlowEvents>(event: E, listener: (...args: FlowEvents[E]) => void): this {
    this.#reports.off(event, listener);
    return this.#listenersChanged();
  }

  async close(options: CloseOptions = {}): Promise<CloseReport> {
    // Each call may set a limit; the first that is reached counts.
    const unlimited = limit(options, () => this.#giveUp.abort());
    this.#end ??= this.#finish();
    return this.#end.finally(unlimited);
  }

  destroy(): Promise<CloseReport> {
    this.#giveUp.abort();
    return this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  takeUndelivered<T extends S = S>(): Batch<T>[] {
    if (!this.#ended)
      throw new FlowOpenError(`flow "${this.name}" has not ended: close() or destroy() first`);
    const inRing = this.#taken ? [] : undelivered(this.#shared, this.#labels);
    this.#taken = true;
    return [...this.#handedBack.splice(0), ...inRing] as unknown as Batch<T>[];
  }

  /** A flush costs a message only while someone listens. */
  #listenersChanged(): this {
    this.#settings.wantsFlushEvents = this.#reports.hasListeners('flush');
    return this;
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#settings.state !== flowState.open) throw new FlowClosedError(this.name);
  }

  /** The producer behind the flow's own `push`: not before its first use, as it needs a block. */
  #openOwn(): EventProducer<S> {
    const index = schemaIndexOf(this.#shared.schemas, undefined);
    this.#assertOpen();
    this.#own = this.#open<S>(index);
    return this.#own;
  }

  #open<T extends Schema>(schemaIndex: number): EventProducer<T> {
    const producer = openProducer<T>(this.#shared, schemaIndex, this.#labels, () => () => {
      this.#producers.delete(producer as unknown as EventProducer<Schema>);
    });
    this.#producers.add(producer as unknown as EventProducer<Schema>);
    return producer;
  }

  #batch(name: string, data: BatchData): Batch {
    return new Batch(this.#shared.schemas.find((known) => known.name === name) as Schema, data);
  }

  #break(error: FlowFailedError): void {
    this.#failure ??= error;
    this.#stop();
    // The other flushers may be in the middle of a retry, and close() waiting for them.
    this.#supervisor.abort();
    this.#giveUp.abort();
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

  async #finish(): Promise<CloseReport> {
    if (this.#settings.state === flowState.open) this.#settings.state = flowState.closing;
    try {
      // Reading columns can call close(): that push ends first.
      if ([...this.#producers].some(({ readingColumns }) => readingColumns)) await Promise.resolve();
      for (const producer of [...this.#producers]) producer.close();
      if (this.#failure === undefined) await drain(this.#shared, this.#supervisor, this.#giveUp.signal);
    } finally {
      this.#stop();
      await this.#supervisor.destroy();
      this.#stopHearing();
      this.#stopExitDrain();
      this.#options.signal?.removeEventListener('abort', this.#onAbort);
      this.#ended = true;
      this.#reports.failures.end();
      this.#reports.emit('close');
    }
    if (this.#failure !== undefined) throw this.#failure;
    const { committed, deadLettered, dropped } = this.stats();
    return { committed, deadLettered, failed: dropped.failed ?? 0, undelivered: dropped.undelivered ?? 0 };
  }
}
