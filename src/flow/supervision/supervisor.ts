/**
 * Keeps the flushers running: one long task for each, on a thread of its own, started again when that dies.
 *
 * The rows that a dead flusher had taken are still in the ring; its claims are cleared, and another takes them.
 */
import { setTimeout } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { messageOf } from '../../describe.js';
import { FlowFailedError, SinkError } from '../../errors.js';
import { Counters, flusherCell } from '../../metrics/cells/counters.js';
import { bundleAdvice } from '../../own-files.js';
import { BlockClaims } from '../../ring/block-claims.js';
import { releaseClaims } from '../../ring/recovery.js';
import { RingControl } from '../../ring/ring-control.js';
import { SleepNotes } from '../../ring/sleep-notes.js';
import { flusherSettings } from '../config/flusher-settings.js';
import type { FlowOptions } from '../config/resolve.js';
import { expose, wrap } from '../protocol/comlink.js';
import type { FlusherControl, FlusherHost, FlusherResult, FlusherTask } from '../protocol/flusher-task.js';
import { LiveSettings } from '../shared/live-settings.js';
import { counted, settlementOf } from '../shared/settlements.js';
import { claimerOf, type SharedFlow, sinkCellsOf } from '../shared/shared-flow.js';
import { deferred } from '../waiting/deferred.js';
import { DeathToll } from './death-toll.js';
import { FlusherThread } from './flusher-thread.js';
import { LimitPlaces } from './limit-places.js';
import { openFilesAdvice } from './open-files.js';

/** What the flow hears from its flushers. */
export interface SupervisorEvents extends Omit<FlusherHost, 'ready'> {
  exited(exit: { flusher: number; error: unknown; redelivered: number }): void;
  /** The flow cannot go on. */
  broken(error: FlowFailedError): void;
}

