/**
 * The options of the SQLite sink: what they mean, what is allowed, and their defaults.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../errors.js';

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
  /** The database file's path; it and its folder are made when missing. Relative to the working directory. */
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

/** The options with their defaults, as they are posted to the flusher. */
export interface SqliteSettings {
  /** Absolute. */
  readonly file: string;
  readonly table?: string | undefined;
  readonly tables?: Readonly<Record<string, string>> | undefined;
  readonly createTable: boolean;
  readonly conflict: Conflict;
  readonly conflictColumns: readonly string[];
  readonly busyTimeoutMs: number;
  readonly synchronous: Synchronous;
}

/** Text of 1 to 1024 characters that fits in an SQL statement. */
const isName = (value: unknown) =>
  typeof value === 'string' && /^[^\0]{1,1024}$/s.test(value) && value.isWellFormed();
const nameRule = 'a text of 1 to 1024 characters, without NUL or lone surrogates';
const name = z.custom<string>(isName, { error: nameRule });

const fileRule =
  "a file's path; not ':memory:', since each flusher has a connection of its own, and so its own database";
const modes = ['off', 'normal', 'full', 'extra'] as const;
const longestTimeoutMs = 2 ** 31 - 1;
const timeoutRule = `a whole number of milliseconds from 0 to ${longestTimeoutMs}`;
const conflictRule = "'error', 'ignore', 'replace' or { update: [at least one column name] }";
const columnsRule = 'a list of one or more different column names';

const isPath = (value: unknown) => typeof value === 'string' && /^(?!:memory:$)[^\0]+$/s.test(value.trim());
const isRecordOfNames = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value)) &&
  Object.values(value).every(isName);
const columns = z
  .array(name, { error: columnsRule })
  .min(1, { error: columnsRule })
  .refine((names) => new Set(names).size === names.length, { error: columnsRule });

/** Each rule's error is the text of what is allowed. */
const rules = z.strictObject(
  {
    file: z.custom<string>(isPath, { error: fileRule }),
    table: name.optional(),
    tables: z
      .custom<Record<string, string>>(isRecordOfNames, {
        error: `an object of table names by schema name, each ${nameRule}`,
      })
      .optional(),
    createTable: z.boolean({ error: 'true or false' }).default(true),
    conflict: z
      .union([z.enum(['error', 'ignore', 'replace']), z.strictObject({ update: columns })], {
        error: conflictRule,
      })
      .default('error'),
    conflictColumns: columns.default([]),
    busyTimeoutMs: z
      .custom<number>(
        (ms) => Number.isInteger(ms) && (ms as number) >= 0 && (ms as number) <= longestTimeoutMs,
        {
          error: timeoutRule,
        },
      )
      .default(5000),
    synchronous: z.enum(modes, { error: `one of '${modes.join("', '")}'` }).default('full'),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'an object with at least { file }') },
);

/** The options, checked, with defaults. @throws ConfigError naming the first option that cannot work. */
export function settingsOf(options: SqliteOptions): SqliteSettings {
  const checked = rules.safeParse(options);
  if (!checked.success) throw configError(options, checked.error.issues[0] as z.core.$ZodIssue);
  const settings = checked.data;
  if (settings.table !== undefined && settings.tables !== undefined) {
    throw new ConfigError('tables', settings.tables, '`table` (one schema) or `tables` (several), not both');
  }
  if (typeof settings.conflict === 'object' && settings.conflictColumns.length === 0) {
    throw new ConfigError(
      'conflictColumns',
      options.conflictColumns,
      'the columns of the key, for conflict: { update }',
    );
  }
  return { ...settings, file: resolve(settings.file.trim()) };
}

function configError(options: unknown, issue: z.core.$ZodIssue): ConfigError {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] as string] : issue.path;
  const expected = issue.code === 'unrecognized_keys' ? 'no option of this name' : issue.message;
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], options);
  return new ConfigError(path.length === 0 ? 'options' : path.join('.'), value, expected);
}
