/**
 * The loop of every wait for shared memory: announce, look again, sleep, retire.
 *
 * The condition is looked at before and after the announcement. So a change that comes between the two, a stop of the
 * flow included, is seen before the sleep: its signal came too early to end that sleep.
 */
import type { EventCount } from '../../ring/event-count.js';

/** One sleep of a wait: what `EventCount.wait` and `EventCount.waitAsync` take. */
export interface Sleep {
  readonly epoch: number;
  readonly leftMs: number;
}

/**
 * The sleeps of a wait for `condition`, which the caller sleeps one by one. The wait ends early where the condition
 * throws, or where the caller calls `return`.
 *
 * The condition may scan the whole ring, so it is looked at no more often than needed: once before the first
 * announcement, and once after each.
 *
 * @param events the event count that is signalled when the condition may have changed.
 * @returns whether the condition held; false after `timeoutMs`.
 */
export function* sleepsUntil(
  events: EventCount,
  condition: () => boolean,
  timeoutMs: number,
): Generator<Sleep, boolean, void> {
  if (condition()) return true;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const leftMs = end - performance.now();
    if (leftMs <= 0) return condition();
    const epoch = events.announce();
    try {
      if (condition()) return true;
      yield { epoch, leftMs };
    } finally {
      events.retire();
    }
  }
}
