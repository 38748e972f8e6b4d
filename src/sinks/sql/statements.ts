/**
 * Parts of SQL that databases share: the table for a schema, and the clause for keys that are taken.
 */
import type { Dialect } from './dialect.js';
import type { ConflictPlan, TablePlan } from './table-plan.js';

/**
 * The statements that make a schema's table with its key.
 *
 * @param table the quoted name.
 */
export function createTableSql(dialect: Dialect, table: string, plan: TablePlan): string[] {
  const { schema, conflict, identityColumn } = plan;
  const definitions = Object.entries(schema.columns).map(([name, { type, nullable }]) => {
    const constraint = nullable || dialect.mayBeNull(type) ? '' : ' NOT NULL';
    return `${dialect.quote(name)} ${dialect.declaredType(type, conflict.key.includes(name))}${constraint}`;
  });
  if (identityColumn !== undefined) {
    definitions.push(`${dialect.quote(identityColumn)} ${dialect.identity?.type} NOT NULL UNIQUE`);
  }
  const key = listOf(dialect, conflict.key);
  const whole = conflict.key.length > 0 && conflict.where === undefined;
  if (whole) definitions.push(`UNIQUE (${key})`);
  const statements = [`CREATE TABLE ${table} (${definitions.join(', ')})${dialect.tableOptions ?? ''}`];
  // Only an index may be partial, not a constraint.
  if (conflict.where !== undefined) {
    statements.push(`CREATE UNIQUE INDEX ON ${table} (${key}) WHERE ${conflict.where}`);
  }
  return statements;
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

export function listOf(dialect: Dialect, names: readonly string[]): string {
  return names.map((name) => dialect.quote(name)).join(', ');
}
