/**
 * Waits until what a request brought is committed, and never says so when it is not.
 */
import { FlushError, WaitTimeoutError } from '../errors.js';
import type { Flow, Producer } from '../flow/types.js';
import { RequestFault } from './request-fault.js';

export interface CommitWaitOptions {
  readonly flow: Pick<Flow, 'flush'>;
  readonly producer: Pick<Producer, 'committed' | 'position'>;
  readonly ackTimeoutMs: number;
  /** From then on nobody waits for a flush's deadline. */
  readonly stopping: AbortSignal;
}

/**
 * Begin before the first push of a request; call the result after its last.
 *
 * Rows of other requests that were pushed meanwhile are waited for as well, and when they are given up
 * this request fails with them: the safe side.
 *
 * @returns waits for the commit.
 * @throws (what is returned) RequestFault 500 when rows were given up, 504 when it takes too long.
 */
export function commitWait({
  flow,
  producer,
  ackTimeoutMs,
  stopping,
}: CommitWaitOptions): () => Promise<void> {
  const since = producer.position();
  return async () => {
    // What goes wrong with the flush, `committed` will tell.
    const hurry = () => void flow.flush().catch(() => {});
    if (stopping.aborted) hurry();
    stopping.addEventListener('abort', hurry, { once: true });
    try {
      await producer.committed({ since, timeoutMs: ackTimeoutMs });
    } catch (error) {
      if (error instanceof FlushError) throw new RequestFault(500, 'not_committed', error.message);
      if (!(error instanceof WaitTimeoutError)) throw error;
      const message = `accepted, but not committed within ${ackTimeoutMs} ms; that may still happen`;
      throw new RequestFault(504, 'commit_timeout', message);
    } finally {
      stopping.removeEventListener('abort', hurry);
    }
  };
}
