/**
 * The settings of the commands on dead letters: which file, which letters, and where they go.
 */
import type { SinkSettings } from '../sink-options.js';

/** Where `batchflow serve` keeps its letters, unless its options name other places. */
export const defaultLetterFile = 'data/events.dead-letters.db';

/** Where the letters are. */
export interface LetterPlace {
  file: string;
  table: string;
}

/** Which letters are meant: those to which all of this applies. */
export interface Selection {
  ids?: readonly number[];
  schema?: string;
  reason?: string;
  /** Days since they failed, at least. */
  olderThan?: number;
}

/** Letters that are shown. */
export interface ShowSettings extends LetterPlace {
  /** Names and paths of what is redacted; false: nothing is. Undefined: the usual names. */
  redact?: readonly string[] | false;
}

export interface ListSettings extends ShowSettings, Omit<Selection, 'ids'> {
  limit: number;
  json?: true;
}

export interface ReplaySettings extends LetterPlace, Selection, SinkSettings {
  create?: true;
}

export interface PurgeSettings extends LetterPlace, Selection {
  all?: true;
}
