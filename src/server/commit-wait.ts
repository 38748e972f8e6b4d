/**
 * Waits until what a request brought is committed, and never says so when it is not.
 */
import { FlushError, WaitTimeoutError } from '../errors.js';
import type { Flow } from '../flow/api/flow.js';
import type { Producer } from '../flow/api/producer.js';
import type { AcceptedLines, FailedLine } from './accepted-lines.js';
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
 * Rows of other requests that were pushed meanwhile are waited for as well; what becomes of them is not told.
 *
 * @returns waits for the commit. It resolves to the request's lines that were given up.
 * @throws (what is returned) RequestFault 500 when rows were given up and nobody can tell which, 504 when it
 *   takes too long.
 */
export function commitWait({
  flow,
  producer,
  ackTimeoutMs,
  stopping,
}: CommitWaitOptions): (lines: AcceptedLines) => Promise<FailedLine[]> {
  const since = producer.position();
  return async (lines) => {
    // What goes wrong with the flush, `committed` will tell.
    const hurry = () => void flow.flush().catch(() => {});
    if (stopping.aborted) hurry();
    stopping.addEventListener('abort', hurry, { once: true });
    try {
      await producer.committed({ since, timeoutMs: ackTimeoutMs });
      return [];
    } catch (error) {
      if (error instanceof FlushError) return failedLines(error, lines, since.sequence);
      if (!(error instanceof WaitTimeoutError)) throw error;
      const message = `accepted, but not committed within ${ackTimeoutMs} ms; that may still happen`;
      throw new RequestFault(504, 'commit_timeout', message);
    } finally {
      stopping.removeEventListener('abort', hurry);
    }
  };
}

function failedLines(error: FlushError, lines: AcceptedLines, since: number): FailedLine[] {
  const known = error.failed.reduce((sum, { count }) => sum + count, 0);
  // Of the others nobody knows whose they are: the safe side.
  if (known < error.rows) throw new RequestFault(500, 'not_committed', error.message);
  return lines.failedLines(error.failed, since);
}
