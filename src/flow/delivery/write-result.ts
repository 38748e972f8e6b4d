/**
 * What a sink's `write` returned: nothing that matters, or the rows that it did not store, and those that the target
 * had already.
 */
import { describe } from '../../describe.js';
import { SinkError } from '../../errors.js';

/** An answer that makes no sense. Whether the sink has the rows nobody knows, so they must not be written again. */
export class AnswerError extends SinkError {}

export interface Answer {
  /** The rows that a sink did not store, with their errors; empty when all are stored. */
  readonly failed: ReadonlyMap<number, unknown>;
  /** Those of the others that the target had already, or how many where the sink does not name them. */
  readonly skipped: number | readonly number[];
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
  return { failed: named, skipped: skippedRows(skipped, rows, named) };
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

function skippedRows(skipped: unknown, rows: readonly number[], failed: Answer['failed']): Answer['skipped'] {
  if (skipped === undefined) return 0;
  if (Array.isArray(skipped)) return namedRows(skipped, rows, failed);
  const stored = rows.length - failed.size;
  if (Number.isInteger(skipped) && (skipped as number) >= 0 && (skipped as number) <= stored) {
    // Where it is all of them, it is known which.
    return skipped === stored && stored > 0 ? rows.filter((row) => !failed.has(row)) : (skipped as number);
  }
  throw nonsense('skipped', skipped, `a number of rows that have not failed, from 0 to ${stored}`);
}

function namedRows(indexes: unknown[], rows: readonly number[], failed: Answer['failed']): readonly number[] {
  const named = new Set<number>();
  for (const [n, index] of indexes.entries()) {
    const row = Number.isInteger(index) ? rows[index as number] : undefined;
    if (row === undefined || failed.has(row)) {
      throw nonsense(
        `skipped[${n}]`,
        index,
        `the number of a row that has not failed, from 0 to ${rows.length - 1}`,
      );
    }
    named.add(row);
  }
  return [...named].sort((a, b) => a - b);
}

function nonsense(key: string, value: unknown, expected: string): AnswerError {
  return new AnswerError(
    `the sink's answer makes no sense: ${key}: got ${describe(value)}; expected ${expected}`,
  );
}
