/**
 * Keeps the flushers running: one long task for each, on a thread of its own, started again when that dies.
 *
 * The rows that a dead flusher had taken are still in the ring; its claims are cleared, and another takes them.
 */
import { setTimeout } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { messageOf } from '../../describe.js';
import { FlowFailedError, SinkError } from '../../errors.js';
import { bundleAdvice } from '../../own-files.js';
import { flusherSettings } from '../config/flusher-settings.js';
import type { FlowOptions } from '../config/resolve.js';
import { expose, wrap } from '../protocol/comlink.js';
import type { FlusherControl, FlusherHost, FlusherResult, FlusherTask } from '../protocol/flusher-task.js';
import type { FlowMemory } from '../shared/flow-memory.js';
import { LiveSettings } from '../shared/live-settings.js';
import { deferred } from '../waiting/deferred.js';
import { countersOf, type Flusher, recover, settleAccounts } from './dead-flusher.js';
import { DeathToll } from './death-toll.js';
import { LimitPlaces } from './limit-places.js';
import { openFilesAdvice } from './open-files.js';
import { TaskThread } from './task-thread.js';

/** What the flow hears from its flushers. */
export interface SupervisorEvents extends Omit<FlusherHost, 'ready'> {
  exited(exit: { flusher: number; error: unknown; redelivered: number }): void;
  /** The flow cannot go on. */
  broken(error: FlowFailedError): void;
}

/** A flusher, which is started again when its thread dies. */
interface KeptFlusher extends Flusher {
  readonly thread: TaskThread<FlusherTask, FlusherResult>;
}

export class Supervisor {
  readonly #options: FlowOptions;
  readonly #shards: FlowMemory['shards'];
  readonly #events: SupervisorEvents;
  /** By the flusher's number. */
  readonly #flushers = new Map<number, KeptFlusher>();
  readonly #places: LimitPlaces;
  readonly #controls = new Map<number, { abort(): Promise<void> }>();
  #stopping = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: FlowOptions, shards: FlowMemory['shards'], events: SupervisorEvents) {
    this.#options = options;
    this.#shards = shards;
    this.#events = events;
    this.#places = new LimitPlaces(shards[0]);
    for (let number = 1; number <= options.flushers; number++) {
      // Without shards, all of them take from the only ring.
      const shared = shards[number - 1] ?? shards[0];
      this.#flushers.set(number, { number, shared, thread: new TaskThread('flusher', options) });
    }
  }

  /**
   * Start every flusher.
   *
   * @throws SinkError when a sink does not open, ConfigError when too many flushers share a limit.
   */
  async start(): Promise<void> {
    this.#places.take(this.#flushers.keys());
    const flushers = [...this.#flushers.values()].map((flusher) => this.#keep(flusher));
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
    const flushers = [...this.#flushers.values()];
    await Promise.all(flushers.map(({ thread }) => thread.destroy()));
    for (const flusher of flushers) settleAccounts(flusher, this.#options.sink);
    this.#places.leave();
  }

  /** Run a flusher until it ends by itself; start it again when it dies. */
  #keep(flusher: KeptFlusher): { ready: Promise<void>; ended: Promise<void> } {
    const ready = deferred();
    const { number, shared } = flusher;
    const settings = new LiveSettings(shared.settings);
    const { ring, rowsPerBlock } = shared;
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
        const committed = countersOf(flusher).get('committed');
        let result: FlusherResult;
        try {
          result = await this.#run(flusher, opened);
          // What has opened before may open again: a file may be locked for a while, or a server be away.
          if (hasOpened && 'notOpened' in result) throw notOpened(result);
        } catch (error) {
          if (this.#stopping) return ready.reject(error);
          const redelivered = recover(flusher, this.#options.sink, this.#places);
          this.#events.exited({ flusher: number, error, redelivered });
          deaths.count(redelivered, countersOf(flusher).get('committed') > committed);
          if (deaths.tooMany) {
            const advice = bundleAdvice(error) || openFilesAdvice();
            const message = `flusher ${number} keeps dying: ${messageOf(error)}${advice}`;
            const broken = this.#broken(shared.name, message, error);
            ready.reject(broken);
            throw broken;
          }
          await setTimeout(deaths.backoffMs);
          continue;
        }
        if ('notOpened' in result) {
          const error = notOpened(result);
          ready.reject(error);
          throw this.#broken(shared.name, error.message, error);
        }
        // Its rows are committed all the same, and the other flushers go on.
        if ('notClosed' in result) throw new SinkError(`the sink did not close: ${result.notClosed.message}`);
        return;
      }
    };
    return { ready: ready.promise, ended: loop() };
  }

  #broken(flow: string, message: string, cause: unknown): FlowFailedError {
    const error = new FlowFailedError(`flow "${flow}" failed: ${message}`, { cause });
    this.#events.broken(error);
    return error;
  }

  async #run({ number, shared, thread }: KeptFlusher, ready: () => void): Promise<FlusherResult> {
    const host = new MessageChannel();
    const control = new MessageChannel();
    const { flushed, failed, observed, health, handedBack, deliver, sinkMetrics } = this.#events;
    const told = { ready, flushed, failed, observed, health, handedBack, deliver, sinkMetrics };
    expose(told satisfies FlusherHost, host.port1);
    this.#controls.set(number, wrap<FlusherControl>(control.port1));
    const task: FlusherTask = {
      shared,
      shards: this.#shards,
      flusher: number,
      settings: flusherSettings(this.#options),
      place: this.#places.of(number),
      hostPort: host.port2,
      controlPort: control.port2,
    };
    try {
      return await thread.run(task, [host.port2, control.port2]);
    } finally {
      this.#controls.delete(number);
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
