/**
 * The places of a flow's flushers at its limit on flushes, from their start to their end, through deaths of threads.
 */
import { ConfigError } from '../../errors.js';
import { maxPlaces } from '../../permits/permit-memory.js';
import { Places } from '../../permits/places.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { hasEnded, ownMark } from '../shared/thread-mark.js';

export class LimitPlaces {
  /** Undefined without a limit. */
  readonly #places: Places | undefined;
  readonly #ofFlushers = new Map<number, number>();

  constructor(private readonly shared: Pick<SharedFlow, 'limit' | 'threadId'>) {
    this.#places = shared.limit && new Places(shared.limit);
  }

  /** @throws ConfigError when there are not enough. */
  take(flushers: Iterable<number>): void {
    if (this.#places === undefined) return;
    for (const flusher of flushers) {
      const place = this.#places.take(ownMark(), this.shared.threadId, hasEnded);
      if (place < 0)
        throw new ConfigError(
          'concurrencyLimit',
          this.shared.limit,
          `a limit of at most ${maxPlaces} flushers`,
        );
      this.#ofFlushers.set(flusher, place);
    }
  }

  /** The place of a flusher; undefined without a limit. */
  of(flusher: number): number | undefined {
    return this.#ofFlushers.get(flusher);
  }

  /** The thread of a flusher has died; others may have what it held. */
  cleanUp(flusher: number): void {
    const place = this.of(flusher);
    if (place !== undefined) this.#places?.cleanUp(place);
  }

  /** The threads of all flushers have ended. */
  leave(): void {
    for (const place of this.#ofFlushers.values()) this.#places?.leave(place);
    this.#ofFlushers.clear();
  }
}
