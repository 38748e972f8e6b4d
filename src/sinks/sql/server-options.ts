/**
 * The options that sinks of database servers share: how to connect, and how long things may take.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, group, type RulesFor } from '../../options/check.js';
import { boolean, custom, hidden, integer, isObject, secret, text, union } from '../../options/rules.js';
import { type SqlOptions, sqlRules, type TablesSettings, tablesSettingsOf } from './options.js';

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

export interface ServerOptions extends SqlOptions {
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
  /** After how long the server ends a statement; 0: never. Default 30,000, as long as an attempt may take. */
  statementTimeoutMs?: number;
  /** How long a statement waits for a lock; 0: as long as the server has it. Default 0. */
  lockTimeoutMs?: number;
  /**
   * Fail the flow when the server cannot be reached at its start. Default false: the flow starts, and batches are
   * tried as `retry` says. A table that does not fit always fails it.
   */
  requireServer?: boolean;
}

const tlsRules = {
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

const milliseconds = integer(0, 2 ** 31 - 1);

export const serverRules = {
  ...sqlRules,
  passwordFile: text().optional(),
  passwordEnv: text().optional(),
  connectionModule: module.optional(),
  ssl: union('true, false or { rejectUnauthorized, ca, caFile, … }', boolean(), group(tlsRules)).default(
    false,
  ),
  applicationName: text().default('batchflow'),
  connectTimeoutMs: integer(1, 2 ** 31 - 1).default(10_000),
  statementTimeoutMs: milliseconds.default(30_000),
  lockTimeoutMs: milliseconds.default(0),
  requireServer: boolean().default(false),
} satisfies RulesFor<ServerOptions>;

/** Checked options of a server, with those of one database. */
type CheckedOptions = Checked<typeof serverRules> & {
  readonly url: string | undefined;
  readonly connection: unknown;
};

/** Checked options as they are posted to a flusher. */
export type ServerSettings<C> = Omit<C, Exclude<keyof SqlOptions, 'dryRun'>> & {
  readonly connectionModule: string | undefined;
  readonly tables: TablesSettings;
};

/**
 * The settings of checked options.
 *
 * @param protocols those that a URL may have, with their colons.
 * @param example a URL, for errors.
 * @throws ConfigError for options that do not go together.
 */
export function serverSettingsOf<C extends CheckedOptions>(
  checked: C,
  protocols: readonly string[],
  example: string,
): ServerSettings<C> {
  const {
    table,
    tables,
    createTable,
    conflict,
    conflictColumns,
    conflictWhere,
    absent,
    badText,
    identityColumn,
    ...rest
  } = checked;
  const { url, connection, passwordFile, passwordEnv, connectionModule } = rest;
  if (url !== undefined && !(URL.canParse(url) && protocols.includes(new URL(url).protocol))) {
    throw new ConfigError('url', hidden, `a URL such as ${example}`);
  }
  if (url !== undefined && connection !== undefined) {
    throw new ConfigError('connection', connection, 'either `url` or `connection`, not both');
  }
  if (passwordFile !== undefined && passwordEnv !== undefined) {
    throw new ConfigError('passwordEnv', passwordEnv, 'either `passwordFile` or `passwordEnv`, not both');
  }
  return {
    ...rest,
    connectionModule: connectionModule === undefined ? undefined : String(connectionModule),
    tables: tablesSettingsOf(checked),
  };
}
