/**
 * A flusher that follows a clock which a test moves: its deadlines and its timers fall due by that clock, and the test
 * learns when it has done what was due.
 *
 *     the clock moves ─▶ timers fire, and what they set off runs ─▶ the loop looks: nothing is due ─▶ settled
 *                                                                  or it can begin nothing before a flush ends ─┘
 */
import { setImmediate } from 'node:timers/promises';
import { type ClockPlaces, type MovedClock, neverDue } from '../waiting/moved-clock.js';
import type { Timers } from '../waiting/timers.js';
import { until } from '../waiting/until.js';
import type { FlushPolicy, Look } from './flush-policy.js';
import { InFlight } from './in-flight.js';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

export class ClockFollower implements Timers {
  readonly #timers = new Set<Timer>();
  readonly #place: number;
  /** The move that the loop is to follow; undefined: none, or timers of it are still firing. */
  #move: number | undefined;
  /** Whether the loop waits for the end of a flush. */
  #isBlocked = false;
  #hasLeft = false;

  /**
   * @param flusher from 1.
   * @param wake makes the loop look, if it sleeps.
   */
  constructor(
    readonly clock: MovedClock,
    { first }: ClockPlaces,
    flusher: number,
    private readonly wake: () => void,
  ) {
    this.#place = first + flusher - 1;
    clock.join(this.#place);
    void this.#follow();
  }

  set(call: () => void, ms: number): Timer {
    const timer = { at: this.clock.time + Math.max(0, ms), call };
    this.#timers.add(timer);
    return timer;
  }

  clear(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** The loop has looked, and nothing is due for so long. */
  looked(sleepMs: number): void {
    this.#settle(this.clock.time + sleepMs);
  }

  /** The loop begins to wait for the end of a flush, or has waited. */
  set isBlocked(blocked: boolean) {
    this.#isBlocked = blocked;
    if (blocked) this.#settle(neverDue);
  }

  leave(): void {
    this.#hasLeft = true;
    this.clock.leave(this.#place);
    // Ends the wait of `#follow`.
    this.clock.moved.signal();
  }

  async #follow(): Promise<void> {
    let followed: number | undefined;
    for (;;) {
      await until(this.clock.moved, () => this.#hasLeft || this.clock.moves !== followed, {});
      if (this.#hasLeft) return;
      followed = this.clock.moves;
      this.#move = undefined;
      while (this.#fire()) await setImmediate();
      this.#move = followed;
      if (this.#isBlocked) this.#settle(neverDue);
      else this.wake();
    }
  }

  /** Fire what is due, in order. @returns whether there was any. */
  #fire(): boolean {
    const { time } = this.clock;
    const due = [...this.#timers].filter(({ at }) => at <= time).sort((a, b) => a.at - b.at);
    // One that fires may clear others.
    for (const timer of due) if (this.#timers.delete(timer)) timer.call();
    return due.length > 0;
  }

  #settle(nextDue: number): void {
    if (this.#move === undefined) return;
    const move = this.#move;
    this.#move = undefined;
    this.clock.settle(this.#place, move, Math.min(nextDue, ...[...this.#timers].map(({ at }) => at)));
  }
}

/** A policy by the moved clock. The loop sleeps until it is woken, as no time passes by itself. */
export class FollowingPolicy implements Pick<FlushPolicy, 'look'> {
  constructor(
    private readonly policy: Pick<FlushPolicy, 'look'>,
    private readonly follower: ClockFollower,
  ) {}

  look(): Look {
    const look = this.policy.look(this.follower.clock.time);
    if (look.due === undefined) this.follower.looked(look.sleepMs);
    return { ...look, sleepMs: Number.POSITIVE_INFINITY };
  }
}

/** Flushes in flight of which the clock's follower learns when the loop waits for them. */
export class FollowedFlights extends InFlight {
  constructor(
    places: number,
    ended: () => void,
    private readonly follower: ClockFollower,
  ) {
    super(places, ended);
  }

  override get nextEnd(): Promise<void> {
    this.follower.isBlocked = true;
    return super.nextEnd.then(() => {
      this.follower.isBlocked = false;
    });
  }

  override async allEnded(): Promise<void> {
    this.follower.leave();
    await super.allEnded();
  }
}
