/**
 * The options of the source that reads a file of JSON lines, their rules and their defaults.
 */
import { resolve } from 'node:path';
import { type Checked, check, type RulesFor } from '../../options/check.js';
import { integer, text } from '../../options/rules.js';

export interface NdjsonOptions {
  /** The file. What is appended after its end was read is not read. */
  file: string;
  /**
   * A small file that keeps how far all rows have ended: a later run goes on there. Default: the file's name with
   * `.position` behind it.
   */
  positionFile?: string;
  /** The name of the lines' schema; needed where the flow has several. Default: the flow's only schema. */
  schema?: string;
  /** Bytes that are read, and acknowledged, together, as far as the ring has room. Default 65,536. */
  partBytes?: number;
  /** Bytes of the longest line; of a longer one the beginning becomes a dead letter. Default 4 MiB. */
  maxLineBytes?: number;
}

export const ndjsonRules = {
  file: text(),
  positionFile: text().optional(),
  schema: text().optional(),
  partBytes: integer(1, 2 ** 26).default(65_536),
  maxLineBytes: integer(1, 2 ** 28).default(4 * 2 ** 20),
} satisfies RulesFor<NdjsonOptions>;

export type NdjsonSettings = Checked<typeof ndjsonRules> & { readonly positionFile: string };

/** @throws ConfigError for an option that cannot work. */
export function settingsOf(options: NdjsonOptions): NdjsonSettings {
  const checked = check(ndjsonRules, options);
  // Threads share the working folder, which may change.
  const file = resolve(checked.file);
  return { ...checked, file, positionFile: resolve(checked.positionFile ?? `${checked.file}.position`) };
}
