/**
 * The options of the MySQL sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { hidden, oneOf, secret, text } from '../../options/rules.js';
import { addressRules } from '../connections/connection-options.js';
import type { TableOptions } from '../sql/options.js';
import {
  type ServerOptions,
  type ServerSettings,
  serverRules,
  serverSettingsOf,
} from '../sql/server-options.js';

/** Where the server is. What is missing is taken from MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_UNIX_PORT and MYSQL_PWD. */
export interface MysqlConnection {
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
  /** The path of a Unix socket, in place of host and port. */
  socketPath?: string;
}

/** How rows travel; each way needs less of the server and of `mysql2` than the one before. */
export type MysqlWay =
  /** MariaDB's bulk execute: one message of rows for a statement of one row. */
  | 'bulk'
  /** A prepared statement with a parameter for each value, encoded by the sink. */
  | 'execute'
  /** An INSERT as text, by `mysql2`'s own means. */
  | 'query';

export interface MysqlOptions extends Omit<ServerOptions, 'conflictWhere' | 'tables'> {
  /** `mysql://user:password@host:3306/database?ssl-mode=VERIFY_IDENTITY`; `mariadb://` is the same. */
  url?: string;
  /** The same in parts; not beside `url`. */
  connection?: MysqlConnection;
  /** How rows travel. Default: the first of them that the server and `mysql2` have. */
  way?: MysqlWay;
  /** Tables by schema name, for a flow of several: a table's name, or what is wanted of it. */
  tables?: Readonly<Record<string, string | Omit<TableOptions, 'conflictWhere'>>>;
}

const connectionRules = {
  ...addressRules,
  socketPath: text().optional(),
} satisfies RulesFor<MysqlConnection>;

export const mysqlRules = {
  ...serverRules,
  url: secret().optional(),
  connection: group(connectionRules).optional(),
  way: oneOf('bulk', 'execute', 'query').optional(),
} satisfies RulesFor<MysqlOptions & Pick<ServerOptions, 'conflictWhere'>>;

/** The options with their defaults, as they are posted to a flusher. */
export interface MysqlSettings extends ServerSettings<Checked<typeof mysqlRules>> {}

export const tlsModes = ['DISABLED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'] as const;
export type TlsMode = (typeof tlsModes)[number];

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: MysqlOptions): MysqlSettings {
  const checked = check(mysqlRules, options);
  const settings = serverSettingsOf(checked, ['mysql:', 'mariadb:'], 'mysql://user@host:3306/database');
  const { url } = settings;
  if (url !== undefined) checkParameters(new URL(url));
  const { all, bySchema } = settings.tables;
  for (const [prefix, { conflictWhere }] of [
    ['', all] as const,
    ...Object.entries(bySchema).map(([name, table]) => [`tables.${name}.`, table] as const),
  ]) {
    if (conflictWhere !== undefined) {
      throw new ConfigError(`${prefix}conflictWhere`, conflictWhere, 'nothing: MySQL has no partial indexes');
    }
  }
  return settings;
}

function checkParameters({ searchParams }: URL): void {
  for (const [name, value] of searchParams) {
    if (name === 'socketPath' || (name === 'ssl-mode' && tlsModes.includes(value as TlsMode))) continue;
    throw new ConfigError('url', hidden, `a URL with ssl-mode (${tlsModes.join(', ')}) and socketPath only`);
  }
}
