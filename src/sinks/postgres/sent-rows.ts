/**
 * Which rows of a batch one statement may have: it may not update one row twice.
 */
import type { SentRows } from '../sql/sent-rows.js';
import type { TablePlan } from '../sql/table-plan.js';

/**
 * Rows that a partial index leaves out are none of the statement's business; where two of the others share a key, the
 * error that follows halves the batch.
 */
export function sentRows({ conflict }: TablePlan, rows: SentRows): SentRows {
  const overwrites = conflict.strategy === 'update' || conflict.strategy === 'replace';
  return overwrites && conflict.where === undefined ? rows.oneAKey(conflict) : rows;
}
