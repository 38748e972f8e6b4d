/**
 * The flushes that a flusher has begun and that have not ended: how many more may begin, and when the next one can.
 *
 * A batch that its sink stores at once is never among them.
 */
import { deferred } from '../waiting/deferred.js';

export class InFlight {
  /** Each with the number of its schema. */
  readonly #flushes = new Map<PromiseLike<void>, number>();
  /** Whether the one flush in flight must stay the only one. */
  #alone = false;
  /** Resolves when the next one ends. */
  #place = deferred();

  /**
   * @param places how many may be in flight at a time.
   * @param ended notified when one has ended.
   */
  constructor(
    private readonly places: number,
    private readonly ended: () => void,
  ) {}

  get isEmpty(): boolean {
    return this.#flushes.size === 0;
  }

  /** Whether no other flush may begin. */
  get isFull(): boolean {
    return this.#flushes.size >= (this.#alone ? 1 : this.places);
  }

  /** Whether a flush of the schema is in flight. */
  has(schema: number): boolean {
    for (const flushed of this.#flushes.values()) if (flushed === schema) return true;
    return false;
  }

  /** Resolves when the next flush ends. */
  get nextEnd(): Promise<void> {
    return this.#place.promise;
  }

  /** Resolves when all have ended. */
  async allEnded(): Promise<void> {
    await Promise.all(this.#flushes.keys());
  }

  /**
   * A flush of a schema has begun.
   * @param alone whether none may begin beside it: if this thread dies, it is known of what.
   */
  add(flush: PromiseLike<void>, schema: number, alone: boolean): void {
    this.#alone = alone;
    this.#flushes.set(flush, schema);
    // A rejection, which should not be, ends the thread, not only its loop: other flushes may be in flight.
    void this.#follow(flush);
  }

  async #follow(flush: PromiseLike<void>): Promise<void> {
    try {
      await flush;
    } finally {
      this.#alone = false;
      this.#flushes.delete(flush);
      this.ended();
      this.#place.resolve();
      this.#place = deferred();
    }
  }
}
