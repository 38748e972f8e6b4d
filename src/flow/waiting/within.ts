/**
 * A promise that may take so long and no longer.
 */
import { WaitTimeoutError } from '../../errors.js';

/**
 * @param what begins the error's message.
 * @param late told when the time is up, before the error is thrown.
 * @throws WaitTimeoutError after `timeoutMs`; what becomes of the promise later nobody hears.
 */
export async function within<T>(
  timeoutMs: number,
  promise: PromiseLike<T> | T,
  what: string,
  late: (error: WaitTimeoutError) => void = () => {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new WaitTimeoutError(`${what} within ${timeoutMs} ms`);
      reject(error);
      late(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
