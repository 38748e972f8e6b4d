/**
 * What a sink's `write` returned: nothing that matters, or the rows that it did not store.
 */
import { describe } from '../../describe.js';
import { SinkError } from '../../errors.js';

/** An answer that makes no sense. Whether the sink has the rows nobody knows, so they must not be written again. */
export class AnswerError extends SinkError {}

/** The rows that a sink did not store, with their errors; empty when all are stored. */
export type Answer = ReadonlyMap<number, unknown>;

/**
 * The rows that an answer names, with their errors.
 *
 * @param rows those that were written, in the batch's order.
 * @throws AnswerError when it says `failed`, but not which.
 */
export function failedRows(answer: unknown, rows: readonly number[]): Answer {
  if (typeof answer !== 'object' || answer === null) return none;
  const { failed } = answer as { failed?: unknown };
  if (failed === undefined) return none;
  if (!Array.isArray(failed)) throw nonsense('failed', failed, 'an array of { index, error }');
  const named = new Map<number, unknown>();
  for (const [n, entry] of failed.entries()) {
    const index: unknown = entry?.index;
    const row = Number.isInteger(index) ? rows[index as number] : undefined;
    if (row === undefined) {
      throw nonsense(
        `failed[${n}].index`,
        index,
        `a row's number in the batch, from 0 to ${rows.length - 1}`,
      );
    }
    if (!named.has(row)) named.set(row, entry.error ?? new Error('the sink did not say why'));
  }
  return named;
}

const none: Answer = new Map();

function nonsense(key: string, value: unknown, expected: string): AnswerError {
  return new AnswerError(
    `the sink's answer makes no sense: ${key}: got ${describe(value)}; expected ${expected}`,
  );
}
