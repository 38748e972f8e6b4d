/**
 * Getting a schema's table ready: made when it is missing, checked when it is there, its key verified.
 */
import type Sqlite from 'better-sqlite3';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import { resultCode } from '../../target-errors/sqlite.js';
import { fold, quote } from './identifier.js';
import { identityFaults, isKey } from './identity-column.js';
import type { SqliteSettings } from './options.js';
import { columnSql, createTableSql } from './schema-sql.js';
import { hasUniqueKey, misfits, tableInfo } from './table-check.js';

/**
 * The table of each schema.
 *
 * @throws SinkError when `table` or `tables` do not go with the flow's schemas.
 */
export function tablesOf(schemas: readonly Schema[], settings: SqliteSettings): Map<Schema, string> {
  const { table, tables = {} } = settings;
  if (table !== undefined && schemas.length > 1) {
    throw new SinkError(
      `the option table names "${table}" alone, the flow has ${schemas.length} schemas; use tables`,
    );
  }
  for (const name of Object.keys(tables)) {
    if (!schemas.some((schema) => schema.name === name)) {
      throw new SinkError(`the option tables names the schema "${name}", which the flow does not have`);
    }
  }
  const named = (name: string) => (Object.hasOwn(tables, name) ? tables[name] : undefined);
  return new Map(schemas.map((schema) => [schema, table ?? named(schema.name) ?? schema.name]));
}

/**
 * Make or check one table. To be called inside a transaction: a table which is refused is not left behind.
 *
 * @throws SinkError naming the table, and for each column that does not fit what it is and what is needed;
 *   SQLite's own error when not the table is to blame, but the file.
 */
export function prepareTable(
  db: Sqlite.Database,
  table: string,
  schema: Schema,
  settings: SqliteSettings,
): void {
  let faults: string[];
  let cause: unknown;
  try {
    faults = nameFaults(table, schema, settings);
    if (faults.length === 0) faults = tableFaults(db, table, schema, settings);
  } catch (error) {
    // A file that is locked, full or damaged is no fault of the table.
    if (!['ERROR', undefined].includes(resultCode(error))) throw error;
    faults = [messageOf(error)];
    cause = error;
  }
  if (faults.length === 0) return;
  throw new SinkError(`table "${table}" cannot take rows of schema "${schema.name}": ${faults.join('; ')}`, {
    cause,
  });
}

/** Names that SQLite takes for the same, and options that name columns which the schema does not have. */
function nameFaults(table: string, schema: Schema, settings: SqliteSettings): string[] {
  const { conflict, conflictColumns, identityColumn } = settings;
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
  const refer = (option: string, names: readonly string[]) => {
    const unknown = names.filter((name) => !Object.hasOwn(schema.columns, name));
    faults.push(
      ...unknown.map((name) => `the option ${option} names the column "${name}", which the schema lacks`),
    );
  };
  refer('conflictColumns', conflictColumns);
  if (typeof conflict === 'object') refer('conflict.update', conflict.update);
  return faults;
}

function tableFaults(db: Sqlite.Database, table: string, schema: Schema, settings: SqliteSettings): string[] {
  const { conflict, conflictColumns, identityColumn, createTable, addsColumns } = settings;
  if (createTable && tableInfo(db, table) === undefined) {
    db.exec(createTableSql(table, schema, settings));
  }
  if (addsColumns) addColumns(db, table, schema);
  const info = tableInfo(db, table);
  if (info === undefined) return ['there is no such table, and createTable is false'];
  const faults = misfits(info, schema, identityColumn);
  if (faults.length > 0) return faults;
  if (conflictColumns.length > 0 && !isKey(db, table, conflictColumns)) {
    return [
      `it needs a unique index or a primary key on exactly the columns "${conflictColumns.join('", "')}"`,
    ];
  }
  if (identityColumn !== undefined) faults.push(...identityFaults(db, table, info, identityColumn));
  if (faults.length > 0) return faults;
  if (conflict !== 'error' && !hasUniqueKey(info)) {
    return [`it has no unique key; conflict: '${conflict}' needs conflictColumns or a table with a key`];
  }
  return [];
}

/** Add the optional columns that a table lacks. */
function addColumns(db: Sqlite.Database, table: string, schema: Schema): void {
  const there = new Set(tableInfo(db, table)?.columns.map(({ name }) => fold(name)));
  for (const [name, column] of Object.entries(schema.columns)) {
    if (there.size === 0 || there.has(fold(name)) || !column.nullable) continue;
    db.exec(`ALTER TABLE ${quote(table)} ADD COLUMN ${columnSql(name, column)}`);
  }
}
