/**
 * Writing events to SQLite by hand, the two ways people do it, a transaction a batch; and reading back what is there.
 * The same file settings and the same table for everyone.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createTableSql, insertSql } from '../../src/sinks/sqlite/schema-sql.js';
import { checksumOf, Request, type RequestEvent } from '../harness/events.js';
import type { Totals } from '../harness/tally.js';

const table = 'requests';
const columns = Object.keys(Request.columns);

/** `statement`: one prepared statement, a call a row. `values`: rows in the VALUES of one statement. */
export type Insert = 'statement' | 'values';

export const databaseIn = (folder: string) => join(folder, 'requests.db');

/** Open the file, make the table, and return what stores an array of events, and what closes the file. */
export function openInsert(folder: string, insert: Insert) {
  const db = new Database(databaseIn(folder));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = normal');
  db.exec(createTableSql(table, Request, []));
  const store = db.transaction(insert === 'statement' ? oneByOne(db) : byValues(db)).immediate;
  return { store: store as (events: readonly RequestEvent[]) => void, close: () => void db.close() };
}

function oneByOne(db: Database.Database) {
  const statement = db.prepare(insertSql(table, columns, 1, 'error', []));
  return (events: readonly RequestEvent[]) => {
    for (const { at, method, path, status, durationMs, message } of events) {
      statement.run(at, method, path, status, durationMs, message);
    }
  };
}

/** Rows of a statement, as many as the SQLite sink has for six columns; more gain next to nothing. */
const rowsAStatement = 128;

function byValues(db: Database.Database) {
  const statements = new Map<number, Database.Statement>();
  const statement = (rows: number) => {
    let found = statements.get(rows);
    if (found === undefined) {
      found = db.prepare(insertSql(table, columns, rows, 'error', []));
      statements.set(rows, found);
    }
    return found;
  };
  return (events: readonly RequestEvent[]) => {
    for (let from = 0; from < events.length; from += rowsAStatement) {
      const rows = Math.min(rowsAStatement, events.length - from);
      const values = new Array<string | number>(rows * columns.length);
      for (let i = 0, at = 0; i < rows; i++) {
        const event = events[from + i] as RequestEvent;
        values[at++] = event.at;
        values[at++] = event.method;
        values[at++] = event.path;
        values[at++] = event.status;
        values[at++] = event.durationMs;
        values[at++] = event.message;
      }
      statement(rows).run(values);
    }
  };
}

/** What is in the file: every row is read back. */
export function totalsOf(folder: string): Totals {
  const db = new Database(databaseIn(folder), { readonly: true });
  let rows = 0;
  let sum = 0;
  for (const row of db.prepare(`SELECT * FROM ${table}`).iterate()) {
    rows++;
    sum += checksumOf(row as RequestEvent);
  }
  db.close();
  return { rows, sum };
}
