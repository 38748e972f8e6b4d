/**
 * An error of SQLite as a write throws it: SQLite's code, and a message that says where it happened.
 */
import { basename } from 'node:path';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import { resultCode } from '../../target-errors/sqlite.js';
import { fold } from './dialect.js';

/** Rows that SQLite did not take. */
export class SqliteWriteError extends Error {
  override readonly name = 'SqliteWriteError';

  constructor(
    message: string,
    /** SQLite's, such as `SQLITE_CONSTRAINT_UNIQUE`. */
    readonly code: string,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The error to throw for one that a write of `table` met; what SQLite did not throw stays as it is. The file is named
 * without its folder, since clients of a service may come to read the message.
 */
export function writeError(cause: unknown, table: string, schema: Schema, path: string): unknown {
  const file = basename(path);
  const result = resultCode(cause);
  if (result === undefined) return cause;
  const { code } = cause as { code: string };
  const missing = missingColumn(cause, code, schema);
  if (missing !== undefined) {
    const column = `a NOT NULL column "${missing}" without a default, and the schema lacks it`;
    return new SinkError(`table "${table}" in ${file} has ${column}`, { cause });
  }
  const text = `table "${table}" in ${file}: ${messageOf(cause)} (${code})`;
  return new SqliteWriteError(`${text}${advice[result] ?? ''}`, code, { cause });
}

/** A column that rows cannot have, so that it is the table that is to blame: it has changed since it was checked. */
function missingColumn(cause: unknown, code: string, schema: Schema): string | undefined {
  if (code !== 'SQLITE_CONSTRAINT_NOTNULL') return undefined;
  const column = /^NOT NULL constraint failed: .*\.(.*)$/s.exec(messageOf(cause))?.[1];
  if (column === undefined) return undefined;
  return Object.keys(schema.columns).some((name) => fold(name) === fold(column)) ? undefined : column;
}

/** Where SQLite's own words do not tell what to do. */
const advice: Readonly<Record<string, string>> = {
  BUSY: '; another connection held the lock longer than busyTimeoutMs',
  LOCKED: '; another connection held the lock longer than busyTimeoutMs',
  CORRUPT: "; the file is damaged: restore a copy, or save what can be read with sqlite3's .recover",
  NOTADB: '; the file is damaged, or no SQLite database: restore a copy',
};
