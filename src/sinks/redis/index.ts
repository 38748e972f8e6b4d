/**
 * The sink for Redis and Valkey: each row becomes a command, each batch one pipeline, and each reply its row's verdict.
 *
 * | column type | its text |
 * |---|---|
 * | bool | `1` or `0` |
 * | integers, bigint64 | decimal digits |
 * | float32, float64 | as JavaScript writes the number: `0.1`, `1e+21`, `-0`, `NaN`, `Infinity` |
 * | timestamp | `2026-01-31T12:00:00.123Z`, or milliseconds since 1970 with `timestamps: 'ms'` |
 * | label, string | UTF-8; a lone surrogate becomes U+FFFD |
 * | json | the document's text |
 * | bytes | as they are |
 * | any | as `v8.serialize` writes the value |
 *
 * A column without a value is left out: it is neither an empty text nor "null". docs/sinks/redis.md has all of it.
 *
 * One server needs no other package. `cluster` and `sentinel` need @redis/client where the sink runs, in the flusher's
 * thread; it is not loaded here.
 */
import { ownFile } from '../../own-files.js';
import { needPeers } from '../../peer-packages.js';
import type { SinkRef } from '../../sink.js';
import { type RedisOptions, settingsOf } from './options.js';

export type { RedisConnection, RedisServerOptions, SentinelOptions } from '../../redis/server-options.js';
export type { TlsOptions } from '../connections/connection-options.js';
export type { TimeFormat } from '../wire/text-cells.js';
export { classifyRedisError } from './classify.js';
export type { RedisOptions } from './options.js';
export type {
  CommandFunction,
  HashOptions,
  KeyTemplate,
  ListOptions,
  RedisCommand,
  RowOptions,
  SortedSetOptions,
  StreamOptions,
  StringOptions,
} from './row-options.js';

/**
 * Write batches to Redis.
 *
 * Rows that a flow gives up are dropped and counted, unless the flow's configuration has `deadLetters`.
 *
 * @throws ConfigError when an option cannot work; PackageError when `cluster` or `sentinel` is named and @redis/client
 *   is not installed. A schema that lacks a column which the options name fails the flow when its flushers open
 *   (SinkError); a server that cannot be reached does so only with `requireServer`.
 * @example
 * redis({ url: 'redis://cache.example:6379', stream: { key: 'events:{region}', maxLength: 1_000_000 } })
 * @example
 * // The latest state of each device, for a day.
 * redis({ url: 'redis://cache.example', hash: { key: 'device:{id}', ttlMs: 86_400_000 } })
 * @example
 * redis({ command: (row) => ['INCRBYFLOAT', `total:${row.customer}`, String(row.amount)] })
 */
export function redis(options: RedisOptions): SinkRef {
  const settings = settingsOf(options);
  if (settings.cluster !== undefined) needPeers('the option cluster of the redis sink', ['@redis/client']);
  if (settings.sentinel !== undefined) needPeers('the option sentinel of the redis sink', ['@redis/client']);
  return {
    module: ownFile('./sinks/redis/sink.js').href,
    options: settings,
    target: { backend: 'redis', operation: 'command' },
  };
}
