/**
 * Finds threads that have ended without a message: producers', and the flow's creating one.
 *
 * A message that a thread is gone needs an event loop that turns at its other end, and the messages of a short thread
 * die with it. So a look at the system's list of threads comes before each refusal that a death may have caused, and
 * now and then from flushers. Where the system shows no threads (`thread-mark.ts`) a look finds nothing.
 */
import { ProducerSlots } from '../shared/producer-slots.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { abandon } from '../shared/stop.js';
import { hasEnded, ownMark } from '../shared/thread-mark.js';
import { elapsedSince, now, wrapped } from '../waiting/clock.js';
import { buryProducer } from './burial.js';

/** The least time between two looks of a flow's threads. A look costs some 20 µs for each thread of a producer. */
export const lookEveryMs = 100;

export class DeathWatch {
  readonly #slots: ProducerSlots;

  constructor(private readonly shared: SharedFlow) {
    this.#slots = new ProducerSlots(shared.slots, shared.maxProducers);
  }

  /** Look, unless one of the flow's threads has a moment ago. @returns what `look` returns; false without one. */
  lookIfDue(): boolean {
    const at = now();
    const { lookedAt } = this.#slots;
    const elapsed = elapsedSince(lookedAt, at);
    if (elapsed < lookEveryMs || !this.#slots.beginLook(lookedAt, wrapped(at))) return false;
    return this.look();
  }

  /**
   * Clean up after all threads that have died.
   *
   * @returns whether one was found, also where another thread cleans up after it at this moment.
   */
  look(): boolean {
    const { shared } = this;
    const living = new Set([ownMark()]);
    const isAlive = (mark: number) => {
      if (living.has(mark)) return true;
      if (hasEnded(mark)) return false;
      living.add(mark);
      return true;
    };
    const isAbandoned = !isAlive(shared.owner);
    if (isAbandoned) abandon(shared);
    let found = isAbandoned;
    for (const held of this.#slots.held()) {
      if (isAlive(held.mark)) continue;
      buryProducer(shared, held);
      found = true;
    }
    return found;
  }
}
