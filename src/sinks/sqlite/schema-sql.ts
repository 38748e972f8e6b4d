/**
 * The SQL by which rows are inserted into a table.
 */
import { listOf, onConflictSql, rowThere } from '../sql/statements.js';
import type { ConflictPlan, TablePlan } from '../sql/table-plan.js';
import { quote, sqliteDialect } from './dialect.js';

/** What decides how rows get into a table. */
export type InsertPlan = Pick<TablePlan, 'table' | 'conflict' | 'identityColumn'>;

/**
 * Inserts `rows` rows; the parameters are their values, row after row, each row's identity behind them.
 *
 * @param columns those of the schema.
 */
export function insertSql(plan: InsertPlan, columns: readonly string[], rows: number): string {
  const { table, conflict, identityColumn } = plan;
  const all = identityColumn === undefined ? columns : [...columns, identityColumn];
  const row = `(${Array(all.length).fill('?').join(',')})`;
  const values = Array(rows).fill(row).join(',');
  // First of all: a row that is there may break other keys, too, by itself.
  const ofIdentity = identityColumn === undefined ? '' : onConflictSql(sqliteDialect, left([identityColumn]));
  const clause = ofIdentity + onConflictSql(sqliteDialect, conflict);
  // Only where the clause needs it: SQLite's errors would name the table so.
  const alias = conflict.kept.size > 0 ? ` AS ${rowThere}` : '';
  return `INSERT INTO ${quote(table)}${alias} (${listOf(sqliteDialect, all)}) VALUES ${values}${clause}`;
}

/** Rows whose key is taken are left out. */
export function left(key: readonly string[], where?: string): ConflictPlan {
  return { strategy: 'ignore', key, where, updated: [], kept: new Set() };
}
