/**
 * Storing events in SQLite without this project, a transaction a batch, with either of the usual kinds of statement;
 * and reading all rows back. Every way uses the same settings of the file and the same table.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { checksumOf, type RequestEvent } from '../harness/events.js';
import type { Totals } from '../harness/tally.js';

/** The table that the SQLite sink makes for the events. */
const createTable = `CREATE TABLE requests (
  at INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  status INTEGER NOT NULL, durationMs REAL, message TEXT NOT NULL
)`;
const columns = ['at', 'method', 'path', 'status', 'durationMs', 'message'];

/** The statement that stores so many rows. */
function insertSql(rows: number): string {
  const row = `(${columns.map(() => '?').join(',')})`;
  return `INSERT INTO requests (${columns.join(',')}) VALUES ${Array(rows).fill(row).join(',')}`;
}

/** The kind of statement: `statement` is called for each row; `values` has the values of many rows. */
export type Insert = 'statement' | 'values';

export const databaseIn = (folder: string) => join(folder, 'requests.db');

/** Make the file and its table. `store` stores an array of events in one transaction. */
export function openInsert(folder: string, insert: Insert) {
  const db = new Database(databaseIn(folder));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = normal');
  db.exec(createTable);
  const store = db.transaction(insert === 'statement' ? oneByOne(db) : byValues(db)).immediate;
  return { store: store as (events: readonly RequestEvent[]) => void, close: () => void db.close() };
}

function oneByOne(db: Database.Database) {
  const statement = db.prepare(insertSql(1));
  return (events: readonly RequestEvent[]) => {
    for (const { at, method, path, status, durationMs, message } of events) {
      statement.run(at, method, path, status, durationMs, message);
    }
  };
}

/** Rows of a `values` statement, as many as those of the SQLite sink with six columns; more gain next to nothing. */
const rowsAStatement = 128;

function byValues(db: Database.Database) {
  const statements = new Map<number, Database.Statement>();
  const statement = (rows: number) => {
    let found = statements.get(rows);
    if (found === undefined) {
      found = db.prepare(insertSql(rows));
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

/** The totals of all rows in the file. */
export function totalsOf(folder: string): Totals {
  const db = new Database(databaseIn(folder), { readonly: true });
  let rows = 0;
  let sum = 0;
  for (const row of db.prepare('SELECT * FROM requests').iterate()) {
    rows++;
    sum += checksumOf(row as RequestEvent);
  }
  db.close();
  return { rows, sum };
}
