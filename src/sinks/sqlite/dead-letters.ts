/**
 * Dead letters in SQLite: the same sink, on one table in a file beside the data.
 */
import { format, parse } from 'node:path';
import { check, type RulesFor } from '../../options/check.js';
import { ownFile } from '../../own-files.js';
import type { SinkRef } from '../../sink.js';
import { name } from '../sql/identifier.js';
import { type SqliteOptions, settingsOf, sqliteRules } from './options.js';

export interface DeadLetterOptions extends Pick<SqliteOptions, 'file' | 'busyTimeoutMs' | 'synchronous'> {
  /** Default `dead_letters`, where `batchflow dead-letters` looks for them. */
  table?: string;
}

const { file, busyTimeoutMs, synchronous } = sqliteRules;

/** Letters have no key, and their table is always made: the sink's other options mean nothing here. */
export const deadLetterRules = {
  file,
  table: name.default('dead_letters'),
  busyTimeoutMs,
  synchronous,
} satisfies RulesFor<DeadLetterOptions>;

/**
 * Keep rows that a flow gives up in a SQLite file, for `batchflow dead-letters`.
 *
 * @throws ConfigError when an option cannot work.
 */
export function sqliteDeadLetters(options: DeadLetterOptions): SinkRef {
  return {
    module: ownFile('./sinks/sqlite/sink.js').href,
    // A file of an earlier version lacks columns that letters have got since.
    options: { ...settingsOf(check(deadLetterRules, options)), addsColumns: true },
  };
}

/** The file for the dead letters of a file: `requests.dead-letters.db` beside `requests.db`. */
export function deadLetterFile(file: string): string {
  const { dir, name, ext } = parse(file);
  return format({ dir, name: `${name}.dead-letters`, ext: ext === '' ? '.db' : ext });
}
