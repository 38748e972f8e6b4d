/**
 * The sink for MySQL and MariaDB: each schema's rows go into a table, each batch whole.
 *
 * | column type | in a table that is made | |
 * |---|---|---|
 * | bool | boolean (tinyint(1)) | |
 * | int8, int16, int32, bigint64 | tinyint, smallint, int, bigint | |
 * | uint8, uint16, uint32 | tinyint, smallint, int, all unsigned | |
 * | float32, float64 | float, double | rows with NaN and the infinities are given up |
 * | timestamp | datetime(6) | UTC, to the microsecond; from year 1 to 9999 |
 * | label, string | longtext; varchar(255) in a key | lone surrogates become U+FFFD, or the row is given up |
 * | json | json | on MySQL the order of keys, repeated keys and white space are not kept |
 * | bytes | longblob; varbinary(255) in a key | |
 * | any | longblob | the value as `v8.serialize` writes it |
 *
 * A table that exists may have other types that keep the values whole, more columns and other constraints; it is
 * checked before the first batch and never altered. docs/sinks/mysql.md has all of it.
 *
 * The package mysql2 is needed where the sink runs, in the flusher's thread; it is not loaded here.
 */
import { ownFile } from '../../own-files.js';
import type { SinkRef } from '../../sink.js';
import { sqlTarget } from '../sql/generated.js';
import { type MysqlOptions, settingsOf } from './options.js';

export type { TlsOptions } from '../connections/connection-options.js';
export type { BadText, Conflict, TableOptions } from '../sql/options.js';
export { type PreviewOptions, previewSql, type SqlPreview } from '../sql/preview-sql.js';
export { classifyMysqlError } from './classify.js';
export type { MysqlConnection, MysqlOptions, MysqlWay } from './options.js';

/**
 * Write batches to MySQL or MariaDB.
 *
 * Rows that a flow gives up are dropped and counted, unless the flow's configuration has `deadLetters`.
 *
 * @throws ConfigError when an option cannot work. A table that does not fit and a missing `mysql2` fail the flow when
 *   its flushers open (SinkError); a server that cannot be reached does so only with `requireServer`.
 * @example
 * mysql({ url: 'mysql://app@db.example/app', passwordFile: '/run/secrets/db' })
 * @example
 * // Keep the latest row of each user, however often it is delivered.
 * mysql({ connection: { host: 'db', database: 'app' }, conflictColumns: ['id'], conflict: 'update', absent: 'keep' })
 */
export function mysql(options: MysqlOptions = {}): SinkRef {
  const settings = settingsOf(options);
  return {
    module: ownFile('./sinks/mysql/sink.js').href,
    options: settings,
    target: sqlTarget(settings.tables),
  };
}
