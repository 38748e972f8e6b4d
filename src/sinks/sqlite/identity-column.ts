/**
 * Whether a table that exists has what keeps each row once by its identity: the column, and a unique index on it alone.
 */
import type Sqlite from 'better-sqlite3';
import { fold, quote } from './identifier.js';
import { insertSql } from './schema-sql.js';
import { fits } from './storage.js';
import type { TableInfo } from './table-check.js';

/** What is wrong with the column, and the statements that would help; empty when nothing is. */
export function identityFaults(
  db: Sqlite.Database,
  table: string,
  info: TableInfo,
  column: string,
): string[] {
  const there = info.columns.find(({ name }) => fold(name) === fold(column));
  const name = quote(column);
  const index = `CREATE UNIQUE INDEX ${quote(`${table}_${column}`)} ON ${quote(table)} (${name})`;
  if (there === undefined) {
    const help = `ALTER TABLE ${quote(table)} ADD COLUMN ${name} BLOB; ${index}`;
    return [`the identity column ${name} is missing; this would help: ${help}`];
  }
  if (there.hidden > 1) return [`the identity column ${name} is generated; it has to take values`];
  if (!fits('bytes', there.type, info.strict)) {
    return [`the identity column ${name} is declared ${there.type}; it needs BLOB`];
  }
  if (isKey(db, table, [column])) return [];
  return [`it needs a unique index on the identity column ${name} alone; this would help: ${index}`];
}

/** Ask SQLite itself: it compiles an upsert only when an index on exactly these columns makes it possible. */
export function isKey(db: Sqlite.Database, table: string, columns: readonly string[]): boolean {
  const key = { conflict: 'ignore', conflictColumns: columns, identityColumn: undefined } as const;
  try {
    db.prepare(insertSql(table, columns, 1, key));
    return true;
  } catch {
    return false;
  }
}
