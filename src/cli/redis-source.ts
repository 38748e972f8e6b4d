/**
 * Addresses of streams of Redis as sources: `redis://user@host:6379/0?stream=KEY&group=NAME`.
 *
 * What stands behind `?` are options of the source, by their names.
 */
import { ConfigError } from '../errors.js';
import { hidden } from '../options/rules.js';
import { type RedisStreamsOptions, redisStreams } from '../sources/redis-streams/index.js';
import {
  asBoolean,
  asNumber,
  asText,
  optionsOf,
  parametersOf,
  type ReadValue,
} from './address-parameters.js';
import { readAddress, type ServerAddress } from './sink-address.js';
import { placeOf } from './sink-options.js';
import type { NamedSource, SourceKind } from './source-address.js';

const readers = {
  ...{ consumer: asText, from: asText, schema: asText, schemaField: asText, jsonField: asText },
  ...{ identityField: asText, claimAfterMs: asNumber, maxFetch: asNumber, deleteAfterAck: asBoolean },
} satisfies Partial<Record<keyof RedisStreamsOptions, ReadValue>>;

export const redisStream: SourceKind = {
  form: 'redis://user@host:6379/0?stream=KEY',
  read(text, option) {
    const refuse = (expected: string): never => {
      throw new ConfigError(option, hidden, expected);
    };
    const at = text.indexOf('?');
    const [plain, query] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    // A password with this character would end the address too early.
    if (query.includes('@'))
      refuse('an address in which ? and @ of a user or password are encoded, as %3F %40');
    const known = ['stream', 'group', ...Object.keys(readers)];
    const parameters = parametersOf(query, known, refuse);
    const { stream = refuse('an address with the key of the stream: ?stream=KEY') } = parameters;
    const sink = readAddress(plain, option) as ServerAddress;
    return {
      sourceFor(taker): NamedSource {
        const { group = taker } = parameters;
        const { host, port, database } = sink;
        return {
          place: { scheme: 'redis', host, port, database, table: stream },
          shown: `${placeOf({ sink })}?stream=${stream}&group=${group}`,
          make() {
            try {
              return redisStreams({ url: plain, ...optionsOf(readers, parameters), stream, group });
            } catch (error) {
              if (!(error instanceof ConfigError)) throw error;
              const { key, value, expected } = error;
              throw new ConfigError(option, known.includes(key) ? value : hidden, `for ${key}: ${expected}`);
            }
          },
        };
      },
    };
  },
};
