/**
 * The SQLite sink: each schema's rows go into a table, each batch in one transaction.
 *
 * | column type | in the table | |
 * |---|---|---|
 * | bool, int…, uint…, timestamp, bigint64 | INTEGER | bools as 0, 1; fractions of a millisecond kept |
 * | float32, float64 | REAL | NaN becomes NULL, -0 becomes 0: SQLite has neither |
 * | label, string, json | TEXT | lone surrogates become U+FFFD (valid UTF-8); NUL characters are kept |
 * | bytes | BLOB | |
 * | any | BLOB | the value as `v8.serialize` writes it |
 *
 * Required columns are NOT NULL, floats excepted because of NaN. An optional column's missing value is NULL.
 * A table that exists may have more columns and other constraints; it is checked before the first batch.
 *
 * The package better-sqlite3 is needed where the sink runs, in the flusher's thread; it is not loaded here.
 */
import { ownFile } from '../../own-files.js';
import type { SinkRef } from '../../sink.js';
import { sqlTarget } from '../sql/generated.js';
import { deadLetterFile, sqliteDeadLetters } from './dead-letters.js';
import { type SqliteOptions, settingsOf } from './options.js';

export type { Conflict, TableOptions } from '../sql/options.js';
export { type PreviewOptions, previewSql, type SqlPreview } from '../sql/preview-sql.js';
export { classifySqliteError } from './classify.js';
export { type DeadLetterOptions, sqliteDeadLetters } from './dead-letters.js';
export type { SqliteOptions, Synchronous } from './options.js';

/**
 * Write batches to a SQLite file.
 *
 * The file is put in WAL mode, so that readers never wait for the sink. Several flushers, flows and
 * processes may write to one file: they take turns, transaction by transaction. A file that is deleted, moved
 * or replaced while it is open is noticed: its writes fail until it is back, instead of being lost with it.
 *
 * Rows that a flow gives up go into a file beside it, `requests.dead-letters.db` for `requests.db`, unless the
 * flow's configuration says otherwise.
 *
 * @throws ConfigError when an option cannot work. A table that does not fit, a missing better-sqlite3 or
 *   a file that is not a database fail the flow when its flushers open (SinkError).
 * @example
 * sqlite({ file: 'requests.db' })
 * @example
 * // Keep the latest row of each user, however often it is delivered.
 * sqlite({ file: 'users.db', conflictColumns: ['id'], conflict: { update: ['name', 'seenAt'] } })
 */
export function sqlite(options: SqliteOptions): SinkRef {
  const settings = settingsOf(options);
  return {
    module: ownFile('./sinks/sqlite/sink.js').href,
    options: settings,
    target: sqlTarget(settings.tables),
    deadLetters: sqliteDeadLetters({ file: deadLetterFile(settings.file) }),
  };
}
