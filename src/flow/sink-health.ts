/**
 * The creating thread's side of the sink's health check: asks a flusher, at most once a second, and keeps its answer.
 */
import { Parking } from '../ring/parking.js';
import { LiveSettings } from './shared/live-settings.js';
import type { SharedFlow } from './shared/shared-flow.js';
import { now } from './waiting/clock.js';
import { type Deferred, deferred } from './waiting/deferred.js';
import { within } from './waiting/within.js';

const everyMs = 1000;
/** How long a caller waits for an answer; then the last one counts. */
const patienceMs = 500;

export class SinkHealth {
  readonly #settings: LiveSettings;
  readonly #parking: Parking;
  #trouble: string | undefined = 'the sink has not been reached yet';
  #askedAt = Number.NEGATIVE_INFINITY;
  #answer: Deferred = deferred();

  constructor(shared: SharedFlow) {
    this.#settings = new LiveSettings(shared.settings);
    this.#parking = new Parking(shared.ring);
  }

  /** What keeps the sink from its target; undefined when nothing does. */
  async trouble(): Promise<string | undefined> {
    if (now() - this.#askedAt >= everyMs) {
      this.#askedAt = now();
      this.#answer = deferred();
      this.#settings.askHealth();
      this.#parking.signal();
    }
    await within(patienceMs, this.#answer.promise, 'no answer').catch(() => {});
    return this.#trouble;
  }

  /** A flusher has asked the sink. */
  answered(trouble: string | undefined): void {
    this.#trouble = trouble;
    this.#answer.resolve();
  }
}
