/**
 * A clock that moves when a test says so: flows that are made with it let no time pass by themselves.
 */
import { ConfigError } from '../errors.js';
import type { FlowClock } from '../flow/api/settings.js';
import { promisesDone } from '../flow/waiting/deferred.js';
import { createClockMemory, MovedClock, neverDue } from '../flow/waiting/moved-clock.js';
import { until } from '../flow/waiting/until.js';

export class TestClock implements FlowClock {
  /** What flows need of the clock. It may be posted to another thread, and given to a flow that is made there. */
  readonly '~clock' = createClockMemory();
  readonly #clock = new MovedClock(this['~clock']);
  /** The end of the moves that were asked for so far. */
  #moves: Promise<void> = Promise.resolve();

  /** Milliseconds since the clock was made. */
  get now(): number {
    return this.#clock.time;
  }

  /**
   * Let time pass, with a stop at each moment on the way at which something falls due. Resolves when each flusher has
   * looked at the new time, has begun the flushes and further attempts that were due, as far as `maxConcurrentFlushes`
   * lets it, and has settled those that its sink stored at once. Others may still be under way.
   *
   * Rows that were pushed on this thread before the call have been published.
   *
   * @param ms whole milliseconds; 0: flushers do what is due now.
   * @throws ConfigError for other times, WaitTimeoutError when a flusher has not followed after `timeoutMs`, since its
   * sink blocks its thread.
   */
  advance(ms: number, timeoutMs = 10_000): Promise<void> {
    const moved = this.#moves.then(() => this.#advance(ms, timeoutMs));
    this.#moves = moved.catch(() => {});
    return moved;
  }

  async #advance(ms: number, timeoutMs: number): Promise<void> {
    const clock = this.#clock;
    const end = clock.time + ms;
    if (!Number.isInteger(ms) || ms < 0 || end >= neverDue) {
      throw new ConfigError('ms', ms, 'whole milliseconds, 24 days in all');
    }
    if (!(typeof timeoutMs === 'number' && timeoutMs > 0))
      throw new ConfigError('timeoutMs', timeoutMs, 'milliseconds, more than 0');
    // The end of the event-loop turn publishes what was pushed in it.
    await promisesDone();
    // The first look finds out when something falls due.
    for (let next = clock.time; ; next = Math.max(clock.time + 1, Math.min(clock.nextDue, end))) {
      clock.move(next);
      await until(clock.settled, () => clock.isSettled, { timeoutMs });
      if (clock.time === end) return;
    }
  }
}

/**
 * Make a clock that stands still until a test moves it. Give it to flows as their `clock`.
 *
 * @example
 * const clock = testClock();
 * const memory = memorySink();
 * const flow = await createBatchFlow({ schema: Request, sink: memory.sink, flushIntervalMs: 100, clock });
 * flow.push({ path: '/' });
 * await clock.advance(99);
 * assert.equal(memory.stored, 0);
 * await clock.advance(1);
 * assert.equal(memory.stored, 1);
 */
export function testClock(): TestClock {
  return new TestClock();
}
