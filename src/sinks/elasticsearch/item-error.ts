/**
 * Errors of single documents, and answers that are no answer to a bulk request.
 */
import { visible } from '../../describe.js';
import type { ErrorReason } from '../../target-errors/meaning.js';

/** While the configuration is wrong, attempts are at least so far apart. */
const configurationPauseMs = 2000;
const mostShown = 300;

/** What the server says of a document that it did not store. */
export interface ItemFailure {
  readonly status: number;
  readonly error?: { readonly type?: string; readonly reason?: string };
}

/** The server did not store a document. */
export class ElasticsearchItemError extends Error {
  override readonly name = 'ElasticsearchItemError';
  readonly status: number;
  /** The server's type of the error: `document_parsing_exception`. */
  readonly code: string;
  readonly verdict: 'retry' | 'fatal';
  readonly reason: ErrorReason;
  declare readonly retryAfterMs?: number;

  constructor({ status, error: { type = 'unknown', reason = '' } = {} }: ItemFailure) {
    const said = reason.length > mostShown ? `${reason.slice(0, mostShown - 1)}…` : reason;
    super(visible(`the document was answered with ${status} ${type}${said && `: ${said}`}`));
    this.status = status;
    this.code = type;
    const { verdict, reason: why, isConfiguration } = meaningOf(status, type);
    this.verdict = verdict;
    this.reason = why;
    if (isConfiguration) this.retryAfterMs = configurationPauseMs;
  }
}

interface ItemMeaning {
  readonly verdict: 'retry' | 'fatal';
  readonly reason: ErrorReason;
  readonly isConfiguration?: boolean;
}

function meaningOf(status: number, type: string): ItemMeaning {
  // A disk that is too full makes an index read-only.
  if (type === 'cluster_block_exception') return { verdict: 'retry', reason: 'io' };
  if (status === 429) return { verdict: 'retry', reason: 'overload' };
  if (status >= 500 || status === 408) return { verdict: 'retry', reason: 'connection' };
  if (status === 401 || status === 403) return { verdict: 'retry', reason: 'auth', isConfiguration: true };
  if (status === 404) return { verdict: 'retry', reason: 'syntax', isConfiguration: true };
  // Another writer has changed the document meanwhile.
  if (status === 409) return { verdict: 'retry', reason: 'lock_timeout' };
  return { verdict: 'fatal', reason: 'value' };
}

/** An answer of success that says nothing of the documents: of a proxy, or cut off. */
export class BulkAnswerError extends Error {
  override readonly name = 'BulkAnswerError';
  readonly code = 'ERR_BULK_ANSWER';
  readonly verdict = 'retry';
  readonly reason = 'unknown';

  /** @param split whether halves of the batch would have a shorter answer. */
  constructor(
    why: string,
    readonly split: boolean,
  ) {
    super(`the answer to a bulk request cannot be read: ${why}`);
  }
}
