/**
 * The options of connections to NATS, which its sink and its source share.
 */
import { ConfigError } from '../errors.js';
import type { Checked, RulesFor } from '../options/check.js';
import { custom, list, secret, text } from '../options/rules.js';
import {
  type ConnectionOptions,
  checkAddress,
  connectionRules,
} from '../sinks/connections/connection-options.js';

/** Where the servers are, and how to show a user: by one of password, token, nkey and credentials. */
export interface NatsOptions extends ConnectionOptions {
  /** `nats://user:password@host:4222`, `nats://token@host`; `tls://` with TLS. Default: NATS_URL, or localhost. */
  url?: string;
  /** Some servers of a cluster, as `host:port`; not beside `url`. */
  servers?: readonly string[];
  user?: string;
  password?: string;
  token?: string;
  /** A file with the token, read anew at each connection. */
  tokenFile?: string;
  /** The name of an environment variable with the token. */
  tokenEnv?: string;
  /** The seed of an nkey. */
  nkeySeed?: string;
  /** A file with the seed, read anew at each connection. */
  nkeySeedFile?: string;
  /** The text of a file of credentials: a JWT and a seed. */
  credentials?: string;
  /** The file itself, read anew at each connection. */
  credentialsFile?: string;
  /** JetStream's domain, behind a leaf node. Default: the server's own. */
  domain?: string;
}

/** A name of a stream, a consumer or a domain. */
export const streamName = text().and(
  (name) => !/[\s.*>/\\\p{Cc}]/u.test(name),
  'a name without white space, ".", "*", ">", "/" and "\\"',
);

export const natsRules = {
  ...connectionRules,
  url: secret().optional(),
  servers: list(
    custom<string>(
      (value) => typeof value === 'string' && /^((nats|tls):\/\/)?[^\s@/]+$/.test(value),
      'host:port, without a user',
    ),
    'a list of host:port',
  )
    .and(({ length }) => length > 0, 'at least one host:port')
    .optional(),
  user: text().optional(),
  password: secret().optional(),
  token: secret().optional(),
  tokenFile: text().optional(),
  tokenEnv: text().optional(),
  nkeySeed: secret().optional(),
  nkeySeedFile: text().optional(),
  credentials: secret().optional(),
  credentialsFile: text().optional(),
  domain: streamName.optional(),
} satisfies RulesFor<NatsOptions>;

/** How to connect, as it is posted to a thread. */
export interface NatsSettings extends Omit<Checked<typeof natsRules>, 'connectionModule'> {
  readonly connectionModule: string | undefined;
}

/** @throws ConfigError for options of a connection that do not go together. */
export function checkNats(checked: Checked<typeof natsRules>): void {
  const { url, servers, user, token, tokenFile, tokenEnv } = checked;
  checkAddress({ ...checked, connection: undefined }, ['nats:', 'tls:'], 'nats://user@host:4222');
  if (url !== undefined && servers !== undefined) {
    throw new ConfigError('servers', servers, 'either `url` or `servers`, not both');
  }
  const ways = {
    user,
    token: token ?? tokenFile ?? tokenEnv,
    nkeySeed: checked.nkeySeed ?? checked.nkeySeedFile,
    credentials: checked.credentials ?? checked.credentialsFile,
  };
  const named = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (named.length > 1) {
    const names = named.map(([name]) => name);
    throw new ConfigError(names[1] as string, names, 'one way to show the user: not several');
  }
}
