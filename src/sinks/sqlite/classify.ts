/**
 * What an error of SQLite means for the rows that were to be written: is the database unwell, or are they bad?
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { Verdict } from '../../target-errors/meaning.js';
import { ofSqlite, resultCode } from '../../target-errors/sqlite.js';

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
  return ofSqlite(error)?.verdict;
}

/** What SQLite said; an error of the sink's own explains more and has SQLite's for its cause. */
function sqliteMessage(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return messageOf(resultCode(cause) === undefined ? error : cause);
}
