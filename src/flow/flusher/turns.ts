/**
 * A flusher's side of `concurrencyLimit`: each flush has a permit while it works, and none in its pauses.
 *
 *     the next batch is due ─▶ ready ─▶ start ─▶ the flush works ─▶ end
 *                                                ▲            │
 *                                        resume ─┴── pause ◀──┘  between attempts
 *
 * The flusher has one place among all that share the limit; its own flushes take what it gets in the order in which
 * they asked. Nothing polls: the holder that gives a permit back wakes the one that has waited longest. A wait that
 * nothing has ended for a while looks for dead threads, and then takes a free permit out of turn, since the thread
 * whose turn it is may be dead, or busy.
 */
import type { PermitMemory } from '../../permits/permit-memory.js';
import { Permits } from '../../permits/permits.js';
import type { Turn } from '../delivery/turn.js';
import { freeDeadHolders } from '../liveness/dead-holders.js';
import { lookEveryMs } from '../liveness/death-watch.js';
import { ownMark } from '../shared/thread-mark.js';
import { type Deferred, deferred } from '../waiting/deferred.js';
import type { ClockFollower } from './clock-follower.js';
import type { HealthCheck } from './health-check.js';

export class Turns {
  /** Waits for a permit, in their order; each resolves with whether it has got one. */
  readonly #waits: Deferred<boolean>[] = [];
  #isServing = false;
  /** Whether the next batch has a permit. */
  #isReady = false;

  /**
   * @param looked called at times while a flush, or the next batch, waits: it frees permits of dead threads.
   * @param signal aborts when the flow stops.
   */
  constructor(
    private readonly permits: Permits,
    private readonly signal: AbortSignal,
    private readonly looked: () => void,
  ) {
    signal.addEventListener('abort', () => permits.wake());
  }

  /** Whether the next batch may be taken now. */
  ready(): boolean {
    this.#isReady ||= this.#waits.length === 0 && this.permits.tryTake();
    return this.#isReady;
  }

  /** Wait until the next batch may be taken, or the flow has stopped. */
  async wait(): Promise<void> {
    if (await this.#next()) this.#isReady = true;
  }

  /** The next batch is taken. */
  start(): Turn {
    this.#isReady = false;
    return new FlushTurn(
      () => this.permits.giveBack(),
      () => this.#next(),
    );
  }

  /** No batch is taken now: others may have the permit. */
  spare(): void {
    if (!this.#isReady) return;
    this.#isReady = false;
    this.permits.giveBack();
  }

  /** @returns whether there is a permit; false when the flow has stopped. */
  #next(): Promise<boolean> {
    const wait = deferred<boolean>();
    this.#waits.push(wait);
    if (!this.#isServing) void this.#serve();
    return wait.promise;
  }

  /** Get permits until none of the waits is left. */
  async #serve(): Promise<void> {
    this.#isServing = true;
    let outOfTurn = false;
    while (this.#waits.length > 0 && !this.signal.aborted) {
      const epoch = this.permits.request();
      if (this.permits.tryTake(outOfTurn)) {
        this.#waits.shift()?.resolve(true);
        outOfTurn = false;
        continue;
      }
      outOfTurn = (await this.permits.sleepAsync(epoch, lookEveryMs)) === 'timed-out';
      if (outOfTurn) this.looked();
    }
    this.permits.withdraw();
    for (const wait of this.#waits.splice(0)) wait.resolve(false);
    this.#isServing = false;
  }
}

/** The permit of one flush. */
class FlushTurn implements Turn {
  #isHeld = true;

  constructor(
    private readonly giveBack: () => void,
    private readonly next: () => Promise<boolean>,
  ) {}

  pause(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.giveBack();
  }

  async resume(): Promise<void> {
    this.#isHeld ||= await this.next();
  }
}

/** Turns of a flusher that follows a clock: it learns when the loop waits. */
class FollowedTurns extends Turns {
  constructor(
    permits: Permits,
    signal: AbortSignal,
    looked: () => void,
    private readonly follower: Pick<ClockFollower, 'isBlocked'>,
  ) {
    super(permits, signal, looked);
  }

  override async wait(): Promise<void> {
    this.follower.isBlocked = true;
    await super.wait();
    this.follower.isBlocked = false;
  }
}

/** @param place the flusher's, at the limit. */
export function createTurns(
  limit: PermitMemory,
  place: number,
  signal: AbortSignal,
  health: HealthCheck,
  follower: ClockFollower | undefined,
): Turns {
  const permits = new Permits(limit, place, ownMark());
  const looked = () => {
    freeDeadHolders(limit);
    health.look();
  };
  if (follower === undefined) return new Turns(permits, signal, looked);
  return new FollowedTurns(permits, signal, looked, follower);
}
