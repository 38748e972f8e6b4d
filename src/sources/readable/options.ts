/**
 * The options of the source that reads a stream, their rules and their defaults.
 */
import { type Checked, check } from '../../options/check.js';
import type { Rule } from '../../options/rule.js';
import { integer } from '../../options/rules.js';
import { type ModuleOptions, moduleOptionRules } from '../modules/module-options.js';
import { createCount } from '../progress/shared-count.js';

export interface ReadableOptions extends ModuleOptions {
  /** Bytes of the longest line; of a longer one the beginning becomes a dead letter. Default 4 MiB. */
  maxLineBytes?: number;
}

export const readableRules = {
  ...moduleOptionRules,
  maxLineBytes: integer(1, 2 ** 28).default(4 * 2 ** 20),
} satisfies Record<keyof ReadableOptions, Rule<unknown>>;

export type ReadableSettings = Checked<typeof readableRules> & {
  /** How many units have ended. */
  readonly count: SharedArrayBuffer;
};

/** @throws ConfigError for an option that cannot work. */
export function settingsOf(options: ReadableOptions): ReadableSettings {
  return { ...check(readableRules, options), count: createCount() };
}
