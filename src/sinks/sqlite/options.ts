/**
 * The options of the SQLite sink: what they mean, what is allowed, and their defaults.
 */
import { resolve } from 'node:path';
import { ConfigError } from '../../errors.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import type { Rule } from '../../options/rule.js';
import { boolean, custom, integer, list, oneOf, record, union } from '../../options/rules.js';

/** What to do with a row whose unique key is taken, by a row of the table or an earlier one of the batch. */
export type Conflict =
  /** The flush fails and nothing of its batch is stored. */
  | 'error'
  /** The new row is left out. */
  | 'ignore'
  /** Every row it conflicts with is deleted first (`INSERT OR REPLACE`). */
  | 'replace'
  /** The row that is there takes these columns from the new one (`ON CONFLICT … DO UPDATE`). */
  | { readonly update: readonly string[] };

export type Synchronous = 'off' | 'normal' | 'full' | 'extra';

export interface SqliteOptions {
  /** The database file's path, no URI; it and its folder are made when missing. Relative to the working directory. */
  file: string;
  /** The table's name, for a flow of one schema. Default: the schema's name. */
  table?: string;
  /** Table names by schema name, for a flow of several. Default for each: the schema's name. */
  tables?: Readonly<Record<string, string>>;
  /** Make tables that are missing. Default true; otherwise a missing table fails the flow. */
  createTable?: boolean;
  /** Default `error`. A batch delivered twice (after a crash, say) is stored once by every other mode. */
  conflict?: Conflict;
  /**
   * The unique key, on exactly these columns: a table that the sink makes gets it, one that exists must
   * have it. In every table of the flow. Needed by `{ update }`; without it, `ignore` leaves out a row that
   * conflicts on any of the table's keys.
   */
  conflictColumns?: readonly string[];
  /**
   * A column for the identities of rows, of 25 bytes and with a unique index on it alone, in every table of the flow: a
   * row that is delivered again is stored once, through every death of a thread. A table that the sink makes gets both;
   * one that exists must have them. Only with conflict `error` and `ignore`: an update would overwrite the identity,
   * and an older row that is delivered again would win. Default: none.
   */
  identityColumn?: string;
  /**
   * How long a write, or the opening, waits for other writers of the file before it fails with SQLITE_BUSY.
   * The flusher's thread is not blocked meanwhile. Default 5000.
   */
  busyTimeoutMs?: number;
  /**
   * How far on its way to the disk a commit counts as committed. Default `full`: it survives a loss of
   * power. `normal` is faster, and the last commits may be lost with the power, never with the process.
   */
  synchronous?: Synchronous;
}

/** Text of 1 to 1024 characters that fits in an SQL statement. */
const isName = (value: unknown) =>
  typeof value === 'string' && /^[^\0]{1,1024}$/s.test(value) && value.isWellFormed();
const nameRule = 'a text of 1 to 1024 characters, without NUL or lone surrogates';
export const name = custom<string>(isName, nameRule);

/** Why a text cannot name the file; undefined when it can. SQLite would take a URI for the name of a file. */
export function badPath(path: string): string | undefined {
  const text = path.trim();
  if (text === '' || text.includes('\0')) return "a file's path";
  if (text === ':memory:') {
    return "a file's path; not ':memory:', since each flusher has a connection of its own, and so its own database";
  }
  if (/^(file|sqlite):|^\/\//i.test(text)) {
    return "a file's path, not a URI: data/events.db in place of file:data/events.db, fileURLToPath() for a URL";
  }
  return undefined;
}

const file = custom<string>(
  (value) => typeof value === 'string' && badPath(value) === undefined,
  (value) => (typeof value === 'string' && badPath(value)) || "a file's path",
);

const tables = record(name, `an object of table names by schema name, all of them its own, each ${nameRule}`);

const columnsRule = 'a list of one or more different column names';
const columns = list(name, columnsRule)
  .and((names) => names.length > 0, columnsRule)
  .and((names) => new Set(names).size === names.length, columnsRule);

const conflict: Rule<Conflict> = union(
  "'error', 'ignore', 'replace' or { update: [at least one column name] }",
  oneOf('error', 'ignore', 'replace'),
  group({ update: columns }),
);

export const sqliteRules = {
  file,
  table: name.optional(),
  tables: tables.optional(),
  createTable: boolean().default(true),
  conflict: conflict.default('error'),
  conflictColumns: columns.optional(),
  identityColumn: name.optional(),
  busyTimeoutMs: integer(0, 2 ** 31 - 1).default(5000),
  synchronous: oneOf('off', 'normal', 'full', 'extra').default('full'),
} satisfies RulesFor<SqliteOptions>;

/** The options with their defaults, as they are posted to the flusher. The file's path is absolute. */
export interface SqliteSettings extends Omit<Checked<typeof sqliteRules>, 'conflictColumns'> {
  /** Empty: no key is wanted. */
  readonly conflictColumns: readonly string[];
  /** Whether optional columns that a table lacks are added: for tables of a form of our own, which grows. */
  readonly addsColumns: boolean;
}

/** Why rows that overwrite others cannot be stored once by their identity. */
const whyNot =
  'which overwrites the identity of the row that is there, so that an older row delivered again would win; ' +
  "'error' and 'ignore' go with it";

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: SqliteOptions): SqliteSettings {
  const settings = check(sqliteRules, options);
  const { table, tables, conflict, conflictColumns = [], identityColumn } = settings;
  if (table !== undefined && tables !== undefined) {
    throw new ConfigError('tables', tables, '`table` (one schema) or `tables` (several), not both');
  }
  if (typeof conflict === 'object' && conflictColumns.length === 0) {
    throw new ConfigError(
      'conflictColumns',
      settings.conflictColumns,
      'the columns of the key, for conflict: { update }',
    );
  }
  const overwrites = typeof conflict === 'object' ? '{ update }' : conflict === 'replace' && "'replace'";
  if (identityColumn !== undefined && overwrites !== false) {
    throw new ConfigError(
      'identityColumn',
      identityColumn,
      `nothing with conflict: ${overwrites}, ${whyNot}`,
    );
  }
  return { ...settings, file: resolve(settings.file.trim()), conflictColumns, addsColumns: false };
}
