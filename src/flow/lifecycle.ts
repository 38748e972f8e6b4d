/**
 * A flow's life: its start, what ends it (`close()`, `destroy()`, its signal, a failure), and its end.
 *
 *     open ─▶ closing: producers publish and refuse rows ─▶ draining: flushers empty the ring ─▶ stopped
 *
 * A limit, an abort without a drain and a failure lead to `stopped` at once.
 */
import {
  FlowClosedError,
  type FlowFailedError,
  SinkError,
  SourceError,
  WaitTimeoutError,
} from '../errors.js';
import type { FlowStats } from '../metrics/read/stats.js';
import type { Schema } from '../schema/columns/schema.js';
import type { CloseOptions, CloseReport, FlowEnd } from './api/flow.js';
import type { FlowOptions } from './config/resolve.js';
import type { Observing } from './observing/observing.js';
import { registerFlow } from './producer/attach.js';
import type { FlowProducers } from './producers.js';
import type { Reports } from './reports.js';
import { leaveClock } from './shared/flow-clock.js';
import type { FlowMemory } from './shared/flow-memory.js';
import { flowState, LiveSettings } from './shared/live-settings.js';
import { ProducerSlots } from './shared/producer-slots.js';
import { stop } from './shared/stop.js';
import { receiveAttachments } from './supervision/attachments.js';
import { drainAtExit } from './supervision/exit-drain.js';
import { drain, limit } from './supervision/shutdown.js';
import type { SourceKeeper } from './supervision/source-keeper.js';
import type { Supervisor } from './supervision/supervisor.js';
import { deferred } from './waiting/deferred.js';
import { onAbort, reasonOf, throwIfAborted } from './waiting/on-abort.js';
import { within } from './waiting/within.js';

/** The parts of a flow that end with it. */
export interface LivingParts {
  readonly producers: Pick<FlowProducers<Schema>, 'open' | 'add' | 'publish' | 'close' | 'readingColumns'>;
  readonly supervisor: Supervisor;
  /** Undefined for a flow without a source. */
  readonly source: SourceKeeper | undefined;
  readonly reports: Reports;
  readonly stats: () => FlowStats;
  /** Undefined without an observer and a logger. */
  readonly observing: Observing | undefined;
}

/** How long a source may go on pushing rows of the units that it has begun when the flow closes. */
const sourceGraceMs = 5000;

/** How long a flow that did not open waits for the ends of its flushers. */
const endingMs = 1000;

export class Lifecycle {
  readonly #settings: LiveSettings;
  /** What the flow listens to until its end; each function stops one. */
  readonly #stopListening: readonly (() => void)[];
  readonly #giveUp = new AbortController();
  #failure: FlowFailedError | undefined;
  #end: Promise<CloseReport> | undefined;
  #ended = false;
  readonly #outcome = deferred<FlowEnd>();
  readonly #sourceEnded = deferred<boolean>();

