/**
 * The options of the log backend.
 */
import { messageOf } from '../../../describe.js';
import { ConfigError } from '../../../errors.js';
import { functionOf } from '../../../function-source.js';
import { type Checked, check, type RulesFor } from '../../../options/check.js';
import { callback, oneOf } from '../../../options/rules.js';
import { intervalRule } from '../backend-options.js';

export interface LogSummaryOptions {
  /** How often a line is written. Default: the collector's `exportIntervalMs`. */
  intervalMs?: number;
  /** Where lines go. Default `stderr`. */
  to?: 'stderr' | 'stdout';
  /** Called with each line instead. It runs in another thread, from its source text, and must stand on its own. */
  write?: (line: string) => void;
}

export const logSummaryRules = {
  intervalMs: intervalRule,
  to: oneOf('stderr', 'stdout').default('stderr'),
  write: callback<(line: string) => void>('a function of a line').optional(),
} satisfies RulesFor<LogSummaryOptions>;

/** As they are posted to the exporting thread. */
export type LogSummarySettings = Omit<Checked<typeof logSummaryRules>, 'write'> & {
  readonly source: string | undefined;
};

/** @throws ConfigError for the first option that cannot work. */
export function settingsOf(options: LogSummaryOptions): LogSummarySettings {
  const { write, ...settings } = check(logSummaryRules, options);
  return { ...settings, source: write && sourceOfWriter(write) };
}

/** Its source. It is not run for a trial, as other functions of options are: a line would be written. */
function sourceOfWriter(write: (line: string) => void): string {
  const source = String(write);
  try {
    functionOf(source);
  } catch (cause) {
    throw new ConfigError('write', write, `an arrow function or function expression (${messageOf(cause)})`);
  }
  return source;
}
