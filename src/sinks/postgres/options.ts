/**
 * The options of the PostgreSQL sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { boolean, custom, hidden, integer, isObject, secret, text, union } from '../../options/rules.js';
import { type SqlOptions, sqlRules, type TablesSettings, tablesSettingsOf } from '../sql/options.js';

/** TLS, as `pg` and Node have it. Files are read anew at each connection, so that certificates can be renewed. */
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

/** Where the server is. What is missing is taken from PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSWORD, as by `pg`. */
export interface PostgresConnection {
  /** A host's name or address, or the folder of a Unix socket. */
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
}

export interface PostgresOptions extends SqlOptions {
  /** `postgres://user:password@host:5432/database?sslmode=verify-full`. */
  url?: string;
  /** The same in parts; not beside `url`. */
  connection?: PostgresConnection;
  /** A file with the password, read anew at each connection. White space around it is ignored. */
  passwordFile?: string;
  /** The name of an environment variable with the password. */
  passwordEnv?: string;
  /**
   * A module whose default export is a function, called before each connection. It resolves with `pg`'s options, which
   * come before all others: for passwords that expire, say. A function itself cannot be posted to a thread.
   */
  connectionModule?: string | URL;
  /** `true`, or TLS in detail; `sslmode` of `url` comes first. Default false. */
  ssl?: boolean | TlsOptions;
  /** Default `batchflow`. */
  applicationName?: string;
  /** How long to wait for a connection. Default 10,000. */
  connectTimeoutMs?: number;
  /** After how long the server ends a statement; 0: never. Default 30,000, as long as an attempt may take. */
  statementTimeoutMs?: number;
  /** How long a statement waits for a lock; 0: as long as it may take. Default 0. */
  lockTimeoutMs?: number;
  /**
   * Keep statements on the server by name. Faster for small batches; not behind a pooler that does not know of them.
   */
  prepare?: boolean;
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

const connectionRules = {
  host: text().optional(),
  port: integer(1, 65_535).optional(),
  user: text().optional(),
  password: secret().optional(),
  database: text().optional(),
} satisfies RulesFor<PostgresConnection>;

const address = custom<string | URL>(
  (value) =>
    typeof value === 'string' ? !/^\.{1,2}\//.test(value) : isObject(value) && typeof value.href === 'string',
  "a URL, such as new URL('./mine.js', import.meta.url), or a package's name",
);

const milliseconds = integer(0, 2 ** 31 - 1);

export const postgresRules = {
  ...sqlRules,
  url: secret().optional(),
  connection: group(connectionRules).optional(),
  passwordFile: text().optional(),
  passwordEnv: text().optional(),
  connectionModule: address.optional(),
  ssl: union('true, false or { rejectUnauthorized, ca, caFile, … }', boolean(), group(tlsRules)).default(
    false,
  ),
  applicationName: text().default('batchflow'),
  connectTimeoutMs: integer(1, 2 ** 31 - 1).default(10_000),
  statementTimeoutMs: milliseconds.default(30_000),
  lockTimeoutMs: milliseconds.default(0),
  prepare: boolean().default(false),
  requireServer: boolean().default(false),
} satisfies RulesFor<PostgresOptions>;

type CheckedOptions = Checked<typeof postgresRules>;

/** The options with their defaults, as they are posted to a flusher. */
export interface PostgresSettings extends Omit<CheckedOptions, keyof SqlOptions | 'connectionModule'> {
  readonly connectionModule: string | undefined;
  readonly tables: TablesSettings;
}

const protocols = ['postgres:', 'postgresql:', 'socket:'];

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: PostgresOptions): PostgresSettings {
  const checked = check(postgresRules, options);
  const { table, tables, createTable, conflict, conflictColumns, conflictWhere, absent, badText, ...rest } =
    checked;
  const { url, connection, passwordFile, passwordEnv, connectionModule } = rest;
  if (url !== undefined && !isServer(url)) {
    throw new ConfigError('url', hidden, 'a URL such as postgres://user@host:5432/database');
  }
  if (url !== undefined && connection !== undefined) {
    throw new ConfigError('connection', connection, 'either `url` or `connection`, not both');
  }
  if (passwordFile !== undefined && passwordEnv !== undefined) {
    throw new ConfigError('passwordEnv', passwordEnv, 'either `passwordFile` or `passwordEnv`, not both');
  }
  const ofTables = { table, tables, createTable, conflict, conflictColumns, conflictWhere, absent, badText };
  return {
    ...rest,
    connectionModule: connectionModule === undefined ? undefined : String(connectionModule),
    tables: tablesSettingsOf(ofTables),
  };
}

function isServer(url: string): boolean {
  return URL.canParse(url) && protocols.includes(new URL(url).protocol);
}
