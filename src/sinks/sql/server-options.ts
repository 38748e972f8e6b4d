/**
 * The options that sinks of database servers share: how to connect, and how long statements may take.
 */
import type { Checked, RulesFor } from '../../options/check.js';
import { integer } from '../../options/rules.js';
import { type ConnectionOptions, checkAddress, connectionRules } from '../connections/connection-options.js';
import { type SqlOptions, sqlRules, type TablesSettings, tablesSettingsOf } from './options.js';

export interface ServerOptions extends SqlOptions, ConnectionOptions {
  /** After how long the server ends a statement; 0: never. Default 30,000, as long as an attempt may take. */
  statementTimeoutMs?: number;
  /** How long a statement waits for a lock; 0: as long as the server has it. Default 0. */
  lockTimeoutMs?: number;
}

const milliseconds = integer(0, 2 ** 31 - 1);

export const serverRules = {
  ...sqlRules,
  ...connectionRules,
  statementTimeoutMs: milliseconds.default(30_000),
  lockTimeoutMs: milliseconds.default(0),
} satisfies RulesFor<ServerOptions>;

/** Checked options of a server, with those of one database. */
type CheckedOptions = Omit<Checked<typeof serverRules>, 'ssl'> & {
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
  const { connectionModule } = rest;
  checkAddress(checked, protocols, example);
  return {
    ...rest,
    connectionModule: connectionModule === undefined ? undefined : String(connectionModule),
    tables: tablesSettingsOf(checked),
  };
}
