/**
 * The rows that a table has already, by their identities.
 */
import type Sqlite from 'better-sqlite3';
import type { Batch } from '../../schema/read/batch.js';
import type { TablePlan } from '../sql/table-plan.js';
import { quote } from './dialect.js';

/** The rows, by their number, that the table of a plan with a column of identities has. */
export function storedRows(
  db: Sqlite.Database,
  { table, identityColumn }: TablePlan,
  batch: Batch,
): ReadonlySet<number> {
  const statement = db.prepare(`SELECT 1 FROM ${quote(table)} WHERE ${quote(identityColumn as string)} = ?`);
  const there = new Set<number>();
  for (let row = 0; row < batch.length; row++) {
    if (statement.get(batch.identityBytes(row)) !== undefined) there.add(row);
  }
  return there;
}
