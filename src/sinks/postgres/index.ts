/**
 * The PostgreSQL sink: each schema's rows go into a table, each batch in one transaction.
 *
 * | column type | in a table that is made | |
 * |---|---|---|
 * | bool | boolean | |
 * | int8, int16, uint8 | smallint | |
 * | int32, uint16 | integer | |
 * | uint32, bigint64 | bigint | |
 * | float32, float64 | real, double precision | NaN, -0 and the infinities included |
 * | timestamp | timestamptz | to the microsecond; from 4713 BC on |
 * | label, string | text | NUL characters and lone surrogates become U+FFFD, or the row is given up |
 * | json | jsonb | the order of keys, repeated keys and white space are not kept |
 * | bytes | bytea | |
 * | any | bytea | the value as `v8.serialize` writes it |
 *
 * A table that exists may have other types that keep the values whole, more columns and other constraints; it is
 * checked before the first batch and never altered. docs/sinks/postgres.md has all of it.
 *
 * The package pg is needed where the sink runs, in the flusher's thread; it is not loaded here.
 */
import { ownFile } from '../../own-files.js';
import type { SinkRef } from '../../sink.js';
import { sqlTarget } from '../sql/generated.js';
import { type PostgresOptions, settingsOf } from './options.js';

export type { TlsOptions } from '../connections/connection-options.js';
export type { BadText, Conflict, TableOptions } from '../sql/options.js';
export { type PreviewOptions, previewSql, type SqlPreview } from '../sql/preview-sql.js';
export { classifyPostgresError } from './classify.js';
export type { PostgresConnection, PostgresOptions } from './options.js';

/**
 * Write batches to PostgreSQL.
 *
 * Rows that a flow gives up are dropped and counted, unless the flow's configuration has `deadLetters`.
 *
 * @throws ConfigError when an option cannot work. A table that does not fit and a missing `pg` fail the flow when its
 *   flushers open (SinkError); a server that cannot be reached does so only with `requireServer`.
 * @example
 * postgres({ url: 'postgres://app@db.example/app', passwordFile: '/run/secrets/db' })
 * @example
 * // Keep the latest row of each user, however often it is delivered.
 * postgres({ connection: { host: 'db' }, conflictColumns: ['id'], conflict: 'update', absent: 'keep' })
 */
export function postgres(options: PostgresOptions = {}): SinkRef {
  const settings = settingsOf(options);
  return {
    module: ownFile('./sinks/postgres/sink.js').href,
    options: settings,
    target: sqlTarget(settings.tables),
  };
}
