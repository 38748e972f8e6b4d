/**
 * The work of a source's thread: open the source, run it, acknowledge its units, close it.
 *
 *     open ─▶ run ─▶ quiet: no more units, all rows published ─▶ all units acknowledged, or handed back ─▶ close
 *              └─ fails: its unfinished units are handed back, and it runs again after a pause
 */
import { setTimeout } from 'node:timers/promises';
import { Counters, type SourceState, sourceCell, sourceStates } from '../../metrics/cells/counters.js';
import type { SinkTold } from '../../metrics/read/sink-metrics.js';
import type { Source, SourceContext } from '../../source.js';
import { DeadLetterBox } from '../delivery/dead-letter-box.js';
import { SinkRegistry } from '../delivery/sink-registry.js';
import { SinkSnapshots } from '../delivery/sink-snapshots.js';
import { type ErrorData, errorData } from '../protocol/error-data.js';
import type { FailureReport } from '../protocol/flusher-task.js';
import type { SourceHost, SourceResult, SourceTask } from '../protocol/source-task.js';
import { clockOf } from '../shared/flow-clock.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { sourceWriterOf } from '../shared/shared-flow.js';
import { systemTimers } from '../waiting/timers.js';
import { RefusedInputs } from './refused-inputs.js';
import { loadSource } from './source-loader.js';
import { SourceProducers } from './source-producers.js';
import { Units } from './units.js';

const firstPauseMs = 100;
const longestPauseMs = 30_000;
/** A run that has lasted so long has not failed at its start. */
const longRunMs = 60_000;
const usualWorkingMs = 5000;
/** How long `run` may go on when no more units are to be taken; then its units that are not done are handed back. */
const finishingMs = 3000;
/** The source's place among senders of metrics; flushers have theirs from 1 on. */
const sender = 0;

/** What is told to the host; the end waits until it has arrived. */
class Told implements Pick<SourceHost, 'quiet' | 'trouble' | 'failed' | 'sinkMetrics'> {
  readonly #under = new Set<Promise<unknown>>();

  constructor(private readonly host: SourceHost) {}

  quiet(): void {
    this.#keep(this.host.quiet());
  }

  trouble(what: string | undefined, error: ErrorData): void {
    this.#keep(this.host.trouble(what, error));
  }

  failed(failure: FailureReport): void {
    this.#keep(this.host.failed(failure));
  }

  /** Resolves when it has arrived: a snapshot is followed by the next one only then. */
  async sinkMetrics(told: SinkTold): Promise<void> {
    await this.host.sinkMetrics(told);
  }

  async arrived(): Promise<void> {
    await Promise.allSettled(this.#under);
  }

  /** Each call is a promise here: the host is on another thread. */
  #keep(call: unknown): void {
    const arriving = Promise.resolve(call).catch(() => {});
    this.#under.add(arriving);
    void arriving.then(() => this.#under.delete(arriving));
  }
}

export class RunningSource {
  readonly #settings: LiveSettings;
  readonly #producers: SourceProducers;
  readonly #counters: Counters<typeof sourceCell>;
  readonly #metrics = new SinkRegistry();
  readonly #snapshots: SinkSnapshots;
  readonly #deadLetters: DeadLetterBox | undefined;
  readonly #units: Units;
  readonly #refused: RefusedInputs;
  readonly #context: SourceContext;
  /** Aborts when no more units are to be taken. */
  readonly #finishing = new AbortController();
  /** Aborts when the flow has stopped. */
  readonly #stopping = new AbortController();
  #exhausted = false;

  private constructor(
    task: SourceTask,
    private readonly source: Source,
    private readonly host: Told,
  ) {
    const { shared, settings } = task;
    const { retry, deadLetters, source: ref } = settings;
    const stopped = this.#stopping.signal;
    const counters = new Counters(shared.counters, sourceWriterOf(shared, settings.flushers), sourceCell);
    this.#counters = counters;
    this.#settings = new LiveSettings(shared.settings);
    this.#producers = new SourceProducers(shared);
    const [clock, restarts] = [clockOf(shared), counters.get('restarts')];
    const tell = (told: SinkTold) => host.sinkMetrics(told);
    this.#snapshots = new SinkSnapshots(sender, restarts, clock, systemTimers, tell);
    this.#snapshots.add(this.#metrics);
    const delivery = { flusher: sender, signal: stopped };
    this.#deadLetters = deadLetters && new DeadLetterBox(deadLetters, retry, delivery, this.#snapshots);
    const refused = new RefusedInputs({
      flow: shared.name,
      deadLetters: this.#deadLetters,
      counters,
      failed: (failure) => host.failed(failure),
      pauseMs: retry.maxBackoffMs,
      signal: stopped,
    });
    const units = new Units({
      flow: shared.name,
      source,
      producers: this.#producers,
      settings: this.#settings,
      counters,
      trouble: (what, error) => host.trouble(what, errorData(error)),
      refused: (unit, input) =>
        refused.add(input, () => {
          unit.letters--;
          units.endIfDue(unit);
        }),
    });
    this.#units = units;
    this.#refused = refused;
    this.#context = this.#contextFor(shared, ref.options);
  }

