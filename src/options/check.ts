/**
 * Checks options against their rules, name by name. The first mistake is a ConfigError; defaults are filled in.
 *
 * Options may be objects of any class: inherited members and getters count like own values. Each is read once.
 * Members whose names are symbols are ignored, and so is what a program adds to `Object.prototype`.
 */
import { messageOf } from '../describe.js';
import { ConfigError } from '../errors.js';
import { hidden, holds, OptionalRule, Rule } from './rule.js';
import { isEveryones, isObject, member, type ValueOf } from './rules.js';
import { shortened, unknownName } from './unknown-name.js';

type Elsewhere = Readonly<Record<string, string>>;
export type Rules = Readonly<Record<string, Rule<unknown>>>;

/** Options after the check. Each is there; an option without a value and without a default is undefined. */
export type Checked<R extends Rules> = { readonly [K in keyof R]: ValueOf<R[K]> };

/** The same type with members that may be undefined, as those of a checked group are. Functions stay as they are. */
type Fitting<T> = T extends (...args: never[]) => unknown ? T : { [K in keyof T]: T[K] | undefined };

/**
 * The rules of an interface of options, for `satisfies`: a rule for each member, whose values fit the member's type.
 * A member that may be left out needs a rule that allows that.
 */
export type RulesFor<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K>
    ? OptionalRule<Fitting<T[K]> | undefined>
    : Rule<Fitting<T[K]>>;
};

/**
 * Check the options of an entry point of the package.
 *
 * @param whole the name of all options together, for errors about a value that is no object.
 * @param elsewhere what to use instead of names that other programs have. For errors.
 * @throws ConfigError for the first mistake; unknown names come before wrong values.
 */
export function check<R extends Rules>(
  rules: R,
  given: unknown,
  whole = 'options',
  elsewhere: Elsewhere = {},
): Checked<R> {
  if (!holds(isObject, given)) throw new ConfigError(whole, shownOf(rules, given), anObjectOf(rules));
  return members(rules, given as object, '', whole, elsewhere);
}

/**
 * Options inside an option.
 *
 * @param expected the text of what is allowed; by default it lists the members.
 * @param elsewhere what to use instead of names that other programs have. For errors.
 */
export function group<R extends Rules>(
  rules: R,
  expected = `{ ${Object.keys(rules).join(', ')} }`,
  elsewhere: Elsewhere = {},
): Rule<Checked<R>> {
  const read = (value: unknown, key: string) => members(rules, value as object, `${key}.`, key, elsewhere);
  return new Rule(isObject, expected, read, holdsSecrets(rules));
}

function holdsSecrets(rules: Rules): boolean {
  return Object.values(rules).some(({ hides }) => hides);
}

/** What an error shows of a value beside the options: a secret may have been given in a wrong place. */
function shownOf(rules: Rules, value: unknown): unknown {
  const mayTell = typeof value === 'string' || holds(isObject, value);
  return mayTell && holdsSecrets(rules) ? hidden : value;
}

/** @param prefix comes before each name in errors. */
function members<R extends Rules>(
  rules: R,
  given: object,
  prefix: string,
  whole: string,
  elsewhere: Elsewhere,
): Checked<R> {
  const unknown = nameWithoutRule(rules, given, whole);
  if (unknown !== undefined) {
    const key = prefix + shortened(unknown);
    const value = member(given, unknown, key);
    throw new ConfigError(
      key,
      shownOf(rules, value),
      unknownName(unknown, Object.keys(rules), 'option', elsewhere),
    );
  }
  const checked: Record<string, unknown> = {};
  for (const name of Object.keys(rules)) {
    const key = prefix + name;
    checked[name] = (rules[name] as Rule<unknown>).check(member(given, name, key), key);
  }
  return checked as Checked<R>;
}

/** @throws ConfigError when the names cannot be read: a proxy may throw. */
function nameWithoutRule(rules: Rules, given: object, key: string): string | undefined {
  try {
    for (const name in given) if (!Object.hasOwn(rules, name) && !isEveryones(given, name)) return name;
  } catch (error) {
    throw new ConfigError(
      key,
      shownOf(rules, given),
      `an object whose members can be read (${messageOf(error)})`,
    );
  }
  return undefined;
}

function anObjectOf(rules: Rules): string {
  const required = Object.keys(rules).filter((name) => !(rules[name] instanceof OptionalRule));
  return required.length === 0
    ? 'an object of settings'
    : `an object with at least { ${required.join(', ')} }`;
}
