/**
 * Dead letters in SQLite: the same sink, on one table in a file beside the data.
 */
import { format, parse } from 'node:path';
import { ConfigError } from '../../errors.js';
import type { SinkRef } from '../../sink.js';
import { type SqliteOptions, settingsOf } from './options.js';

/** The table that dead letters go into, and that `batchflow dead-letters` looks for. */
const defaultTable = 'dead_letters';

export interface DeadLetterOptions extends Pick<SqliteOptions, 'file' | 'busyTimeoutMs' | 'synchronous'> {
  /** Default `dead_letters`. */
  table?: string;
}

/** Letters have no key, and their table is always made: the sink's other options mean nothing here. */
const known = new Set<string>([
  'file',
  'table',
  'busyTimeoutMs',
  'synchronous',
] satisfies (keyof DeadLetterOptions)[]);

/**
 * Keep rows that a flow gives up in a SQLite file, for `batchflow dead-letters`.
 *
 * @throws ConfigError when an option cannot work.
 */
export function sqliteDeadLetters(options: DeadLetterOptions): SinkRef {
  const other = Object.keys(options ?? {}).find((key) => !known.has(key));
  if (other !== undefined) {
    throw new ConfigError(
      other,
      (options as unknown as Record<string, unknown>)[other],
      'no option of this name',
    );
  }
  const settings = settingsOf(options);
  return {
    module: new URL('./sink.js', import.meta.url).href,
    options: { ...settings, table: settings.table ?? defaultTable },
  };
}

/** The file for the dead letters of a file: `requests.dead-letters.db` beside `requests.db`. */
export function deadLetterFile(file: string): string {
  const { dir, name, ext } = parse(file);
  return format({ dir, name: `${name}.dead-letters`, ext: ext === '' ? '.db' : ext });
}
