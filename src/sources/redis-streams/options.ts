/**
 * The options of the source that reads a stream of Redis, their rules and their defaults.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { ConfigError } from '../../errors.js';
import { type Checked, check, type RulesFor } from '../../options/check.js';
import { boolean, integer, text } from '../../options/rules.js';
import {
  type RedisServerOptions,
  type RedisServerSettings,
  serverRules,
  serverSettings,
} from '../../redis/server-options.js';

export interface RedisStreamsOptions extends RedisServerOptions {
  /** The key of the stream. */
  stream: string;
  /**
   * The consumer group, which all workers share. It is made where there is none, and so is the stream.
   * Default `batchflow`.
   */
  group?: string;
  /**
   * This worker's name in the group: no two may have one at a time. Default: one of the host, the process and a random
   * number.
   */
  consumer?: string;
  /**
   * Where a group begins that is made: with the first entry (`0`), with what is added from then on (`$`), or behind the
   * entry of an id. Default `0`.
   */
  from?: string;
  /** The name of the events' schema; needed where the flow has several. Default: the flow's only schema. */
  schema?: string;
  /** The field with the name of an entry's schema, in place of `schema`. Default: none. */
  schemaField?: string;
  /** The field with the event as a JSON object. Default: fields are columns, as the Redis sink writes them. */
  jsonField?: string;
  /**
   * The field with an event's identity, for flows with `identity: 'given'`. Default: an identity of the stream's key
   * and the entry's id.
   */
  identityField?: string;
  /** After how long without a sign of its worker an entry is delivered to another one. Default 30,000. */
  claimAfterMs?: number;
  /** Entries that are fetched together at most, as far as the ring has room; few where they are large. Default 1000. */
  maxFetch?: number;
  /** Delete entries when they are acknowledged: for a stream of one group. Default false. */
  deleteAfterAck?: boolean;
}

const anyId = /^(?:\$|\d{1,20}(?:-\d{1,20})?)$/;

export const redisStreamsRules = {
  ...serverRules,
  stream: text(),
  group: text().default('batchflow'),
  consumer: text().optional(),
  from: text()
    .and((id) => anyId.test(id), "'0', '$' or the id of an entry")
    .default('0'),
  schema: text().optional(),
  schemaField: text().optional(),
  jsonField: text().optional(),
  identityField: text().optional(),
  claimAfterMs: integer(100, 86_400_000).default(30_000),
  maxFetch: integer(1, 100_000).default(1000),
  deleteAfterAck: boolean().default(false),
} satisfies RulesFor<RedisStreamsOptions>;

/** The options with their defaults, as they are posted to the source's thread. */
export interface RedisStreamsSettings
  extends Omit<Checked<typeof redisStreamsRules>, keyof RedisServerSettings | 'consumer'>,
    RedisServerSettings {
  readonly consumer: string;
}

/** How names begin that nobody has chosen: such consumers are removed when they are dead and have nothing pending. */
export const ownNames = 'batchflow:';

/** @throws ConfigError for an option that cannot work. */
export function settingsOf(options: RedisStreamsOptions): RedisStreamsSettings {
  const checked = check(redisStreamsRules, options);
  if (checked.schema !== undefined && checked.schemaField !== undefined) {
    throw new ConfigError('schemaField', checked.schemaField, 'either `schema` or `schemaField`, not both');
  }
  const { consumer = `${ownNames}${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}` } = checked;
  return { ...serverSettings(checked), consumer };
}
