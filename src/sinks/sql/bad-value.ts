/**
 * Numbers and times that a database cannot hold. Their rows are refused, each alone, before anything is sent: the
 * server would refuse the batch, or store something else.
 */
import { isValid } from '../../schema/columns/views/validity.js';
import type { Batch } from '../../schema/read/batch.js';

/** A row that is refused for a number or a time which the database cannot hold. No retry would help. */
export class BadValueError extends Error {
  override readonly name = 'BadValueError';
  readonly code = 'ERR_BAD_VALUE';
  readonly reason = 'value';
  readonly stage = 'generate';

  constructor(column: string, expected: string) {
    super(`column "${column}" has a value that the database cannot hold; it holds ${expected}`);
  }
}

/** A column of numbers of which the database does not hold all. */
export interface NumberColumnRule {
  readonly name: string;
  readonly holds: (value: number) => boolean;
  /** What it holds, for errors. */
  readonly expected: string;
}

/** Add the rows with a number that the database cannot hold, each with its error. */
export function addBadNumbers(
  found: Map<number, unknown>,
  batch: Batch,
  columns: readonly NumberColumnRule[],
): void {
  for (const { name, holds, expected } of columns) {
    const values = batch.columns[name] as ArrayLike<number>;
    for (let i = 0; i < values.length; i++) {
      if (!holds(values[i] as number) && isValid(batch.validity[name], i)) {
        found.set(i, new BadValueError(name, expected));
      }
    }
  }
}
