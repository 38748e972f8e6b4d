/**
 * The places of holders: taken and given back by the thread that starts the holders' threads, and cleaned up after
 * threads that have died.
 *
 * Whatever thread finds a death may clean up, several at a time and each step again: nothing is freed but what the dead
 * holder has by its id, and no later holder has that id.
 */
import {
  idOf,
  LOOKED,
  maxPlaces,
  type PermitMemory,
  PLACES,
  permitAt,
  place,
  placeAt,
} from './permit-memory.js';
import { wakeOldest } from './permits.js';

/** Whether a thread has certainly ended, by its mark. */
type HasEnded = (mark: number) => boolean;

export class Places {
  readonly #words: Int32Array;
  readonly #permits: number;

  constructor({ memory, permits }: PermitMemory) {
    this.#words = new Int32Array(memory);
    this.#permits = permits;
  }

  /**
   * Take a place for a holder.
   *
   * @param owner the mark of this thread, not 0.
   * @param thread Node's id of it.
   * @returns its number; -1 where there is none.
   */
  take(owner: number, thread: number, hasEnded: HasEnded): number {
    for (let of = 0; of < maxPlaces; of++) {
      const found = this.#load(of, place.OWNER);
      if (found !== 0 && !hasEnded(found)) continue;
      if (Atomics.compareExchange(this.#words, this.#at(of, place.OWNER), found, owner) !== found) continue;
      // ORDER: THREAD before GENERATION, which the cleaning up moves. See `freeOf`.
      Atomics.store(this.#words, this.#at(of, place.THREAD), thread);
      this.cleanUp(of);
      this.#show(of);
      return of;
    }
    return -1;
  }

  /** Give a place back; its holder's thread has ended. */
  leave(of: number): void {
    this.cleanUp(of);
    Atomics.store(this.#words, this.#at(of, place.OWNER), 0);
  }

  /**
   * Free what the holder of a place has, since its thread has ended; the next holder has another id. Caller: the thread
   * that has taken the place.
   */
  cleanUp(of: number): void {
    const generation = this.#load(of, place.GENERATION);
    this.#free(of, generation);
    // ORDER: MARK before GENERATION. A cleaner reads GENERATION, then MARK: it takes no next holder for the dead one.
    Atomics.store(this.#words, this.#at(of, place.MARK), 0);
    Atomics.compareExchange(this.#words, this.#at(of, place.GENERATION), generation, (generation + 1) | 0);
  }

  /** Free what dead threads hold, whose places others have taken. */
  freeDead(hasEnded: HasEnded): void {
    const places = Atomics.load(this.#words, PLACES);
    for (let of = 0; of < places; of++) {
      const generation = this.#load(of, place.GENERATION);
      if (hasEnded(this.#load(of, place.MARK))) this.#free(of, generation);
    }
  }

  /** Free what holders have whose places a thread has taken: it has ended, and its holders' threads with it. */
  freeOf(thread: number): void {
    const places = Atomics.load(this.#words, PLACES);
    for (let of = 0; of < places; of++) {
      // ORDER: GENERATION before THREAD: where another thread takes the place meanwhile, the generation is an old one.
      const generation = this.#load(of, place.GENERATION);
      if (this.#load(of, place.THREAD) === thread) this.#free(of, generation);
    }
  }

  /** How many permits are held, and how many holders wait for one. */
  usage(): { held: number; waiting: number } {
    const places = Atomics.load(this.#words, PLACES);
    let [held, waiting] = [0, 0];
    for (let permit = 0; permit < this.#permits; permit++)
      if (Atomics.load(this.#words, permitAt(permit)) !== 0) held++;
    for (let of = 0; of < places; of++) if (this.#load(of, place.TICKET) !== 0) waiting++;
    return { held, waiting };
  }

  /** The clock (ms, wrapping) at the last look for dead threads. */
  get lookedAt(): number {
    return Atomics.load(this.#words, LOOKED);
  }

  /** Store the time of a look that is about to begin. @returns false when another thread was first. */
  beginLook(lookedAt: number, now: number): boolean {
    return Atomics.compareExchange(this.#words, LOOKED, lookedAt, now) === lookedAt;
  }

  /** Free the permits of one generation, and take its request back. */
  #free(of: number, generation: number): void {
    const id = idOf(of, generation);
    // ORDER: TICKET is read before the generation is looked at again: the ticket is the dead holder's, or is left.
    const ticket = this.#load(of, place.TICKET);
    if (this.#load(of, place.GENERATION) !== generation) return;
    if (ticket !== 0) Atomics.compareExchange(this.#words, this.#at(of, place.TICKET), ticket, 0);
    for (let permit = 0; permit < this.#permits; permit++)
      Atomics.compareExchange(this.#words, permitAt(permit), id, 0);
    wakeOldest(this.#words, this.#permits);
  }

  /** All threads see the place from now on. */
  #show(of: number): void {
    for (;;) {
      const places = Atomics.load(this.#words, PLACES);
      if (places > of || Atomics.compareExchange(this.#words, PLACES, places, of + 1) === places) return;
    }
  }

  #load(of: number, word: number): number {
    return Atomics.load(this.#words, this.#at(of, word));
  }

  #at(of: number, word: number): number {
    return placeAt(this.#permits, of, word);
  }
}
