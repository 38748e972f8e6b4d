/**
 * Keeps a flow's source running, on a thread of its own, which is started again when it dies.
 *
 * What the dead thread had published is flushed as ever. Units that it had not acknowledged count as handed back: the
 * outside delivers them again.
 */
import { setTimeout } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { messageOf } from '../../describe.js';
import { FlowFailedError, SourceError } from '../../errors.js';
import { Counters, sourceCell, sourceStates } from '../../metrics/cells/counters.js';
import { bundleAdvice } from '../../own-files.js';
import type { FlowOptions } from '../config/resolve.js';
import { type SourceSettings, sourceSettings } from '../config/source-settings.js';
import { DeathWatch } from '../liveness/death-watch.js';
import { expose, wrap } from '../protocol/comlink.js';
import { errorOf } from '../protocol/error-data.js';
import type { SourceControl, SourceHost, SourceResult, SourceTask } from '../protocol/source-task.js';
import { type SharedFlow, sourceWriterOf } from '../shared/shared-flow.js';
import { deferred } from '../waiting/deferred.js';
import { openFilesAdvice } from './open-files.js';
import { TaskThread } from './task-thread.js';

/** What the flow hears from its source. */
export interface SourceEvents extends Pick<SourceHost, 'failed' | 'sinkMetrics'> {
  trouble(error: SourceError): void;
  /** The flow cannot go on. */
  broken(error: FlowFailedError): void;
}

/** So many deaths in a row without an acknowledged unit, and the flow fails. */
const maxIdleDeaths = 5;
/** How long a thread may take to end that has not said that it takes no more. */
const unansweredMs = 1000;
const firstPauseMs = 50;
const longestPauseMs = 30_000;

export class SourceKeeper {
  readonly #thread: TaskThread<SourceTask, SourceResult>;
  readonly #counters: Counters<typeof sourceCell>;
  /** Resolves when the source is open; rejects when it is not, the first time. */
  readonly #ready = deferred();
  /** Resolves when the source takes no more units, and what it has taken is published. */
  #quiet = deferred();
  readonly #finishing = new AbortController();
  #control: { finish(): Promise<void>; stop(): Promise<void> } | undefined;
  #isQuiet = false;
  #stopped = false;
  #hasOpened = false;
  #ended: Promise<boolean> = Promise.resolve(false);

  constructor(
    private readonly options: FlowOptions,
    private readonly shared: SharedFlow,
    private readonly events: SourceEvents,
  ) {
    this.#thread = new TaskThread('source', options);
    this.#counters = new Counters(shared.counters, sourceWriterOf(shared, options.flushers), sourceCell);
  }

  /** Start the source. @throws SourceError when it does not open. */
  async start(): Promise<void> {
    this.#ended = this.#keep();
    await this.#ready.promise;
  }

  /** Resolves when the thread has ended for good: whether the source has no more and all units are acknowledged. */
  get ended(): Promise<boolean> {
    return this.#ended;
  }

  /** Let it take no more units. Resolves when all rows of those that it has taken are published. */
  async finish(): Promise<void> {
    this.#finishing.abort();
    this.#control?.finish().catch(() => {});
    await Promise.race([this.#quiet.promise, this.#ended]);
  }

  /** Resolves when the source has ended, or does not answer. */
  async drained(): Promise<void> {
    if (this.#isQuiet) await this.#ended;
    // A thread that is blocked ends no unit, and has to be ended.
    else await Promise.race([this.#ended, setTimeout(unansweredMs, undefined, { ref: false })]);
  }

  /** The flow has stopped: what is not acknowledged is handed back. */
  stop(): void {
    this.#stopped = true;
    this.#finishing.abort();
    this.#control?.stop().catch(() => {});
  }

  /** End the thread, whatever it does. */
  async destroy(): Promise<void> {
    this.stop();
    await this.#thread.destroy();
    await this.#ended;
    this.#settle();
  }

  /** Run the source until it ends by itself; again when its thread dies. @returns whether it has no more. */
  async #keep(): Promise<boolean> {
    let idleDeaths = 0;
    for (let failures = 0; ; failures++) {
      const acknowledged = this.#counters.get('acknowledged');
      let result: SourceResult | undefined;
      let error: SourceError;
      try {
        result = await this.#run();
        if ('ended' in result) return result.ended === 'exhausted';
        error = notOpened(this.options, result);
        if (!this.#hasOpened) return this.#fail(error);
      } catch (cause) {
        const message = `the source's thread died: ${messageOf(cause)}`;
        error = new SourceError(message, { cause });
        // Its blocks come back now; else they would at the next look of a thread that needs one.
        new DeathWatch(this.shared).look();
        this.#settle();
        // Nothing more comes of it, and what it had published is flushed without it.
        if (this.#finishing.signal.aborted) return false;
        this.#counters.add('restarts', 1);
        if (!this.#hasOpened) return this.#fail(error);
        const isIdle = this.#counters.get('acknowledged') === acknowledged;
        idleDeaths = isIdle ? idleDeaths + 1 : 1;
        if (!isIdle) failures = 0;
        if (idleDeaths >= maxIdleDeaths) return this.#break(cause);
      }
      this.events.trouble(error);
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 20));
      const { signal } = this.#finishing;
      await setTimeout(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return false;
    }
  }

  #fail(error: SourceError): boolean {
    this.#ready.reject(error);
    return false;
  }

  #break(cause: unknown): boolean {
    const advice = bundleAdvice(cause) || openFilesAdvice();
    const message = `flow "${this.shared.name}" failed: its source keeps dying: ${messageOf(cause)}${advice}`;
    this.events.broken(new FlowFailedError(message, { cause }));
    return false;
  }

  /** No thread has units any more: those that were not acknowledged are delivered again. */
  #settle(): void {
    const counters = this.#counters;
    counters.set('handedBack', counters.get('received') - counters.get('acknowledged'));
    const state = this.#finishing.signal.aborted ? 'ended' : 'waiting';
    counters.set('state', sourceStates.indexOf(state));
  }

  async #run(): Promise<SourceResult> {
    // A source without more units may have died before their ends.
    this.#isQuiet = false;
    this.#quiet = deferred();
    const host = new MessageChannel();
    const control = new MessageChannel();
    const { failed, sinkMetrics, trouble } = this.events;
    const told: SourceHost = {
      ready: () => {
        this.#hasOpened = true;
        this.#ready.resolve();
      },
      quiet: () => {
        this.#isQuiet = true;
        this.#quiet.resolve();
      },
      trouble: (what, error) => {
        const from = what === undefined ? '' : `the source's ${what} failed: `;
        trouble(new SourceError(`${from}${error.message}`, { cause: errorOf(error) }));
      },
      failed,
      sinkMetrics,
    };
    expose(told, host.port1);
    this.#control = wrap<SourceControl>(control.port1);
    const task: SourceTask = {
      shared: this.shared,
      settings: sourceSettings(this.options) as SourceSettings,
      hostPort: host.port2,
      controlPort: control.port2,
    };
    // What was said while no thread lived.
    if (this.#stopped) this.#control.stop().catch(() => {});
    else if (this.#finishing.signal.aborted) this.#control.finish().catch(() => {});
    try {
      return await this.#thread.run(task, [host.port2, control.port2]);
    } finally {
      this.#control = undefined;
      host.port1.close();
      control.port1.close();
    }
  }
}

function notOpened(
  { source }: FlowOptions,
  { notOpened }: Extract<SourceResult, { readonly notOpened: unknown }>,
): SourceError {
  const what = `the source ${source?.module} did not open`;
  return new SourceError(`${what}: ${notOpened.message}${openFilesAdvice()}`);
}
