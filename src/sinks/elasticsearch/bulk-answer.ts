/**
 * What a bulk request's answer says of each row.
 *
 * With `filter_path` the answer begins with `{"errors":false` where all documents were stored. Then nothing of it is
 * parsed.
 */
import { messageOf } from '../../describe.js';
import type { WriteResult } from '../../sink.js';
import type { HttpAnswer } from '../http/client/http-client.js';
import type { BulkBody } from './bulk-body.js';
import { BulkAnswerError, ElasticsearchItemError, type ItemFailure } from './item-error.js';
import type { BulkOperation } from './options.js';

/** What of an answer is asked for. */
export const answerPaths = 'errors,items.*.status,items.*.error.type,items.*.error.reason';

const allStored = Buffer.from('{"errors":false');

interface Answer {
  readonly errors?: unknown;
  readonly items?: readonly Readonly<Record<string, Partial<ItemFailure>>>[];
}

/** The rows that were not stored, and those that were there already, by their numbers in the batch. */
export function readAnswer(
  answer: Pick<HttpAnswer, 'body' | 'isCut'>,
  { rows }: Pick<BulkBody, 'rows'>,
  op: BulkOperation,
): WriteResult {
  const { body, isCut } = answer;
  if (body.subarray(0, allStored.length).equals(allStored)) return { failed: [] };
  if (isCut) throw new BulkAnswerError('it is longer than maxAnswerBytes, or broke off', rows.length > 1);
  const { errors, items } = parsed(body);
  if (errors === false) return { failed: [] };
  if (!Array.isArray(items) || items.length !== rows.length) {
    const count = Array.isArray(items) ? items.length : 'no';
    throw new BulkAnswerError(`it has ${count} items for ${rows.length} documents`, false);
  }
  const failed: { index: number; error: unknown }[] = [];
  const skipped: number[] = [];
  for (const [i, item] of (items as NonNullable<Answer['items']>).entries()) {
    const { status, error } = item[op] ?? {};
    if (typeof status !== 'number') throw new BulkAnswerError(`item ${i} has no status`, false);
    if (status < 300) continue;
    if (status === 409 && op === 'create') skipped.push(rows[i] as number);
    else
      failed.push({
        index: rows[i] as number,
        error: new ElasticsearchItemError({ status, ...(error && { error }) }),
      });
  }
  return { failed, skipped };
}

function parsed(body: Buffer): Answer {
  try {
    const answer: unknown = JSON.parse(body.toString());
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch (error) {
    throw new BulkAnswerError(messageOf(error), false);
  }
  throw new BulkAnswerError('it is no object', false);
}
