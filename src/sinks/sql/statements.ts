/**
 * Parts of SQL that databases share: the table for a schema, and the clause for keys that are taken.
 */
import type { Column } from '../../schema/columns/columns.js';
import type { Dialect, TableColumn } from './dialect.js';
import type { ConflictPlan, TablePlan } from './table-plan.js';

/**
 * The statements that make a schema's table with its key.
 *
 * @param table the quoted name.
 */
export function createTableSql(dialect: Dialect, table: string, plan: TablePlan): string[] {
  const { schema, conflict, identityColumn } = plan;
  const definitions = Object.entries(schema.columns).map(([name, column]) =>
    columnSql(dialect, name, column, conflict.key.includes(name)),
  );
  if (identityColumn !== undefined) {
    definitions.push(`${dialect.quote(identityColumn)} ${dialect.identity?.type} NOT NULL UNIQUE`);
  }
  const key = listOf(dialect, conflict.key);
  const whole = conflict.key.length > 0 && conflict.where === undefined;
  if (whole) definitions.push(`UNIQUE (${key})`);
  const statements = [`CREATE TABLE ${table} (${definitions.join(', ')})${dialect.tableOptions ?? ''}`];
  // Only an index may be partial, not a constraint.
  if (conflict.where !== undefined) {
    statements.push(`${uniqueIndexSql(dialect, table, plan, conflict.key)} WHERE ${conflict.where}`);
  }
  return statements;
}

/** The definition of a column. @param isKey whether it is of the table's key. */
export function columnSql(dialect: Dialect, name: string, { type, nullable }: Column, isKey = false): string {
  const constraint = nullable || dialect.mayBeNull(type) ? '' : ' NOT NULL';
  return `${dialect.quote(name)} ${dialect.declaredType(type, isKey)}${constraint}`;
}

/** The name by which the clause refers to the row that is there: the statement has to begin `INSERT INTO t AS …`. */
export const rowThere = 'there';

/**
 * The `ON CONFLICT` clause, for databases that have it; empty for conflicts that are errors. `DO NOTHING` leaves out
 * rows for their key alone, where `OR IGNORE` and the like would also hide rows that break other rules.
 */
export function onConflictSql(
  dialect: Dialect,
  { strategy, key, where, updated, kept }: ConflictPlan,
): string {
  if (strategy === 'error') return '';
  const predicate = where === undefined ? '' : ` WHERE ${where}`;
  const target = key.length === 0 ? '' : ` (${listOf(dialect, key)})${predicate}`;
  if (strategy === 'ignore') return ` ON CONFLICT${target} DO NOTHING`;
  const assignments = updated.map((name) => {
    const column = dialect.quote(name);
    const value = `excluded.${column}`;
    return `${column} = ${kept.has(name) ? `COALESCE(${value}, ${rowThere}.${column})` : value}`;
  });
  return ` ON CONFLICT${target} DO UPDATE SET ${assignments.join(', ')}`;
}

/** The statement that makes a unique index. @param table the quoted name. */
export function uniqueIndexSql<C extends TableColumn>(
  dialect: Dialect<C>,
  table: string,
  plan: Pick<TablePlan, 'table'>,
  columns: readonly string[],
): string {
  const name = dialect.indexName === undefined ? '' : `${dialect.indexName(plan.table, columns)} `;
  return `CREATE UNIQUE INDEX ${name}ON ${table} (${listOf(dialect, columns)})`;
}

export function listOf(dialect: Pick<Dialect, 'quote'>, names: readonly string[]): string {
  return names.map((name) => dialect.quote(name)).join(', ');
}
