/**
 * The options of commands that write to Redis, and the sink that they name.
 */
import type { Command } from 'commander';
import { ConfigError } from '../errors.js';
import type { SinkRef } from '../sink.js';
import { redis } from '../sinks/redis/index.js';
import { notEmpty } from './option-values.js';

/** What becomes of rows; one at most. Undefined: they go to a stream that is named as the schema. */
export interface RedisWay {
  redisStream?: string;
  redisHash?: string;
  redisString?: string;
  redisList?: string;
}

const ways = ['stream', 'hash', 'string', 'list'] as const;
type Way = (typeof ways)[number];

const optionsOfWays = {
  stream: 'redisStream',
  hash: 'redisHash',
  string: 'redisString',
  list: 'redisList',
} as const satisfies Record<Way, keyof RedisWay>;

export function addRedisOptions(command: Command): Command {
  return command
    .option(
      '--redis-stream <KEY>',
      "for Redis: the stream, with columns in braces: events:{region}; default: the schema's name",
      notEmpty,
    )
    .option('--redis-hash <KEY>', 'for Redis: a hash a row in its place: user:{id}', notEmpty)
    .option('--redis-string <KEY>', 'for Redis: a row as JSON at its key', notEmpty)
    .option('--redis-list <KEY>', "for Redis: rows as JSON at a list's end", notEmpty);
}

/** The way that options name, and its key. @throws ConfigError for two. */
export function wayOf(settings: RedisWay, schema: string): { readonly way: Way; readonly key: string } {
  const [way = 'stream', other] = ways.filter((each) => settings[optionsOfWays[each]] !== undefined);
  if (other !== undefined) {
    const key = settings[optionsOfWays[other]];
    throw new ConfigError(`--redis-${other}`, key, `nothing beside --redis-${way}`);
  }
  return { way, key: settings[optionsOfWays[way]] ?? schema.replace(/[{}]/g, '$&$&') };
}

/** @throws ConfigError for an option that an address of a database needs, or lacks. */
export function refuseRedisOptions(settings: RedisWay): void {
  for (const way of ways) {
    const key = settings[optionsOfWays[way]];
    if (key !== undefined) throw new ConfigError(`--redis-${way}`, key, 'nothing, unless --sink is of Redis');
  }
}

/**
 * The sink of a server of Redis.
 *
 * @param identityField the field of rows' identities, of streams and hashes.
 * @throws ConfigError when an option cannot work.
 */
export function redisSink(
  settings: RedisWay,
  schema: string,
  server: { readonly url: string; readonly requireServer: boolean },
  identityField: string | undefined,
): SinkRef {
  const { way, key } = wayOf(settings, schema);
  const hasFields = way === 'stream' || way === 'hash';
  if (identityField !== undefined && !hasFields) {
    throw new ConfigError('--identity-column', identityField, 'nothing: only streams and hashes have fields');
  }
  try {
    return redis({ ...server, [way]: { key, ...(identityField !== undefined && { identityField }) } });
  } catch (error) {
    if (!(error instanceof ConfigError) || !error.key.startsWith(way)) throw error;
    throw new ConfigError(`--redis-${way}`, key, error.expected);
  }
}
