/**
 * The circuit of one schema in one flusher: after so many failed batches in a row it takes no more of that schema for a
 * while, then tries one. Rows of other schemas go on: their target may be well.
 *
 * A batch has failed when the sink took none of its rows.
 */
import {
  CircuitState as BreakerState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  isBrokenCircuitError,
} from 'cockatiel';
import type { CircuitState } from '../../metrics/read/stats.js';
import type { CircuitSettings } from '../config/delivery.js';
import type { Awaitable } from '../waiting/awaitable.js';

class BatchFailed extends Error {}

export class Circuit {
  readonly #failures: ConsecutiveBreaker;
  readonly #breaker;
  readonly #coolDownMs: number;
  #openedAt = 0;

  constructor({ failures, coolDownMs }: CircuitSettings, changed: () => void) {
    this.#coolDownMs = coolDownMs;
    this.#failures = new ConsecutiveBreaker(failures);
    this.#breaker = circuitBreaker(handleAll, { halfOpenAfter: coolDownMs, breaker: this.#failures });
    this.#breaker.onBreak(() => {
      this.#openedAt = Date.now();
    });
    this.#breaker.onStateChange(changed);
  }

  get state(): CircuitState {
    return nameOf(this.#breaker.state);
  }

  /** How long until a batch may go, in ms; 0 when one may now, infinite while one is being tried. */
  get pauseMs(): number {
    if (this.#breaker.state === BreakerState.Closed) return 0;
    if (this.#breaker.state === BreakerState.HalfOpen) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#openedAt + this.#coolDownMs - Date.now());
  }

  /**
   * Flush a batch.
   * @param flush tells whether the sink took any row of it.
   * @returns at once when `flush` said yes at once and that changes nothing.
   */
  flush(flush: () => Awaitable<boolean>): Awaitable<void> {
    const calm = this.#breaker.state === BreakerState.Closed && this.#failures.state === 0;
    if (!calm) return this.#execute(flush);
    const answer = flush();
    return answer === true ? undefined : this.#execute(() => answer);
  }

  async #execute(flush: () => Awaitable<boolean>): Promise<void> {
    try {
      await this.#breaker.execute(async () => {
        if (!(await flush())) throw new BatchFailed();
      });
    } catch (error) {
      // A batch that comes just when another has opened the circuit is not flushed; its rows wait in the ring.
      if (!(error instanceof BatchFailed || isBrokenCircuitError(error))) throw error;
    }
  }
}

function nameOf(state: BreakerState): CircuitState {
  if (state === BreakerState.Closed) return 'closed';
  return state === BreakerState.HalfOpen ? 'half-open' : 'open';
}
