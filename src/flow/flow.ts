/**
 * A flow on its creating thread: the object that `createBatchFlow` returns. Each method belongs to one of its parts:
 * the flow's own producer, live controls, statistics, events, life cycle.
 */
import type { Writable } from 'node:stream';
import { threadId } from 'node:worker_threads';
import { FlowClosedError, FlowOpenError, type FlushError } from '../errors.js';
import type { FlowMetrics } from '../metrics/read/flow-metrics.js';
import type { CircuitState, DeadLetterState, FlowStats, Lateness, RingUsage } from '../metrics/read/stats.js';
import { Redactor } from '../redact/redactor.js';
import { LabelDictionary } from '../schema/block/label-dictionary.js';
import type { EventOf, Schema } from '../schema/columns/schema.js';
import type { Batch } from '../schema/read/batch.js';
import type { CloseOptions, CloseReport, Flow, FlowEnd } from './api/flow.js';
import type {
  ColumnsInput,
  CommittedOptions,
  FlowHandle,
  Producer,
  ProducerPosition,
  RowRange,
  WaitOptions,
} from './api/producer.js';
import type { CurrentSettings } from './api/settings.js';
import { type FlowOptions, resolveUpdate } from './config/resolve.js';
import { FlowReader } from './flow-reader.js';
import { flusherEvents, sourceEvents } from './flusher-events.js';
import { KnownEvents } from './known-events.js';
import { Lifecycle } from './lifecycle.js';
import { LiveControls } from './live-controls.js';
import { noneObserved, observingOf } from './observing/observing.js';
import { FlowProducers } from './producers.js';
import { Reports } from './reports.js';
import { createFlowMemory, type FlowMemory } from './shared/flow-memory.js';
import { FlowSchemas } from './shared/flow-schemas.js';
import { SinkHealth } from './sink-health.js';
import { SourceKeeper } from './supervision/source-keeper.js';
import { Supervisor } from './supervision/supervisor.js';
import { Undelivered } from './undelivered.js';
import { throwIfAborted } from './waiting/on-abort.js';
import { checkWait } from './waiting/wait-options.js';

export class BatchFlow<S extends Schema> extends KnownEvents implements Flow<S> {
  readonly name: string;
  readonly #memory: FlowMemory;
  readonly #producers: FlowProducers<S>;
  readonly #controls: LiveControls;
  readonly #reader: FlowReader;
  readonly #reports: Reports;
  readonly #undelivered: Undelivered;
  readonly #health: SinkHealth;
  readonly #life: Lifecycle;

