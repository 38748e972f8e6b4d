/**
 * What the creating thread asks of its flushers while the flow runs: to flush now, to use other settings, to report
 * each flush. All of it is words in shared memory, so a busy flusher sees it at its next step.
 */
import { Parking } from '../ring/parking.js';
import { Progress } from '../ring/progress.js';
import type { WaitOptions } from './api/producer.js';
import type { resolveUpdate } from './config/resolve.js';
import { clockOf } from './shared/flow-clock.js';
import { flowState, LiveSettings } from './shared/live-settings.js';
import type { SharedFlow } from './shared/shared-flow.js';
import { wrapped } from './waiting/clock.js';
import { until } from './waiting/until.js';

/** Clocks of threads differ a little; flushing rows that came after the call does no harm. */
const flushSlackMs = 1000;

export class LiveControls {
  readonly #settings: LiveSettings;
  readonly #progress: Progress;
  readonly #parking: Parking;
  readonly #now: () => number;

  constructor(shared: SharedFlow) {
    this.#settings = new LiveSettings(shared.settings);
    this.#progress = new Progress(shared.ring);
    this.#parking = new Parking(shared.ring);
    this.#now = clockOf(shared);
  }

  /**
   * Resolves when all rows that are published now are committed, or were given up.
   *
   * @param closedError the error for a flow that stops before that.
   * @throws WaitTimeoutError after `timeoutMs`, or the signal's reason when it aborts.
   */
  async flush(closedError: () => Error, options: WaitOptions): Promise<void> {
    this.#settings.wantFlush(wrapped(this.#now() + flushSlackMs));
    this.#parking.signal();
    const waitingFor = this.#progress.published();
    try {
      await until(
        this.#progress.done,
        () => {
          if (waitingFor.every((position) => this.#progress.isCommitted(position))) return true;
          if (this.#settings.state === flowState.stopped) throw closedError();
          return false;
        },
        options,
      );
    } finally {
      this.#settings.flushDone();
    }
  }

  /** Change settings: every flusher looks at them again at once. */
  update(settings: ReturnType<typeof resolveUpdate>): void {
    this.#settings.fix(settings);
    this.#parking.signal();
  }

  /** A flush costs a message, so flushers report it only while there is a listener. */
  reportFlushes(wanted: boolean): void {
    this.#settings.wantsFlushEvents = wanted;
  }
}
