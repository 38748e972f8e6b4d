/**
 * The options of a source that reads what a function of the user's module makes.
 */
import { type Checked, check } from '../../options/check.js';
import type { Rule } from '../../options/rule.js';
import { postable, text } from '../../options/rules.js';
import { moduleRule } from '../../sink-module.js';
import { createCount } from '../progress/shared-count.js';

export interface ModuleOptions {
  /** The module: `new URL('./mine.js', import.meta.url)`, another URL, an absolute path, a package's name. */
  module: URL | string;
  /** What its function gets; anything that can be posted to a thread. */
  options?: unknown;
  /** The name of the events' schema; needed where the flow has several. Default: the flow's only schema. */
  schema?: string;
}

export const moduleOptionRules = {
  module: moduleRule,
  options: postable.optional(),
  schema: text().optional(),
} satisfies Record<keyof ModuleOptions, Rule<unknown>>;

export type ModuleSettings = Checked<typeof moduleOptionRules> & {
  /** How many units have ended. */
  readonly count: SharedArrayBuffer;
};

/** @throws ConfigError for an option that cannot work. */
export function moduleSettings(options: ModuleOptions): ModuleSettings {
  return { ...check(moduleOptionRules, options), count: createCount() };
}
