/**
 * What an error of SQLite means for the rows that were to be written: is the database unwell, or are they bad?
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { Verdict } from '../../sink.js';
import { resultCode } from './result-code.js';

/** By result code. What is not here (MISUSE, INTERNAL, …) should not happen, and nobody knows what it means. */
const verdicts: Readonly<Record<string, Verdict>> = {
  // The database is in use.
  BUSY: 'retry',
  LOCKED: 'retry',
  PROTOCOL: 'retry',
  INTERRUPT: 'retry',
  // The machine has no room, or its disk fails.
  FULL: 'retry',
  IOERR: 'retry',
  NOMEM: 'retry',
  // The file is not what it should be, or must not be written; somebody may put that right.
  CANTOPEN: 'retry',
  READONLY: 'retry',
  CORRUPT: 'retry',
  NOTADB: 'retry',
  PERM: 'retry',
  AUTH: 'retry',
  // The statement does not compile: a table or a column is gone. ERROR is also the code of most other failures.
  ERROR: 'retry',
  SCHEMA: 'retry',
  // The rows break a rule of the table, or of SQLite.
  CONSTRAINT: 'fatal',
  MISMATCH: 'fatal',
  TOOBIG: 'fatal',
  RANGE: 'fatal',
};

/** Messages of SQLITE_ERROR that a row's value causes, through a generated column, an index or a trigger. */
const ofValues = /^(malformed JSON|integer overflow)$/;

/**
 * What an error that SQLite threw means, for `classify` of a sink that writes to SQLite with any driver whose
 * errors have SQLite's `code`, such as better-sqlite3. Undefined for other errors, a binding's TypeError, say.
 *
 * @example
 * export default defineSink({ write: (batch) => insert(batch.rows()), classify: classifySqliteError });
 */
export function classifySqliteError(error: unknown): Verdict {
  // Never about a row: the file or the table is not what it should be.
  if (error instanceof SinkError) return 'retry';
  const code = resultCode(error);
  if (code === undefined) return undefined;
  if (code === 'ERROR' && ofValues.test(sqliteMessage(error))) return 'fatal';
  return verdicts[code];
}

/** What SQLite said; an error of the sink's own explains more and has SQLite's for its cause. */
function sqliteMessage(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return messageOf(resultCode(cause) === undefined ? error : cause);
}