  /** Load and open a task's source. @throws SourceError when it does not load, or what its `open` throws. */
  static async open(task: SourceTask, host: SourceHost): Promise<RunningSource> {
    const running = new RunningSource(task, await loadSource(task.settings.source), new Told(host));
    try {
      await running.source.open?.(running.#context);
      running.#isNow('running');
      return running;
    } catch (error) {
      // The thread goes on, and opens the source again.
      running.#producers.close();
      throw error;
    }
  }

  /** Take no more units. */
  finish(): void {
    this.#finishing.abort();
  }

  /** The flow has stopped. */
  stop(): void {
    this.#finishing.abort();
    this.#stopping.abort();
  }

  /** Run to the end. */
  async run(): Promise<SourceResult> {
    const working = this.#callWorking();
    try {
      await this.#runUntilDone();
      this.#isNow('ended');
      this.#producers.close();
      await this.#units.takeNoMore();
      this.host.quiet();
      await this.#untilAllEnded();
    } finally {
      clearInterval(working);
      await this.#close();
    }
    await this.host.arrived();
    return { ended: this.#exhausted && !this.#stopping.signal.aborted ? 'exhausted' : 'finished' };
  }

  async #runUntilDone(): Promise<void> {
    const { signal } = this.#finishing;
    const late = this.#late();
    for (let failures = 0; !this.#takesNoMore; ) {
      const began = performance.now();
      this.#isNow('running');
      try {
        await Promise.race([this.source.run(this.#context), late]);
        this.#exhausted = !this.#takesNoMore;
        return;
      } catch (error) {
        // A push, or a wait for room, that the end of the flow has ended.
        if (this.#takesNoMore) return;
        failures = performance.now() - began >= longRunMs ? 1 : failures + 1;
        this.#counters.add('restarts', 1);
        this.host.trouble('run', errorData(error));
      }
      this.#isNow('waiting');
      this.#producers.publish();
      await this.#units.handBackUnfinished();
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 20));
      await setTimeout(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  #isNow(state: SourceState): void {
    this.#counters.set('state', sourceStates.indexOf(state));
  }

  /** Resolves some time after no more units are to be taken: a `run` that does not see it holds up nothing. */
  async #late(): Promise<void> {
    await aborted(this.#finishing.signal);
    await setTimeout(finishingMs, undefined, { ref: false });
  }

  get #takesNoMore(): boolean {
    return this.#finishing.signal.aborted || this.#settings.state !== flowState.open;
  }

  async #untilAllEnded(): Promise<void> {
    const { signal } = this.#stopping;
    await Promise.race([this.#units.allEnded(), aborted(signal)]);
    if (signal.aborted) await this.#units.handBackAll();
  }

  async #close(): Promise<void> {
    try {
      await this.source.close?.();
    } catch (error) {
      this.host.trouble('close', errorData(error));
    }
    await this.#deadLetters?.close().catch(() => {});
    await this.#snapshots.end();
  }

  #callWorking(): NodeJS.Timeout | undefined {
    const { working, workingMs = usualWorkingMs } = this.source;
    return working && setInterval(() => void this.#units.tick(), workingMs);
  }

  /** Its methods need no `this`: a source may take the context apart. */
  #contextFor({ name, schemas }: SourceTask['shared'], options: unknown): SourceContext {
    const producers = this.#producers;
    const units = this.#units;
    const refused = this.#refused;
    const context: Omit<SourceContext, 'metrics' | 'metricsChanged'> = {
      flow: name,
      options,
      schemas,
      signal: this.#finishing.signal,
      report: (error) => this.host.trouble(undefined, errorData(error)),
      isReady: (ready) => {
        if (!this.#takesNoMore) this.#isNow(ready ? 'running' : 'waiting');
      },
      get room() {
        return refused.hasRoom ? producers.room : 0;
      },
      whenRoom: async (rows) => {
        await refused.whenRoom();
        await producers.whenRoom(rows);
      },
      producer: ((schema) => producers.of(schema)) as SourceContext['producer'],
      begin: (unit) => units.begin(unit),
      deliver: async (value, push) => {
        if (!refused.hasRoom) await refused.whenRoom();
        const unit = units.begin(value);
        try {
          await push(unit);
        } catch (error) {
          await units.handBackOne(unit);
          throw error;
        }
        unit.done();
      },
    };
    const properties = Object.getOwnPropertyDescriptors(context);
    return Object.defineProperties(this.#metrics.addTo({}), properties) as unknown as SourceContext;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
