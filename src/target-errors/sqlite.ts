/**
 * Errors of SQLite by their result code: https://www.sqlite.org/rescode.html
 *
 * Read from `code`, as better-sqlite3 and most other drivers set it, or from `errcode` of `node:sqlite`, and not by
 * class: the driver is loaded only where the sink runs, and there may be two of it.
 */
import { type Meaning, meaning, propertyOf } from './meaning.js';

const lock = meaning('retry', 'lock_timeout');
const io = meaning('retry', 'io');
const auth = meaning('retry', 'auth');
const syntax = meaning('retry', 'syntax');
const value = meaning('fatal', 'value');

/** What is not here (MISUSE, INTERNAL, …) should not happen, and nobody knows what it means. */
const byCode: Readonly<Record<string, Meaning>> = {
  // The database is in use.
  BUSY: lock,
  LOCKED: lock,
  PROTOCOL: lock,
  INTERRUPT: meaning('retry', 'timeout'),
  // The machine has no room, or its disk fails.
  FULL: io,
  IOERR: io,
  NOMEM: meaning('retry', 'overload'),
  // The file is not what it should be, or must not be written; somebody may put that right.
  CANTOPEN: io,
  READONLY: io,
  CORRUPT: io,
  NOTADB: io,
  PERM: auth,
  AUTH: auth,
  // The statement does not compile: a table or a column is gone. ERROR is also the code of most other failures.
  ERROR: syntax,
  SCHEMA: syntax,
  // The rows break a rule of the table, or of SQLite.
  CONSTRAINT: value,
  MISMATCH: value,
  TOOBIG: value,
  RANGE: value,
};

/** Codes by their number, which errors of `node:sqlite` have as the lowest byte of `errcode`. */
const byNumber: Readonly<Record<number, string>> = {
  1: 'ERROR',
  3: 'PERM',
  5: 'BUSY',
  6: 'LOCKED',
  7: 'NOMEM',
  8: 'READONLY',
  9: 'INTERRUPT',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  15: 'PROTOCOL',
  17: 'SCHEMA',
  18: 'TOOBIG',
  19: 'CONSTRAINT',
  20: 'MISMATCH',
  23: 'AUTH',
  25: 'RANGE',
  26: 'NOTADB',
};
/** Those of keys that are taken: PRIMARY KEY, UNIQUE, rowid. */
const duplicateNumbers: readonly unknown[] = [1555, 2067, 2579];

/** The code without its details: 'BUSY' of SQLITE_BUSY_RECOVERY. Undefined for what SQLite did not throw. */
export function resultCode(error: unknown): string | undefined {
  const code = propertyOf(error, 'code');
  if (code === 'ERR_SQLITE_ERROR') return byNumber[Number(propertyOf(error, 'errcode')) & 255];
  return typeof code === 'string' ? /^SQLITE_([A-Z]+)/.exec(code)?.[1] : undefined;
}

/** Undefined where SQLite has not thrown it, or its code says nothing of rows. */
export function ofSqlite(error: unknown): Meaning | undefined {
  const code = resultCode(error);
  if (code === undefined) return undefined;
  const named = /_(UNIQUE|PRIMARYKEY|ROWID)$/.test(String(propertyOf(error, 'code')));
  if (named || duplicateNumbers.includes(propertyOf(error, 'errcode'))) {
    return meaning('fatal', 'duplicate_key');
  }
  return byCode[code];
}