  constructor(options: FlowOptions) {
    super();
    this.name = options.name;
    const memory = createFlowMemory(options, threadId);
    const { shards } = memory;
    const [{ labels: labelMemory, observed }] = shards;
    const labels = new LabelDictionary(labelMemory);
    const redactor = new Redactor(options.redact === false ? undefined : options.redact);
    const observing = observed && observingOf(options, observed, redactor);
    const reports = new Reports(this, options.errorBufferSize, redactor, observing);
    const schemas = new FlowSchemas(shards[0]);
    const producers = new FlowProducers<S>(
      memory,
      schemas,
      labels,
      () => this.#life.assertOpen(),
      observing && ((error) => observing.refused(error)),
    );
    const reader = new FlowReader(shards, schemas, options, () => ({
      unpublished: producers.unpublished,
      ended: this.#life.ended,
      errorsDropped: reports.failures.dropped,
      observed: observing?.counts ?? noneObserved,
    }));
    const undelivered = new Undelivered(shards, labels);
    const health = new SinkHealth(shards[0]);
    const events = flusherEvents(options, schemas, {
      reports,
      sinkMetrics: reader.sink,
      undelivered,
      health,
      observing,
      fail: (error) => this.#life.fail(error),
    });
    const supervisor = new Supervisor(options, shards, events);
    const source = options.source && new SourceKeeper(options, shards[0], sourceEvents(reports, events));
    this.#memory = memory;
    this.#reports = reports;
    this.#producers = producers;
    this.#controls = new LiveControls(shards);
    this.#reader = reader;
    this.#undelivered = undelivered;
    this.#health = health;
    const stats = () => reader.stats();
    this.#life = new Lifecycle(options, memory, {
      ...{ producers, supervisor, source, reports, stats, observing },
    });
  }

  /** Start the flushers; called once, by `createBatchFlow`. */
  start(): Promise<void> {
    return this.#life.start();
  }

  get closed(): boolean {
    return this.#life.closed;
  }

  get takesIdentities(): boolean {
    return this.#memory.shards[0].storedBefore !== undefined;
  }

  get ended(): Promise<FlowEnd> {
    return this.#life.end;
  }

  get sourceEnded(): Promise<boolean> {
    return this.#life.sourceEnded;
  }

  push(event: EventOf<S>): boolean {
    return this.#producers.own.push(event);
  }

  pushMany(events: Iterable<EventOf<S>>): number {
    return this.#producers.own.pushMany(events);
  }

  pushColumns(columns: ColumnsInput<S>, length: number): number {
    return this.#producers.own.pushColumns(columns, length);
  }

  publish(): void {
    this.#producers.publish();
  }

  async writable(options?: WaitOptions): Promise<void> {
    throwIfAborted(options?.signal);
    await this.#producers.own.writable(options);
  }

  async committed(options?: CommittedOptions): Promise<void> {
    throwIfAborted(options?.signal);
    await this.#saysWhy(() => this.#producers.own.committed(options));
  }

  async write(event: EventOf<S>, options?: WaitOptions): Promise<void> {
    await this.#saysWhy(() => this.#producers.own.write(event, options));
  }

  async send(event: EventOf<S>, options?: WaitOptions): Promise<void> {
    await this.#saysWhy(() => this.#producers.own.send(event, options));
  }

  position(): ProducerPosition {
    return this.#producers.own.position();
  }

  duplicatesAtTarget(since: ProducerPosition): readonly RowRange[] | undefined {
    return this.#producers.own.duplicatesAtTarget(since);
  }

  toWritable(): Writable {
    return this.#producers.own.toWritable();
  }

  producer<T extends S = S>(schema?: T): Producer<T> {
    return this.#producers.open<T>(schema);
  }

  addSchema<T extends Schema>(schema: T): Producer<T> {
    return this.#producers.add(schema);
  }

  handle(): FlowHandle {
    return { '~flow': this.#memory };
  }

  async flush(options?: WaitOptions): Promise<void> {
    const wait = checkWait(options);
    this.#life.assertOpen();
    this.publish();
    await this.#controls.flush(() => this.#life.closedError(), wait);
  }

  update(settings: { flushSize?: number; flushIntervalMs?: number }): void {
    const checked = resolveUpdate(settings);
    this.#life.assertOpen();
    this.#controls.update(checked);
  }

  settings(): CurrentSettings {
    return this.#reader.settings();
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

  deadLetters(): DeadLetterState {
    return this.#reader.deadLetters();
  }

  async sinkTrouble(): Promise<string | undefined> {
    return this.closed ? undefined : await this.#health.trouble();
  }

  errors(): AsyncIterable<FlushError> {
    return this.#reports.errors();
  }

  close(options?: CloseOptions): Promise<CloseReport> {
    return this.#life.close(options);
  }

  destroy(): Promise<CloseReport> {
    return this.#life.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A producer knows that the flow has ended, and only the flow knows why. */
  async #saysWhy(wait: () => Promise<void>): Promise<void> {
    try {
      await wait();
    } catch (error) {
      throw error instanceof FlowClosedError ? this.#life.closedError() : error;
    }
  }

  takeUndelivered<T extends S = S>(): Batch<T>[] {
    if (!this.#life.ended)
      throw new FlowOpenError(`flow "${this.name}" has not ended: close() or destroy() first`);
    return this.#undelivered.take() as unknown as Batch<T>[];
  }

  protected override get hasEnded(): boolean {
    return this.#reports.ended;
  }

  protected override flushListenersChanged(): void {
    this.#controls.reportFlushes(this.#reports.hasListeners('flush'));
  }
}
