/**
 * A bound on how long a promise may take.
 */
import { WaitTimeoutError } from '../../errors.js';
import type { Awaitable } from './awaitable.js';
import { systemTimers } from './timers.js';

/**
 * Wait for a value, but no longer than `timeoutMs`.
 *
 * @param what the first words of the error's message.
 * @param late receives the error when the time is up, before it is thrown.
 * @throws WaitTimeoutError after `timeoutMs`; a later outcome of the promise is ignored.
 */
export async function within<T>(
  timeoutMs: number,
  promise: Awaitable<T>,
  what: string,
  late: (error: WaitTimeoutError) => void = () => {},
  timers = systemTimers,
): Promise<T> {
  let timer: unknown;
  const limit = new Promise<never>((_, reject) => {
    timer = timers.set(() => {
      const error = new WaitTimeoutError(`${what} within ${timeoutMs} ms`);
      reject(error);
      late(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    timers.clear(timer);
  }
}
