/**
 * The circuit of one schema in one flusher: after so many failed batches in a row it takes no more of that schema for a
 * while, then tries one. Rows of other schemas go on: their target may be well.
 *
 *     closed ──`failures` batches in a row have failed──▶ open ──`coolDownMs` later──▶ half-open: one batch is tried
 *        ▲                                                 ▲                                  │
 *        └──────────────── it was taken ───────────────────┼──── it has failed ───────────────┤
 *                                                          └──────────────────────────────────┘
 *
 * A batch has failed when the sink took none of its rows. The clock is the monotonic one: a step of the wall clock
 * neither opens nor holds a circuit.
 */
import type { CircuitState } from '../../metrics/read/stats.js';
import type { CircuitSettings } from '../config/delivery.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';
import { now } from '../waiting/clock.js';

export class Circuit {
  #state: CircuitState = 'closed';
  /** Batches that have failed since one was taken. */
  #failures = 0;
  /** When a batch may be tried again, on the clock. */
  #triesAt = 0;

  /**
   * @param changed called at each change of the state.
   * @param clock milliseconds; tests move their own.
   */
  constructor(
    private readonly settings: CircuitSettings,
    private readonly changed: () => void,
    private readonly clock: () => number = now,
  ) {}

  get state(): CircuitState {
    return this.#state;
  }

  /** How long until a batch may go, in ms; 0 when one may now, infinite while one is being tried. */
  get pauseMs(): number {
    if (this.#state === 'closed') return 0;
    return this.#state === 'half-open' ? Number.POSITIVE_INFINITY : Math.max(0, this.#triesAt - this.clock());
  }

  /**
   * Flush a batch, unless the circuit is open: then its rows go on waiting in the ring.
   *
   * @param flush tells whether the sink took any row of it.
   * @returns at once when `flush` did.
   */
  flush(flush: () => Awaitable<boolean>): Awaitable<void> {
    if (this.pauseMs > 0) return;
    const isTrial = this.#state !== 'closed';
    if (isTrial) this.#become('half-open');
    const taken = flush();
    if (!isThenable(taken)) return this.#ended(taken, isTrial);
    return taken.then((later) => this.#ended(later, isTrial));
  }

  /** While a batch is tried, and while the circuit is open, the ends of earlier batches decide nothing. */
  #ended(taken: boolean, isTrial: boolean): void {
    this.#failures = taken ? 0 : this.#failures + 1;
    if (isTrial || this.#state === 'closed') {
      if (taken) this.#become('closed');
      else if (isTrial || this.#failures >= this.settings.failures) this.#open();
    }
  }

  #open(): void {
    this.#triesAt = this.clock() + this.settings.coolDownMs;
    this.#become('open');
  }

  #become(state: CircuitState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.changed();
  }
}
