/**
 * The options of the Redis sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { hidden, integer, list, record, secret, text } from '../../options/rules.js';
import { type ConnectionOptions, checkAddress, connectionRules } from '../connections/connection-options.js';
import { type RowOptions, type RowSettings, rowRules, rowSettingsOf } from './row-options.js';

/** Where the server is. What is missing is taken from REDIS_URL, and the password from REDISCLI_AUTH. */
export interface RedisConnection {
  host?: string;
  port?: number;
  /** The user's name; the server's own default user without it. */
  user?: string;
  password?: string;
  /** The database's number. Default: 0. */
  database?: number;
  /** The path of a Unix socket, in place of host and port. */
  socketPath?: string;
}

/** A server that sentinels watch. */
export interface SentinelOptions {
  /** The name that the sentinels have for it. */
  name: string;
  /** Some of the sentinels, as `host:port`. */
  nodes: readonly string[];
  /** The sentinels' own password. Default: none. */
  password?: string;
}

export interface RedisOptions extends ConnectionOptions, RowOptions {
  /** `redis://user:password@host:6379/0`; `rediss://` with TLS. Default: REDIS_URL, or localhost. */
  url?: string;
  /** The same in parts; not beside `url`. */
  connection?: RedisConnection;
  /** Some nodes of a cluster, as `host:port`. User, password and TLS are those of `url` or `connection`. */
  cluster?: readonly string[];
  /** A server that sentinels watch, in place of a host. User, password and database are as with `cluster`. */
  sentinel?: SentinelOptions;
  /** What becomes of rows by schema name, for a flow of several. The ways above hold for all others. */
  schemas?: Readonly<Record<string, RowOptions>>;
}

const connectionParts = {
  host: text().optional(),
  port: integer(1, 65_535).optional(),
  user: text().optional(),
  password: secret().optional(),
  database: integer(0, 2 ** 31 - 1).optional(),
  socketPath: text().optional(),
} satisfies RulesFor<RedisConnection>;

const place = text().and((value) => placeOf(value) !== undefined, 'host:port');
const places = list(place, 'a list of host:port').and(({ length }) => length > 0, 'at least one host:port');

const sentinelRules = {
  name: text(),
  nodes: places,
  password: secret().optional(),
} satisfies RulesFor<SentinelOptions>;

const singleRules = {
  ...connectionRules,
  ...rowRules,
  url: secret().optional(),
  connection: group(connectionParts).optional(),
  cluster: places.optional(),
  sentinel: group(sentinelRules).optional(),
} satisfies RulesFor<Omit<RedisOptions, 'schemas'>>;

export const redisRules = {
  ...singleRules,
  schemas: record(group(rowRules), 'an object of options by schema name').optional(),
};

/** The options with their defaults, as they are posted to a flusher. */
export interface RedisSettings
  extends Omit<Checked<typeof redisRules>, keyof RowOptions | 'schemas' | 'connectionModule'> {
  readonly connectionModule: string | undefined;
  readonly rows: {
    /** For schemas that are not named; undefined: each has to be. */
    readonly others: RowSettings | undefined;
    readonly bySchema: Readonly<Record<string, RowSettings>>;
  };
}

/** A host and its port; undefined for another text. */
export function placeOf(value: string): { readonly host: string; readonly port: number } | undefined {
  const [, name = '', digits = ''] = /^(\[[\da-f:.]+\]|[^\s:/@]+):(\d{1,5})$/i.exec(value) ?? [];
  const port = Number(digits);
  if (name === '' || port < 1 || port > 65_535) return undefined;
  return { host: name.replace(/^\[(.*)\]$/, '$1'), port };
}

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: RedisOptions): RedisSettings {
  const checked = check(redisRules, options);
  const { stream, hash, string, list, sortedSet, command, timestamps, schemas, ...rest } = checked;
  const { url, connectionModule, cluster, sentinel } = rest;
  checkAddress(checked, ['redis:', 'rediss:'], 'redis://user@host:6379/0');
  if (url !== undefined) checkUrl(new URL(url));
  if (cluster !== undefined && sentinel !== undefined) {
    throw new ConfigError('sentinel', sentinel.nodes, 'either `cluster` or `sentinel`, not both');
  }
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
  return {
    ...rest,
    connectionModule: connectionModule === undefined ? undefined : String(connectionModule),
    rows: { others, bySchema },
  };
}

const aWay = 'one of stream, hash, string, list, sortedSet, command';

/** @throws ConfigError for parts of a URL that would be ignored, or cannot be read. */
function checkUrl({ pathname, search, hash, username, password }: URL): void {
  if (!/^\/?\d*$/.test(pathname) || Number(pathname.slice(1)) >= 2 ** 31 || search !== '' || hash !== '') {
    throw new ConfigError('url', hidden, "a URL whose path is a database's number, without parameters");
  }
  try {
    decodeURIComponent(username + password);
  } catch {
    throw new ConfigError('url', hidden, 'a URL whose % signs in user and password are encoded, as %25');
  }
}
