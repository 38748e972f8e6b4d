/**
 * Errors of single documents, and answers that are no answer to a bulk request.
 */
import type { ErrorReason } from '../../target-errors/meaning.js';
import { excerpt } from '../http/client/http-error.js';
import { withoutValues } from './said.js';

/** While the configuration is wrong, attempts are at least so far apart. */
const configurationPauseMs = 2000;

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
    const said = excerpt(withoutValues(reason));
    super(`the document was answered with ${status} ${excerpt(type)}${said && `: ${said}`}`);
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

/** Refusals of an index whatever the document: it is closed, or the cluster has no room for its shards. */
const ofIndexes: ReadonlySet<string> = new Set(['index_closed_exception', 'validation_exception']);

function meaningOf(status: number, type: string): ItemMeaning {
  if (ofIndexes.has(type)) return { verdict: 'retry', reason: 'syntax', isConfiguration: true };
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
