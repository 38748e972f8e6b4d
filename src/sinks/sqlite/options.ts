/**
 * The options of the SQLite sink: what they mean, what is allowed, and their defaults.
 */
import { resolve } from 'node:path';
import { ConfigError } from '../../errors.js';
import { check, type RulesFor } from '../../options/check.js';
import { custom, hidden, integer, oneOf } from '../../options/rules.js';
import { type SqlOptions, sqlRules, type TablesSettings, tablesSettingsOf } from '../sql/options.js';

export type Synchronous = 'off' | 'normal' | 'full' | 'extra';

export interface SqliteOptions extends SqlOptions {
  /** The database file's path, no URI; it and its folder are made when missing. Relative to the working directory. */
  file: string;
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

/** Why a text cannot name the file; undefined when it can. SQLite would take a URI for the name of a file. */
export function badPath(path: string): string | undefined {
  const text = path.trim();
  if (text === '' || text.includes('\0')) return "a file's path";
  if (text === ':memory:') {
    return "a file's path; not ':memory:', since each flusher has a connection of its own, and so its own database";
  }
  if (/^(file|sqlite):|^\/\/|^[a-z][a-z\d+.-]+:\/\//i.test(text)) {
    return "a file's path, not a URI: data/events.db in place of file:data/events.db, fileURLToPath() for a URL";
  }
  return undefined;
}

/** What an error shows of a text that is no path: the address of a server may hold a password. */
export function shownPath(value: unknown): unknown {
  return typeof value === 'string' && value.includes('://') ? hidden : value;
}

const file = custom<string>(
  () => true,
  "a file's path",
  (value, key) => {
    const expected = typeof value === 'string' ? badPath(value) : "a file's path";
    if (expected !== undefined) throw new ConfigError(key, shownPath(value), expected);
    return value as string;
  },
);

export const sqliteRules = {
  ...sqlRules,
  file,
  busyTimeoutMs: integer(0, 2 ** 31 - 1).default(5000),
  synchronous: oneOf('off', 'normal', 'full', 'extra').default('full'),
} satisfies RulesFor<SqliteOptions>;

/** The options with their defaults, as they are posted to the flusher. */
export interface SqliteSettings {
  /** An absolute path. */
  readonly file: string;
  readonly busyTimeoutMs: number;
  readonly synchronous: Synchronous;
  readonly tables: TablesSettings;
  readonly dryRun: boolean;
  /** Whether optional columns that a table lacks are added: for tables of a form of our own, which grows. */
  readonly addsColumns: boolean;
}

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: SqliteOptions): SqliteSettings {
  const { file, busyTimeoutMs, synchronous, dryRun, ...tables } = check(sqliteRules, options);
  return {
    file: resolve(file.trim()),
    busyTimeoutMs,
    synchronous,
    tables: tablesSettingsOf(tables),
    dryRun,
    addsColumns: false,
  };
}
