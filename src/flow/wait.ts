/**
 * Waiting for shared memory to change, without blocking the thread.
 */
import { WaitTimeoutError } from '../errors.js';
import type { EventCount } from '../ring/event-count.js';
import type { WaitOptions } from './types.js';

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
  const { signal, timeoutMs = Number.POSITIVE_INFINITY } = options;
  const end = performance.now() + timeoutMs;
  if (condition()) return;
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
      if (left <= 0) throw new WaitTimeoutError(`not reached within ${timeoutMs} ms`);
      const epoch = events.announce();
      try {
        if (condition()) return;
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
