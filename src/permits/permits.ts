/**
 * Permits: at most so many holders work at a time, on whatever threads. First come, first served.
 *
 *     request ─▶ waits with a ticket ─▶ tryTake: no older ticket waits, and a permit is free ─▶ works ─▶ giveBack
 *                     ▲      │                                                                        │
 *                     └ wakes┴──────────────── the holder with the oldest ticket is woken ◀───────────┘
 *
 * Guarantees, wherever a thread dies: no more permits are held than there are; a permit that is given back, or freed by
 * a cleaner, is seen by the oldest waiter, or by a cleaner that comes after that one's death. No guarantee: a thread
 * that draws its ticket a moment later than another one may store it earlier.
 *
 * No method waits. A waiter calls `request`, then `tryTake`, and where that fails sleeps on its epoch.
 */
import { idOf, type PermitMemory, PLACES, permitAt, place, placeAt, TICKETS } from './permit-memory.js';

/** One holder, and the permits that it has. */
export class Permits {
  readonly #words: Int32Array;
  readonly #permits: number;
  readonly #place: number;
  readonly #id: number;
  /** The permits that it has. */
  readonly #held: number[] = [];

  /**
   * @param of the place that was taken for it.
   * @param mark its thread's.
   */
  constructor({ memory, permits }: PermitMemory, of: number, mark: number) {
    this.#words = new Int32Array(memory);
    this.#permits = permits;
    this.#place = of;
    this.#id = idOf(of, Atomics.load(this.#words, this.#at(place.GENERATION)));
    // ORDER: MARK before this holder's first permit: a cleaner that finds the permit finds its thread.
    Atomics.store(this.#words, this.#at(place.MARK), mark);
  }

  /** Wait for a permit from now on, unless it waits already. @returns the epoch to sleep with, if `tryTake` fails. */
  request(): number {
    const words = this.#words;
    // ORDER: TICKET before the look at the permits in `tryTake`. A holder that gives one back stores the permit before
    // it looks for tickets: it sees this one, or this thread sees the permit.
    while (Atomics.load(words, this.#at(place.TICKET)) === 0)
      Atomics.store(words, this.#at(place.TICKET), Atomics.add(words, TICKETS, 1) + 1);
    return Atomics.load(words, this.#at(place.EPOCH));
  }

  /** Wait no longer. */
  withdraw(): void {
    if (Atomics.load(this.#words, this.#at(place.TICKET)) === 0) return;
    Atomics.store(this.#words, this.#at(place.TICKET), 0);
    // It may have been woken for a permit that it does not take.
    if (this.#anyFree) wakeOldest(this.#words, this.#permits);
  }

  /**
   * Take a permit, if one is free and no other holder waits for longer.
   *
   * @param outOfTurn whether those that wait for longer do not count: they may have died, or be busy.
   */
  tryTake(outOfTurn = false): boolean {
    const words = this.#words;
    if (!outOfTurn && !this.#isFirst) return false;
    for (let permit = 0; permit < this.#permits; permit++) {
      const at = permitAt(permit);
      if (Atomics.load(words, at) !== 0 || Atomics.compareExchange(words, at, 0, this.#id) !== 0) continue;
      this.#held.push(at);
      // Another permit may be free, for which only this holder was woken.
      this.withdraw();
      return true;
    }
    return false;
  }

  /** Give one back. */
  giveBack(): void {
    const at = this.#held.pop();
    // ORDER: the permit before the look for tickets, see `request`. A cleaner that took this thread for dead has freed
    // the permit, which is another's by now.
    if (at !== undefined && Atomics.compareExchange(this.#words, at, this.#id, 0) === this.#id)
      wakeOldest(this.#words, this.#permits);
  }

  /** Sleep until it is woken, or for so long. Undefined when it has been woken since `request`. */
  sleepAsync(epoch: number, timeoutMs: number): Promise<'ok' | 'timed-out'> | undefined {
    const { async, value } = Atomics.waitAsync(this.#words, this.#at(place.EPOCH), epoch, timeoutMs);
    return async ? value : undefined;
  }

  /** End the holder's sleep; for its own thread. */
  wake(): void {
    wakeAt(this.#words, this.#at(place.EPOCH));
  }

  get #isFirst(): boolean {
    const words = this.#words;
    const own = Atomics.load(words, this.#at(place.TICKET));
    const places = Atomics.load(words, PLACES);
    for (let of = 0; of < places; of++) {
      if (of === this.#place) continue;
      const other = Atomics.load(words, placeAt(this.#permits, of, place.TICKET));
      if (other !== 0 && (own === 0 || ((other - own) | 0) < 0)) return false;
    }
    return true;
  }

  get #anyFree(): boolean {
    for (let permit = 0; permit < this.#permits; permit++)
      if (Atomics.load(this.#words, permitAt(permit)) === 0) return true;
    return false;
  }

  #at(word: number): number {
    return placeAt(this.#permits, this.#place, word);
  }
}

/** Wake the holder that has waited longest, if one waits. */
export function wakeOldest(words: Int32Array, permits: number): void {
  const places = Atomics.load(words, PLACES);
  let oldest = -1;
  let ticket = 0;
  for (let of = 0; of < places; of++) {
    const other = Atomics.load(words, placeAt(permits, of, place.TICKET));
    if (other === 0 || (oldest >= 0 && ((other - ticket) | 0) >= 0)) continue;
    oldest = of;
    ticket = other;
  }
  if (oldest >= 0) wakeAt(words, placeAt(permits, oldest, place.EPOCH));
}

/** Let whatever holder sleeps on an epoch look again. */
function wakeAt(words: Int32Array, epoch: number): void {
  Atomics.add(words, epoch, 1);
  Atomics.notify(words, epoch);
}
