/**
 * The options that all SQL sinks share: which table a schema's rows go to, and what to do where a key is taken.
 *
 * They may stand for all tables, and in `tables` for one. What is not said of one table is as for all.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, group, type RulesFor } from '../../options/check.js';
import type { Rule } from '../../options/rule.js';
import { boolean, list, oneOf, record, text, union } from '../../options/rules.js';
import { name } from './identifier.js';

/** What to do with a row whose unique key is taken, by a row of the table or an earlier one of the batch. */
export type Conflict =
  /** The flush fails; the rows that conflict are found and given up alone. */
  | 'error'
  /** The new row is left out. */
  | 'ignore'
  /** The row that is there gets the new one's values in all of the schema's columns. */
  | 'replace'
  /** The row that is there takes all columns but the key's from the new one. */
  | 'update'
  /** The row that is there takes these columns from the new one. */
  | { readonly update: readonly string[] };

/** What to do with a text that the database cannot hold: one with a NUL character, or with half a surrogate pair. */
export type BadText =
  /** Each such character becomes U+FFFD. */
  | 'replace'
  /** The row is given up alone. */
  | 'refuse';

/** What is wanted of one table. */
export interface TableOptions {
  /** The table's name, for a flow of one schema. Default: the schema's name. */
  table?: string;
  /** Make the table when it is missing. Default true; otherwise a missing table fails the flow. */
  createTable?: boolean;
  /** Default `error`. A batch delivered twice (after a crash, say) is stored once by every other mode. */
  conflict?: Conflict;
  /**
   * The unique key, on exactly these columns: a table that the sink makes gets it, one that exists must have it. Needed
   * by `replace` and `update`; without it, `ignore` leaves out a row that conflicts on any of the table's keys.
   */
  conflictColumns?: readonly string[];
  /** The predicate of a partial unique index, as SQL: `deleted_at IS NULL`. It is not quoted or checked. */
  conflictWhere?: string;
  /**
   * For `update`: what a row without a value for a column does to the row that is there. `null` stores NULL; `keep`
   * leaves the column as it is. Default `null`.
   */
  absent?: 'null' | 'keep';
  /** Default `replace`. */
  badText?: BadText;
  /**
   * A column for the identities of rows, of 25 bytes and with a unique index on it alone: a row that is delivered again
   * is stored once, through every death of a thread and every loss of a connection. A table that the sink makes gets
   * both; one that exists must have them. Only with conflict `error` and `ignore`: an update would overwrite the
   * identity, and an older row that is delivered again would win. Default: none.
   */
  identityColumn?: string;
}

export interface SqlOptions extends TableOptions {
  /** Tables by schema name, for a flow of several: a table's name, or what is wanted of it. */
  tables?: Readonly<Record<string, string | TableOptions>>;
  /** Check the options, send nothing, and commit every row. `previewSql` shows what would be sent. Default false. */
  dryRun?: boolean;
}

const columnsRule = 'a list of one or more different column names';
const columns = list(name, columnsRule)
  .and((names) => names.length > 0, columnsRule)
  .and((names) => new Set(names).size === names.length, columnsRule);

const conflict: Rule<Conflict> = union(
  "'error', 'ignore', 'replace', 'update' or { update: [at least one column name] }",
  oneOf('error', 'ignore', 'replace', 'update'),
  group({ update: columns }),
);

const tableRules = {
  table: name.optional(),
  createTable: boolean().optional(),
  conflict: conflict.optional(),
  conflictColumns: columns.optional(),
  conflictWhere: text().optional(),
  absent: oneOf('null', 'keep').optional(),
  badText: oneOf('replace', 'refuse').optional(),
  identityColumn: name.optional(),
} satisfies RulesFor<TableOptions>;

/** Members that are left out are there, and undefined. */
const tableGroup = group(tableRules) as Rule<TableOptions>;
const oneTable = union(`a table's name, or { ${Object.keys(tableRules).join(', ')} }`, name, tableGroup);

export const sqlRules = {
  ...tableRules,
  tables: record(oneTable, 'an object of tables by schema name').optional(),
  dryRun: boolean().default(false),
} satisfies RulesFor<SqlOptions>;

type SqlSettings = Omit<Checked<typeof sqlRules>, 'dryRun'>;

/** What is wanted of one table, with defaults. */
export interface TableSettings {
  /** Undefined: the schema's name. */
  readonly table: string | undefined;
  readonly createTable: boolean;
  readonly conflict: Conflict;
  /** Empty: no key is wanted. */
  readonly conflictColumns: readonly string[];
  readonly conflictWhere: string | undefined;
  readonly absent: 'null' | 'keep';
  readonly badText: BadText;
  /** Undefined: none is wanted. */
  readonly identityColumn: string | undefined;
}

/** The settings of tables as they are posted to a flusher. */
export interface TablesSettings {
  readonly all: TableSettings;
  readonly bySchema: Readonly<Record<string, TableSettings>>;
}

/**
 * The settings of each table, from checked options.
 *
 * @throws ConfigError for options that do not go together.
 */
export function tablesSettingsOf(options: SqlSettings): TablesSettings {
  const { tables, ...forAll } = options;
  if (options.table !== undefined && tables !== undefined) {
    throw new ConfigError('tables', tables, '`table` (one schema) or `tables` (several), not both');
  }
  const all = settingsOf(forAll, '');
  const bySchema = Object.entries(tables ?? {}).map(([schema, own]) => {
    const given = typeof own === 'string' ? { table: own } : own;
    const said = Object.entries(given).filter(([, value]) => value !== undefined);
    return [schema, settingsOf({ ...forAll, ...Object.fromEntries(said) }, `tables.${schema}.`)] as const;
  });
  return { all, bySchema: Object.fromEntries(bySchema) };
}

/** Why rows that overwrite others cannot be stored once by their identity. */
export const whyNoIdentity =
  'which overwrites the identity of the row that is there, so that an older row delivered again would win; ' +
  "'error' and 'ignore' go with it";

/** @param prefix comes before each name in errors. */
function settingsOf(given: Partial<Omit<SqlSettings, 'tables'>>, prefix: string): TableSettings {
  const {
    table,
    createTable = true,
    conflict = 'error',
    conflictColumns = [],
    conflictWhere,
    absent = 'null',
    badText = 'replace',
    identityColumn,
  } = given;
  const updates = conflict === 'update' || typeof conflict === 'object';
  const overwrites = updates || conflict === 'replace';
  const refuse = (option: string, value: unknown, expected: string) => {
    throw new ConfigError(prefix + option, value, expected);
  };
  if (overwrites && conflictColumns.length === 0) {
    const mode = conflict === 'replace' ? "'replace'" : updates ? 'update' : '';
    refuse('conflictColumns', given.conflictColumns, `the columns of the key, for conflict: ${mode}`);
  }
  if (conflictWhere !== undefined && conflictColumns.length === 0) {
    refuse('conflictWhere', conflictWhere, 'nothing without conflictColumns, the columns of the index');
  }
  if (absent === 'keep' && !updates) refuse('absent', absent, "'null'; 'keep' is for conflict: update");
  if (identityColumn !== undefined && overwrites) {
    const mode = updates ? 'update' : 'replace';
    refuse('identityColumn', identityColumn, `nothing with conflict: ${mode}, ${whyNoIdentity}`);
  }
  const ofKey = { conflict, conflictColumns, conflictWhere, absent };
  return { table, createTable, ...ofKey, badText, identityColumn };
}
