/**
 * The source that reads a stream of Redis or Valkey as one consumer of a group. An entry is acknowledged (`XACK`) when
 * its event is committed, or a dead letter.
 *
 * One server needs no other package. `cluster` and `sentinel` need @redis/client in the source's thread. The page
 * docs/sources/redis-streams.md has all of it.
 */
import { ownFile } from '../../own-files.js';
import { needPeers } from '../../peer-packages.js';
import type { SourceRef } from '../../source.js';
import { type RedisStreamsOptions, settingsOf } from './options.js';

export type { RedisConnection, RedisServerOptions, SentinelOptions } from '../../redis/server-options.js';
export type { TlsOptions } from '../../sinks/connections/connection-options.js';
export type { RedisStreamsOptions } from './options.js';

/**
 * Take events from a stream of Redis, one an entry. Fields are columns, as the Redis sink writes them, or one of them
 * holds a JSON object. Entries that are no event become dead letters. What a dead worker had is delivered to another
 * one after `claimAfterMs`.
 *
 * Each flow needs a call of its own: the result has the name of one worker.
 *
 * @throws ConfigError when an option cannot work; PackageError when `cluster` or `sentinel` is named and @redis/client
 *   is not installed. A key that holds no stream fails the flow (SourceError); a server that cannot be reached does so
 *   only with `requireServer`.
 * @example
 * redisStreams({ url: 'redis://queue.example', stream: 'visits', group: 'to-postgres' })
 */
export function redisStreams(options: RedisStreamsOptions): SourceRef {
  const settings = settingsOf(options);
  for (const option of ['cluster', 'sentinel'] as const) {
    if (settings[option] !== undefined)
      needPeers(`the option ${option} of the redis-streams source`, ['@redis/client']);
  }
  return { module: ownFile('./sources/redis-streams/source.js').href, options: settings };
}
