/**
 * What the creating thread asks of its flushers while the flow runs: to flush now, to use other settings, to report
 * each flush. All of it is words in shared memory, so a busy flusher sees it at its next step.
 */
import { Parking } from '../ring/parking.js';
import { Progress } from '../ring/progress.js';
import type { WaitOptions } from './api/producer.js';
import type { resolveUpdate } from './config/resolve.js';
import { clockOf } from './shared/flow-clock.js';
import type { FlowMemory } from './shared/flow-memory.js';
import { flowState, LiveSettings } from './shared/live-settings.js';
import { wrapped } from './waiting/clock.js';
import { until } from './waiting/until.js';

/** Clocks of threads differ a little; flushing rows that came after the call does no harm. */
const flushSlackMs = 1000;

export class LiveControls {
  readonly #settings: LiveSettings;
  readonly #now: () => number;
  /** By shard. */
  readonly #rings: readonly { readonly progress: Progress; readonly parking: Parking }[];

  constructor(shards: FlowMemory['shards']) {
    this.#settings = new LiveSettings(shards[0].settings);
    this.#now = clockOf(shards[0]);
    this.#rings = shards.map(({ ring }) => ({ progress: new Progress(ring), parking: new Parking(ring) }));
  }

  /**
   * Resolves when all rows that are published now are committed, or were given up.
   *
   * @param closedError the error for a flow that stops before that.
   * @throws WaitTimeoutError after `timeoutMs`, or the signal's reason when it aborts.
   */
  async flush(closedError: () => Error, options: WaitOptions): Promise<void> {
    this.#settings.wantFlush(wrapped(this.#now() + flushSlackMs));
    this.#signal();
    try {
      await Promise.all(this.#rings.map(({ progress }) => this.#committed(progress, closedError, options)));
    } finally {
      this.#settings.flushDone();
    }
  }

  /** Change settings: every flusher looks at them again at once. */
  update(settings: ReturnType<typeof resolveUpdate>): void {
    this.#settings.fix(settings);
    this.#signal();
  }

  /** A flush costs a message, so flushers report it only while there is a listener. */
  reportFlushes(wanted: boolean): void {
    this.#settings.wantsFlushEvents = wanted;
  }

  #signal(): void {
    for (const { parking } of this.#rings) parking.signal();
  }

  async #committed(progress: Progress, closedError: () => Error, options: WaitOptions): Promise<void> {
    const waitingFor = progress.published();
    await until(
      progress.done,
      () => {
        if (waitingFor.every((position) => progress.isCommitted(position))) return true;
        if (this.#settings.state === flowState.stopped) throw closedError();
        return false;
      },
      options,
    );
  }
}
