/**
 * The options of the Redis sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { check, group, type RulesFor } from '../../options/check.js';
import { record } from '../../options/rules.js';
import {
  type RedisServerOptions,
  type RedisServerSettings,
  serverRules,
  serverSettings,
} from '../../redis/server-options.js';
import { type RowOptions, type RowSettings, rowRules, rowSettingsOf } from './row-options.js';

export interface RedisOptions extends RedisServerOptions, RowOptions {
  /** What becomes of rows by schema name, for a flow of several. The ways above hold for all others. */
  schemas?: Readonly<Record<string, RowOptions>>;
}

const singleRules = {
  ...serverRules,
  ...rowRules,
} satisfies RulesFor<Omit<RedisOptions, 'schemas'>>;

export const redisRules = {
  ...singleRules,
  schemas: record(group(rowRules), 'an object of options by schema name').optional(),
};

/** The options with their defaults, as they are posted to a flusher. */
export interface RedisSettings extends RedisServerSettings {
  readonly rows: {
    /** For schemas that are not named; undefined: each has to be. */
    readonly others: RowSettings | undefined;
    readonly bySchema: Readonly<Record<string, RowSettings>>;
  };
}

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: RedisOptions): RedisSettings {
  const checked = check(redisRules, options);
  const { stream, hash, string, list, sortedSet, command, timestamps, schemas, ...rest } = checked;
  const server = serverSettings(rest);
  const others = rowSettingsOf(checked, '');
  const bySchema: Record<string, RowSettings> = {};
  for (const [name, given] of Object.entries(schemas ?? {})) {
    const settings = rowSettingsOf(given, `schemas.${name}.`);
    if (settings === undefined) throw new ConfigError(`schemas.${name}`, given, aWay);
    Object.defineProperty(bySchema, name, { value: settings, enumerable: true });
  }
  if (others === undefined && Object.keys(bySchema).length === 0) {
    throw new ConfigError('options', Object.keys(options), `a way for rows: ${aWay}`);
  }
  return { ...server, rows: { others, bySchema } };
}

const aWay = 'one of stream, hash, string, list, sortedSet, command';
