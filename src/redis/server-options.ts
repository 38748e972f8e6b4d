/**
 * Where a server of Redis is, as options say it: for the sink and for the source.
 */
import { ConfigError } from '../errors.js';
import { type Checked, group, type RulesFor } from '../options/check.js';
import { hidden, integer, list, secret, text } from '../options/rules.js';
import {
  type ConnectionOptions,
  checkAddress,
  connectionRules,
} from '../sinks/connections/connection-options.js';

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

/** Where the server is, and how to connect to it. */
export interface RedisServerOptions extends ConnectionOptions {
  /** `redis://user:password@host:6379/0`; `rediss://` with TLS. Default: REDIS_URL, or localhost. */
  url?: string;
  /** The same in parts; not beside `url`. */
  connection?: RedisConnection;
  /** Some nodes of a cluster, as `host:port`. User, password and TLS are those of `url` or `connection`. */
  cluster?: readonly string[];
  /** A server that sentinels watch, in place of a host. User, password and database are as with `cluster`. */
  sentinel?: SentinelOptions;
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

export const serverRules = {
  ...connectionRules,
  url: secret().optional(),
  connection: group(connectionParts).optional(),
  cluster: places.optional(),
  sentinel: group(sentinelRules).optional(),
} satisfies RulesFor<RedisServerOptions>;

/** The options with their defaults, as they are posted to a thread. */
export interface RedisServerSettings extends Omit<Checked<typeof serverRules>, 'connectionModule'> {
  readonly connectionModule: string | undefined;
}

/** A host and its port; undefined for another text. */
export function placeOf(value: string): { readonly host: string; readonly port: number } | undefined {
  const [, name = '', digits = ''] = /^(\[[\da-f:.]+\]|[^\s:/@]+):(\d{1,5})$/i.exec(value) ?? [];
  const port = Number(digits);
  if (name === '' || port < 1 || port > 65_535) return undefined;
  return { host: name.replace(/^\[(.*)\]$/, '$1'), port };
}

/**
 * Settings that can be posted to a thread, of options that have been checked one by one.
 *
 * @throws ConfigError for options that do not go together.
 */
export function serverSettings<S extends Checked<typeof serverRules>>(
  checked: S,
): Omit<S, 'connectionModule'> & RedisServerSettings {
  const { url, connectionModule, cluster, sentinel } = checked;
  checkAddress(checked, ['redis:', 'rediss:'], 'redis://user@host:6379/0');
  if (url !== undefined) checkUrl(new URL(url));
  if (cluster !== undefined && sentinel !== undefined) {
    throw new ConfigError('sentinel', sentinel.nodes, 'either `cluster` or `sentinel`, not both');
  }
  return {
    ...checked,
    connectionModule: connectionModule === undefined ? undefined : String(connectionModule),
  };
}

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
