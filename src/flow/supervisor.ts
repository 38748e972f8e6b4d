/**
 * Keeps the flushers running: one long task for each in a piscina pool, started again when its thread dies.
 *
 * The rows that a dead flusher had taken are still in the ring; its claims are cleared, and another takes them.
 */
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { FlowFailedError, messageOf, SinkError } from '../errors.js';
import { Counters, flusherCell } from '../metrics/counters.js';
import { releaseClaims } from '../ring/recovery.js';
import { expose, wrap } from './comlink.js';
import type { FlowOptions } from './config.js';
import { deferred } from './deferred.js';
import type { FlusherControl, FlusherHost, FlusherResult, FlusherTask } from './flusher-task.js';
import { claimerOf, type SharedFlow } from './shared.js';
import { RingTaskQueue } from './task-queue.js';

/** So many deaths in a row, with nothing committed between them, and the flow fails. */
const maxDeaths = 5;
const firstBackoffMs = 50;

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
  readonly #pool: Piscina;
  readonly #controls = new Map<number, { abort(): Promise<void> }>();
  #stopping = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: FlowOptions, shared: SharedFlow, events: SupervisorEvents) {
    this.#options = options;
    this.#shared = shared;
    this.#events = events;
    this.#pool = new Piscina({
      filename: fileURLToPath(new URL('../../workers/flusher.js', import.meta.url)),
      minThreads: options.flushers,
      maxThreads: options.flushers,
      idleTimeout: Number.POSITIVE_INFINITY,
      taskQueue: new RingTaskQueue(options.flushers),
      // Piscina's own waiting would block the worker's event loop.
      atomics: 'disabled',
      recordTiming: false,
    });
    // What a sink throws after its flusher has ended is nobody's flush; it must not end the process.
    this.#pool.on('error', (error: Error) => process.emitWarning(error));
  }

  /** Start every flusher. @throws SinkError when a sink does not open. */
  async start(): Promise<void> {
    const flushers = Array.from({ length: this.#options.flushers }, (_, i) => this.#keep(i + 1));
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
    await this.#pool.destroy();
  }

  /** Run a flusher until it ends by itself; start it again when it dies. */
  #keep(flusher: number): { ready: Promise<void>; ended: Promise<void> } {
    const ready = deferred();
    const counters = new Counters(
      this.#shared.counters,
      this.#shared.maxProducers + flusher - 1,
      flusherCell,
    );
    const loop = async () => {
      for (let deaths = 1; ; deaths++) {
        const committed = counters.get('committed');
        let result: FlusherResult;
        try {
          result = await this.#run(flusher, ready.resolve);
        } catch (error) {
          ready.reject(error);
          if (this.#stopping) return;
          const redelivered = releaseClaims(this.#shared.ring, claimerOf(this.#shared, flusher));
          this.#events.exited({ flusher, error, redelivered });
          if (counters.get('committed') > committed) deaths = 1;
          if (deaths >= maxDeaths) {
            throw this.#broken(`flusher ${flusher} keeps dying: ${messageOf(error)}`, error);
          }
          if (deaths > 1) await setTimeout(firstBackoffMs * 2 ** deaths);
          continue;
        }
        if ('notOpened' in result) {
          const error = new SinkError(`the sink did not open: ${result.notOpened.message}`);
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

  #broken(message: string, cause: unknown): FlowFailedError {
    const error = new FlowFailedError(`flow "${this.#shared.name}" failed: ${message}`, { cause });
    this.#events.broken(error);
    return error;
  }

  async #run(flusher: number, ready: () => void): Promise<FlusherResult> {
    const host = new MessageChannel();
    const control = new MessageChannel();
    const { flushed, failed, deliver } = this.#events;
    expose({ ready, flushed, failed, deliver } satisfies FlusherHost, host.port1);
    this.#controls.set(flusher, wrap<FlusherControl>(control.port1));
    const task: FlusherTask = {
      shared: this.#shared,
      flusher,
      maxConcurrentFlushes: this.#options.maxConcurrentFlushes,
      dedupe: this.#options.dedupe,
      sink: this.#options.sink,
      hostPort: host.port2,
      controlPort: control.port2,
    };
    try {
      return await this.#pool.run(task, { transferList: [host.port2, control.port2] });
    } finally {
      this.#controls.delete(flusher);
      host.port1.close();
      control.port1.close();
    }
  }
}

/** Wait for all to end, whatever becomes of the others, then fail with the first failure. */
async function allEnded(flushers: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(flushers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
