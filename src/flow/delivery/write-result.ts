/**
 * What a sink's `write` returned: nothing that matters, or the rows that it did not store, and how many it had already.
 */
import { describe } from '../../describe.js';
import { SinkError } from '../../errors.js';

/** An answer that makes no sense. Whether the sink has the rows nobody knows, so they must not be written again. */
export class AnswerError extends SinkError {}

export interface Answer {
  /** The rows that a sink did not store, with their errors; empty when all are stored. */
  readonly failed: ReadonlyMap<number, unknown>;
  /** How many of the others the target had already. */
  readonly skipped: number;
}

/**
 * What an answer says of rows.
 *
 * @param rows those that were written, in the batch's order.
 * @throws AnswerError when it says `failed`, but not which, or has skipped what cannot be.
 */
export function answerOf(answer: unknown, rows: readonly number[]): Answer {
  if (typeof answer !== 'object' || answer === null) return allStored;
  const { failed, skipped } = answer as { failed?: unknown; skipped?: unknown };
  if (failed === undefined && skipped === undefined) return allStored;
  const named = failed === undefined ? none : failedRows(failed, rows);
  return { failed: named, skipped: skippedRows(skipped, rows.length - named.size) };
}

const none: Answer['failed'] = new Map();
const allStored: Answer = { failed: none, skipped: 0 };

function failedRows(failed: unknown, rows: readonly number[]): Answer['failed'] {
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

function skippedRows(skipped: unknown, stored: number): number {
  if (skipped === undefined) return 0;
  if (Number.isInteger(skipped) && (skipped as number) >= 0 && (skipped as number) <= stored) {
    return skipped as number;
  }
  throw nonsense('skipped', skipped, `a number of rows that have not failed, from 0 to ${stored}`);
}

function nonsense(key: string, value: unknown, expected: string): AnswerError {
  return new AnswerError(
    `the sink's answer makes no sense: ${key}: got ${describe(value)}; expected ${expected}`,
  );
}