export class Supervisor {
  readonly #options: FlowOptions;
  readonly #shared: SharedFlow;
  readonly #events: SupervisorEvents;
  /** By the flusher's number. */
  readonly #threads = new Map<number, FlusherThread>();
  readonly #places: LimitPlaces;
  readonly #controls = new Map<number, { abort(): Promise<void> }>();
  #stopping = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: FlowOptions, shared: SharedFlow, events: SupervisorEvents) {
    this.#options = options;
    this.#shared = shared;
    this.#events = events;
    this.#places = new LimitPlaces(shared);
    for (let flusher = 1; flusher <= options.flushers; flusher++)
      this.#threads.set(flusher, new FlusherThread(options));
  }

  /**
   * Start every flusher.
   *
   * @throws SinkError when a sink does not open, ConfigError when too many flushers share a limit.
   */
  async start(): Promise<void> {
    this.#places.take(this.#threads.keys());
    const flushers = [...this.#threads].map(([flusher, thread]) => this.#keep(flusher, thread));
    this.#ended = allEnded(flushers.map(({ ended }) => ended));
    // Whoever waits for the end sees a failure there; one that comes before must not go unhandled.
    this.#ended.catch(() => {});
    await Promise.all(flushers.map(({ ready }) => ready));
  }

  /** Resolves when every flusher has ended by itself, with its sink closed. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Abort the flushes in flight. */
  abort(): void {
    for (const control of this.#controls.values()) control.abort().catch(() => {});
  }

  /** End the threads, whatever they do. */
  async destroy(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#threads.values()].map((thread) => thread.destroy()));
    for (const flusher of this.#threads.keys()) this.#settleAccounts(flusher);
    this.#places.leave();
  }

  /** Run a flusher until it ends by itself; start it again when it dies. */
  #keep(flusher: number, thread: FlusherThread): { ready: Promise<void>; ended: Promise<void> } {
    const ready = deferred();
    const settings = new LiveSettings(this.#shared.settings);
    const { ring, rowsPerBlock } = this.#shared;
    // Keys fill a batch that is deduplicated: it may have all rows of the ring.
    const batchRows = () => (this.#options.dedupe ? ring.blocks * rowsPerBlock : settings.flushSize);
    const deaths = new DeathToll(this.#options.maxDeliveries, batchRows);
    let hasOpened = false;
    const opened = () => {
      hasOpened = true;
      ready.resolve();
    };
    const loop = async () => {
      for (;;) {
        const committed = this.#countersOf(flusher).get('committed');
        let result: FlusherResult;
        try {
          result = await this.#run(flusher, thread, opened);
          // What has opened before may open again: a file may be locked for a while, or a server be away.
          if (hasOpened && 'notOpened' in result) throw notOpened(result);
        } catch (error) {
          if (this.#stopping) return ready.reject(error);
          const redelivered = this.#recover(flusher);
          this.#events.exited({ flusher, error, redelivered });
          deaths.count(redelivered, this.#countersOf(flusher).get('committed') > committed);
          if (deaths.tooMany) {
            const advice = bundleAdvice(error) || openFilesAdvice();
            const message = `flusher ${flusher} keeps dying: ${messageOf(error)}${advice}`;
            const broken = this.#broken(message, error);
            ready.reject(broken);
            throw broken;
          }
          await setTimeout(deaths.backoffMs);
          continue;
        }
        if ('notOpened' in result) {
          const error = notOpened(result);
          ready.reject(error);
          throw this.#broken(error.message, error);
        }
        // Its rows are committed all the same, and the other flushers go on.
        if ('notClosed' in result) throw new SinkError(`the sink did not close: ${result.notClosed.message}`);
        return;
      }
    };
    return { ready: ready.promise, ended: loop() };
  }

  /** A dead flusher may have been about to settle rows that had ended, and holds none any more. */
  #settleAccounts(flusher: number): Counters<typeof flusherCell> {
    const counters = this.#countersOf(flusher);
    const claims = new BlockClaims(this.#shared.ring, claimerOf(this.#shared, flusher));
    const settlement = settlementOf(counters);
    settlement.recover((block, to) => claims.settle(block, to));
    sinkCellsOf(this.#shared, this.#options.sink, flusher)?.recover((block, to) => {
      const committed = to - claims.waiting(block, 0).from;
      if (committed === 0) return;
      settlement.begin(block, to, counted({ committed }));
      claims.settle(block, to);
      settlement.end();
    });
    counters.set('inFlight', 0);
    counters.set('inFlightBatches', 0);
    counters.set('circuit', 0);
    counters.set('unkept', 0);
    return counters;
  }

  /** Clean up after a dead flusher. @returns how many rows go again. */
  #recover(flusher: number): number {
    const counters = this.#settleAccounts(flusher);
    this.#places.cleanUp(flusher);
    const redelivered = releaseClaims(this.#shared.ring, claimerOf(this.#shared, flusher));
    counters.add('redelivered', redelivered);
    counters.add('restarts', 1);
    const notes = new SleepNotes(this.#shared.sleeps, claimerOf(this.#shared, flusher));
    notes.retireAll(new RingControl(this.#shared.ring));
    return redelivered;
  }

  #countersOf(flusher: number): Counters<typeof flusherCell> {
    const { counters, maxProducers } = this.#shared;
    return new Counters(counters, maxProducers + flusher - 1, flusherCell);
  }

  #broken(message: string, cause: unknown): FlowFailedError {
    const error = new FlowFailedError(`flow "${this.#shared.name}" failed: ${message}`, { cause });
    this.#events.broken(error);
    return error;
  }

  async #run(flusher: number, thread: FlusherThread, ready: () => void): Promise<FlusherResult> {
    const host = new MessageChannel();
    const control = new MessageChannel();
    const { flushed, failed, observed, health, handedBack, deliver, sinkMetrics } = this.#events;
    const told = { ready, flushed, failed, observed, health, handedBack, deliver, sinkMetrics };
    expose(told satisfies FlusherHost, host.port1);
    this.#controls.set(flusher, wrap<FlusherControl>(control.port1));
    const task: FlusherTask = {
      shared: this.#shared,
      flusher,
      settings: flusherSettings(this.#options),
      place: this.#places.of(flusher),
      hostPort: host.port2,
      controlPort: control.port2,
    };
    try {
      return await thread.run(task, [host.port2, control.port2]);
    } finally {
      this.#controls.delete(flusher);
      host.port1.close();
      control.port1.close();
    }
  }
}

function notOpened({ what, notOpened }: Extract<FlusherResult, { readonly notOpened: unknown }>): SinkError {
  return new SinkError(`${what} did not open: ${notOpened.message}${openFilesAdvice()}`);
}

/** Wait for all to end, whatever becomes of the others, then fail with the first failure. */
async function allEnded(flushers: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(flushers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
