/**
 * Waiting for shared memory to change, without blocking the thread.
 */
import { WaitTimeoutError } from '../../errors.js';
import type { EventCount } from '../../ring/event-count.js';
import type { WaitOptions } from '../api/producer.js';

/** setTimeout's largest delay: an interval that never fires in practice. */
const never = 2 ** 31 - 1;

/**
 * Resolve when `condition` holds; it is looked at after each signal of `events`. It may throw to reject.
 *
 * @throws WaitTimeoutError after `timeoutMs`, or the signal's reason when it aborts.
 */
export async function until(
  events: EventCount,
  condition: () => boolean,
  options: WaitOptions = {},
): Promise<void> {
  if (await comesTrue(events, condition, options)) return;
  throw new WaitTimeoutError(`not reached within ${options.timeoutMs} ms`);
}

/** The same, but resolves to whether the condition holds, false after `timeoutMs`. */
export async function comesTrue(
  events: EventCount,
  condition: () => boolean,
  { signal, timeoutMs = Number.POSITIVE_INFINITY }: WaitOptions,
): Promise<boolean> {
  if (condition()) return true;
  const end = performance.now() + timeoutMs;
  // A pending waitAsync does not keep the event loop alive; a timer does.
  const alive = setInterval(() => {}, never);
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    signal?.addEventListener('abort', resolve as () => void, { once: true });
  });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const left = end - performance.now();
      if (left <= 0) return condition();
      const epoch = events.announce();
      try {
        if (condition()) return true;
        const signalled = events.waitAsync(epoch, left);
        if (signalled !== undefined) await Promise.race([signalled, aborted]);
      } finally {
        events.retire();
      }
    }
  } finally {
    clearInterval(alive);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
