/**
 * The options of the PostgreSQL sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { boolean, hidden, secret } from '../../options/rules.js';
import { addressRules, type TlsOptions, tlsRule } from '../connections/connection-options.js';
import {
  type ServerOptions,
  type ServerSettings,
  serverRules,
  serverSettingsOf,
} from '../sql/server-options.js';

/** Where the server is. What is missing is taken from PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSWORD, as by `pg`. */
export interface PostgresConnection {
  /** A host's name or address, or the folder of a Unix socket. */
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
}

export interface PostgresOptions extends ServerOptions {
  /** `postgres://user:password@host:5432/database?sslmode=verify-full`. */
  url?: string;
  /** The same in parts; not beside `url`. */
  connection?: PostgresConnection;
  /**
   * `true`, or TLS in detail. `sslmode` of `url` says whether TLS is used and whether the server's certificate is
   * checked; the details go with it. Default: what PGSSLMODE says, and no TLS without it.
   */
  ssl?: boolean | TlsOptions;
  /**
   * Keep statements on the server by name. Faster for small batches; not behind a pooler that does not know of them.
   */
  prepare?: boolean;
}

export const postgresRules = {
  ...serverRules,
  url: secret().optional(),
  connection: group(addressRules satisfies RulesFor<PostgresConnection>).optional(),
  ssl: tlsRule.optional(),
  prepare: boolean().default(false),
} satisfies RulesFor<PostgresOptions>;

/** Parameters of a URL that name files of TLS. */
const tlsFiles = ['sslrootcert', 'sslcert', 'sslkey'];

/** The options with their defaults, as they are posted to a flusher. */
export interface PostgresSettings extends ServerSettings<Checked<typeof postgresRules>> {}

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: PostgresOptions): PostgresSettings {
  const protocols = ['postgres:', 'postgresql:', 'socket:'];
  const checked = check(postgresRules, options);
  const settings = serverSettingsOf(checked, protocols, 'postgres://user@host:5432/database');
  const { url, ssl } = checked;
  // `pg` would go by those of the URL alone.
  const named = url === undefined ? [] : tlsFiles.filter((name) => new URL(url).searchParams.has(name));
  if (typeof ssl === 'object' && named.length > 0) {
    throw new ConfigError('ssl', hidden, `true or false beside ${named.join(' and ')} of \`url\``);
  }
  return settings;
}
