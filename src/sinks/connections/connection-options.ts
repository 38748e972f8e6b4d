/**
 * The options that sinks share whose connections to a server are their own: where it is, secrets, TLS.
 */
import { ConfigError } from '../../errors.js';
import { group, type RulesFor } from '../../options/check.js';
import { boolean, custom, hidden, integer, isObject, secret, text, union } from '../../options/rules.js';

/** TLS, as Node has it. Files are read anew at each connection, so that certificates can be renewed. */
export interface TlsOptions {
  /** Default true. */
  rejectUnauthorized?: boolean;
  servername?: string;
  ca?: string;
  cert?: string;
  key?: string;
  passphrase?: string;
  caFile?: string;
  certFile?: string;
  keyFile?: string;
}

/** How to connect. */
export interface ConnectionOptions {
  /** A file with the password, read anew at each connection. White space around it is ignored. */
  passwordFile?: string;
  /** The name of an environment variable with the password. */
  passwordEnv?: string;
  /**
   * A module whose default export is a function, called before each connection. It resolves with the driver's options,
   * which come before all others: for passwords that expire, say. A function itself cannot be posted to a thread.
   */
  connectionModule?: string | URL;
  /** `true`, or TLS in detail; what `url` says of TLS comes first. Default false. */
  ssl?: boolean | TlsOptions;
  /** The name that the server shows for the connections. Default `batchflow`. */
  applicationName?: string;
  /** How long to wait for a connection. Default 10,000. */
  connectTimeoutMs?: number;
  /**
   * Fail the flow when the server cannot be reached at its start. Default false: the flow starts, and batches are
   * tried as `retry` says. A table that does not fit always fails it.
   */
  requireServer?: boolean;
}

/** The rules of `TlsOptions`. */
export const tlsRules = {
  rejectUnauthorized: boolean().default(true),
  servername: text().optional(),
  ca: text().optional(),
  cert: text().optional(),
  key: secret().optional(),
  passphrase: secret().optional(),
  caFile: text().optional(),
  certFile: text().optional(),
  keyFile: text().optional(),
} satisfies RulesFor<TlsOptions>;

/** `true`, `false`, or TLS in detail. */
export const tlsRule = union(
  'true, false or { rejectUnauthorized, ca, caFile, … }',
  boolean(),
  group(tlsRules),
);

/** Parts of a server's address that every database has. */
export const addressRules = {
  host: text().optional(),
  port: integer(1, 65_535).optional(),
  user: text().optional(),
  password: secret().optional(),
  database: text().optional(),
};

const module = custom<string | URL>(
  (value) =>
    typeof value === 'string' ? !/^\.{1,2}\//.test(value) : isObject(value) && typeof value.href === 'string',
  "a URL, such as new URL('./mine.js', import.meta.url), or a package's name",
);

export const connectionRules = {
  passwordFile: text().optional(),
  passwordEnv: text().optional(),
  connectionModule: module.optional(),
  ssl: tlsRule.default(false),
  applicationName: text().default('batchflow'),
  connectTimeoutMs: integer(1, 2 ** 31 - 1).default(10_000),
  requireServer: boolean().default(false),
} satisfies RulesFor<ConnectionOptions>;

/**
 * Check options that do not go together, and the form of a URL.
 *
 * @param protocols those that a URL may have, with their colons.
 * @param example a URL, for errors.
 * @throws ConfigError
 */
export function checkAddress(
  given: {
    readonly url: string | undefined;
    readonly connection: unknown;
    readonly passwordFile: string | undefined;
    readonly passwordEnv: string | undefined;
  },
  protocols: readonly string[],
  example: string,
): void {
  const { url, connection, passwordFile, passwordEnv } = given;
  if (url !== undefined && !(URL.canParse(url) && protocols.includes(new URL(url).protocol))) {
    throw new ConfigError('url', hidden, `a URL such as ${example}`);
  }
  if (url !== undefined && !isDecodable(url)) {
    throw new ConfigError('url', hidden, 'a URL whose % signs are encoded, as %25');
  }
  if (url !== undefined && connection !== undefined) {
    throw new ConfigError('connection', hidden, 'either `url` or `connection`, not both');
  }
  if (passwordFile !== undefined && passwordEnv !== undefined) {
    throw new ConfigError('passwordEnv', passwordEnv, 'either `passwordFile` or `passwordEnv`, not both');
  }
}

/** Whether the parts of a URL are what they stand for: a % sign that is not encoded stands for nothing. */
export function isDecodable(url: string): boolean {
  const { username, password, hostname, pathname } = new URL(url);
  try {
    decodeURIComponent([username, password, hostname, pathname].join(' '));
    return true;
  } catch {
    return false;
  }
}
