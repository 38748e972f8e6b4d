/**
 * Getting a schema's table ready: made when it is missing, checked when it is there, its key verified.
 */
import type Sqlite from 'better-sqlite3';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import { resultCode } from '../../target-errors/sqlite.js';
import { columnSql, createTableSql, uniqueIndexSql } from '../sql/statements.js';
import { misfits, misfitText } from '../sql/table-check.js';
import type { TablePlan } from '../sql/table-plan.js';
import { fold, quote, sqliteDialect } from './dialect.js';
import { isKey, tableThere } from './table-check.js';

/**
 * Make or check one table. To be called inside a transaction: a table which is refused is not left behind.
 *
 * @param addsColumns whether optional columns that the table lacks are added.
 * @throws SinkError naming the table, and for each column that does not fit what it is and what is needed;
 *   SQLite's own error when not the table is to blame, but the file.
 */
export function prepareTable(db: Sqlite.Database, plan: TablePlan, addsColumns: boolean): void {
  let faults: string[];
  let cause: unknown;
  try {
    faults = nameFaults(plan);
    if (faults.length === 0) faults = tableFaults(db, plan, addsColumns);
  } catch (error) {
    // A file that is locked, full or damaged is no fault of the table.
    if (error instanceof MisfitError || !['ERROR', undefined].includes(resultCode(error))) throw error;
    faults = [messageOf(error)];
    cause = error;
  }
  if (faults.length === 0) return;
  const { table, schema } = plan;
  throw new SinkError(`table "${table}" cannot take rows of schema "${schema.name}": ${faults.join('; ')}`, {
    cause,
  });
}

/** A table whose columns do not fit; its message is complete. */
class MisfitError extends SinkError {}

/** Names that SQLite takes for the same. */
function nameFaults({ table, schema, identityColumn }: TablePlan): string[] {
  const faults: string[] = [];
  const seen = new Map<string, string>();
  quote(table);
  for (const name of Object.keys(schema.columns)) {
    quote(name);
    const other = seen.get(fold(name));
    if (other !== undefined) {
      faults.push(`columns "${other}" and "${name}" are one to SQLite, which ignores case`);
    }
    seen.set(fold(name), name);
  }
  if (identityColumn !== undefined && seen.has(fold(identityColumn))) {
    const name = `the column "${identityColumn}", which is one of the schema`;
    faults.push(`the option identityColumn names ${name}; it needs a column of its own`);
  }
  return faults;
}

function tableFaults(db: Sqlite.Database, plan: TablePlan, addsColumns: boolean): string[] {
  const { table, schema, createTable, identityColumn } = plan;
  const { strategy, key, where } = plan.conflict;
  const sql = quote(table);
  if (createTable && tableThere(db, table) === undefined) {
    for (const statement of createTableSql(sqliteDialect, sql, plan)) db.exec(statement);
  }
  if (addsColumns) addColumns(db, table, schema);
  const there = tableThere(db, table);
  if (there === undefined) return ['there is no such table, and createTable is false'];
  const found = misfits(sqliteDialect, there.columns, schema, identityColumn);
  if (found.length > 0) throw new MisfitError(misfitText(sqliteDialect, sql, plan, found));
  if (key.length > 0 && !isKey(db, table, key, where)) {
    return [`it needs a unique index or a primary key on exactly the columns "${key.join('", "')}"`];
  }
  if (identityColumn !== undefined && !isKey(db, table, [identityColumn])) {
    const index = uniqueIndexSql(sqliteDialect, sql, plan, [identityColumn]);
    const name = quote(identityColumn);
    return [`it needs a unique index on the identity column ${name} alone; this would help: ${index}`];
  }
  if (strategy !== 'error' && !there.hasUniqueKey) {
    return [`it has no unique key; conflict: '${strategy}' needs conflictColumns or a table with a key`];
  }
  return [];
}

/** Add the optional columns that a table lacks. */
function addColumns(db: Sqlite.Database, table: string, schema: Schema): void {
  const there = new Set(tableThere(db, table)?.columns.map(({ name }) => fold(name)));
  for (const [name, column] of Object.entries(schema.columns)) {
    if (there.size === 0 || there.has(fold(name)) || !column.nullable) continue;
    db.exec(`ALTER TABLE ${quote(table)} ADD COLUMN ${columnSql(sqliteDialect, name, column)}`);
  }
}