  constructor(
    private readonly options: FlowOptions,
    private readonly memory: FlowMemory,
    private readonly parts: LivingParts,
  ) {
    const { shards } = memory;
    this.#settings = new LiveSettings(shards[0].settings);
    if (parts.source === undefined) this.#sourceEnded.resolve(false);
    this.#stopListening = [
      ...shards.map((shared) => receiveAttachments(shared)),
      registerFlow(memory, parts.producers),
      this.#drainAtExit(),
      this.#listenToSignal(),
      () => leaveClock(shards[0]),
    ];
  }

  /**
   * Start the flushers, then the source. A module, or its `open`, may never end: neither holds up a timeout or an
   * abort.
   *
   * @throws SinkError when a sink does not open in time or at all, SourceError when the source does not, or the
   *   signal's reason when it aborts.
   */
  async start(): Promise<void> {
    const { openTimeoutMs, sink, deadLetters, signal } = this.options;
    const aborted = deferred<never>();
    const stopListening = onAbort(signal, () => aborted.reject(signal && reasonOf(signal)));
    try {
      const opened = Promise.race([this.parts.supervisor.start(), aborted.promise]);
      const letters =
        deadLetters === undefined ? '' : `, or that of the dead letters, ${deadLetters.module},`;
      const what = `the sink ${sink?.module ?? 'onBatch'}${letters} did not open`;
      await within(openTimeoutMs, opened, what).catch((error) => {
        throw error instanceof WaitTimeoutError ? new SinkError(error.message, { cause: error }) : error;
      });
      await this.#startSource(aborted.promise);
    } catch (error) {
      // A thread in native code that does not return, such as that of a network file system, cannot be ended.
      await within(endingMs, this.destroy(), 'the flushers did not end').catch(() => {});
      throwIfAborted(signal);
      throw error;
    } finally {
      stopListening();
    }
    this.parts.observing?.started();
  }

  /**
   * @param aborted rejects when the flow's signal aborts.
   * @throws SourceError when the source does not open in time.
   */
  async #startSource(aborted: Promise<never>): Promise<void> {
    const { source } = this.parts;
    if (source === undefined) return;
    const { openTimeoutMs } = this.options;
    const what = `the source ${this.options.source?.module} did not open`;
    await within(openTimeoutMs, Promise.race([source.start(), aborted]), what).catch((error) => {
      throw error instanceof WaitTimeoutError ? new SourceError(error.message, { cause: error }) : error;
    });
    // Where it has ended for another reason the flow's end says so.
    void source.ended.then((exhausted) => exhausted && this.#sourceEnded.resolve(true));
  }

  /** Whether the flow is closing, closed, or failed. */
  get closed(): boolean {
    return this.#end !== undefined || this.#failure !== undefined;
  }

  /** How the flow ended, once it has. */
  get end(): Promise<FlowEnd> {
    return this.#outcome.promise;
  }

  /** Whether the source has no more and each of its units was acknowledged; false where the flow ended before. */
  get sourceEnded(): Promise<boolean> {
    return this.#sourceEnded.promise;
  }

  /** Whether the threads are gone: what is still in the ring stays there. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Why the flow takes no rows any more, or delivers none. */
  closedError(): FlowFailedError | FlowClosedError {
    return this.#failure ?? new FlowClosedError(this.options.name);
  }

  /** @throws FlowFailedError when the flow has failed, FlowClosedError when it is not open. */
  assertOpen(): void {
    if (this.closed || this.#settings.state !== flowState.open) throw this.closedError();
  }

  /** Each call may set a limit; the first that is reached counts. */
  async close(options: CloseOptions = {}): Promise<CloseReport> {
    const unlimited = limit(options, () => this.#giveUp.abort());
    this.#end ??= this.#finish();
    return this.#end.finally(unlimited);
  }

  /** Stop now: what was not committed is undelivered. */
  destroy(): Promise<CloseReport> {
    this.#giveUp.abort();
    return this.close();
  }

  /** End because of a failure, with which `close()` rejects from now on. */
  fail(error: FlowFailedError): void {
    this.#failure ??= error;
    this.#stop();
    // The other flushers may be in the middle of a retry, and close() waiting for them.
    this.parts.supervisor.abort();
    this.#giveUp.abort();
    // Listeners learn of the end without a call of close(); a later call rejects with the failure.
    this.close().catch(() => {});
  }

  async #finish(): Promise<CloseReport> {
    const { producers, supervisor, source, reports } = this.parts;
    const { shards } = this.memory;
    if (source !== undefined) await this.#finishSource(source);
    if (this.#settings.state === flowState.open) this.#settings.state = flowState.closing;
    let drained = false;
    let error: unknown;
    try {
      // Reading columns can call close(): that push ends first.
      if (producers.readingColumns) await Promise.resolve();
      producers.close();
      drained = await drain(shards, { supervisor, source }, this.#giveUp.signal);
    } catch (thrown) {
      error = thrown;
    }
    this.#stop();
    await Promise.all([supervisor.destroy(), source?.destroy()]);
    for (const stopListening of this.#stopListening) stopListening();
    this.#ended = true;
    this.#sourceEnded.resolve(false);
    error ??= this.#failure;
    const report = this.#report();
    const anyActive = shards.some(
      ({ slots, maxProducers }) => new ProducerSlots(slots, maxProducers).anyActive,
    );
    const nothingLeft = report.undelivered === 0 && !anyActive;
    const end: FlowEnd =
      error === undefined
        ? { how: drained || nothingLeft ? 'drained' : 'aborted', report }
        : { how: 'failed', report, error: error as Error };
    this.#outcome.resolve(end);
    this.parts.observing?.ended(end);
    reports.end();
    if (error !== undefined) throw error;
    return report;
  }

  #stop(): void {
    for (const shared of this.memory.shards) stop(shared);
  }

  /** The source ends its units first, with the flow still open to it, though to no other caller of this thread. */
  async #finishSource(source: SourceKeeper): Promise<void> {
    const { producers } = this.parts;
    if (producers.readingColumns) await Promise.resolve();
    producers.close();
    if (this.#settings.state !== flowState.open || this.#giveUp.signal.aborted) return;
    const givenUp = deferred();
    const stopListening = onAbort(this.#giveUp.signal, () => givenUp.resolve());
    const finished = Promise.race([source.finish(), givenUp.promise]);
    // One that takes longer meets a flow that takes no rows.
    await within(sourceGraceMs, finished, 'the source did not end').catch(() => {});
    stopListening();
  }

  #report(): CloseReport {
    const { committed, deadLettered, dropped } = this.parts.stats();
    const { failed = 0, undelivered = 0 } = dropped;
    const { signal } = this.options;
    const counts = { committed, deadLettered, failed, undelivered };
    return signal?.aborted ? { ...counts, abortReason: reasonOf(signal) } : counts;
  }

  #drainAtExit(): () => void {
    const { drainOnExit, onBatch, drainGraceMs } = this.options;
    // `onBatch` needs this thread, which would be waiting.
    if (!drainOnExit || onBatch !== undefined) return () => {};
    const publish = () => this.parts.producers.publish();
    return drainAtExit({ shards: this.memory.shards, graceMs: drainGraceMs, publish });
  }

  #listenToSignal(): () => void {
    const { signal, drainOnAbort, drainGraceMs } = this.options;
    return onAbort(signal, () => {
      const end = drainOnAbort ? this.close({ timeoutMs: drainGraceMs }) : this.destroy();
      // Nothing awaits this close; a later call of close() gets its outcome.
      end.catch(() => {});
    });
  }
}
