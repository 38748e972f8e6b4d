/**
 * The kinds of values that options have, each as a rule with the text of what is allowed.
 */
import { types } from 'node:util';
import { messageOf } from '../describe.js';
import { ConfigError } from '../errors.js';
import { Rule } from './rule.js';

export { hidden } from './rule.js';

/** A rule of its own kind. */
export function custom<T>(
  takes: (value: unknown) => boolean,
  expected: Rule<T>['expected'],
  read?: Rule<T>['read'],
): Rule<T> {
  return new Rule<T>(takes, expected, read);
}

export function boolean(): Rule<boolean> {
  return new Rule((value) => typeof value === 'boolean', 'true or false');
}

export function integer(min: number, max: number): Rule<number> {
  return new Rule(
    (value) => Number.isInteger(value) && isWithin(value, min, max),
    `an integer from ${min} to ${max}`,
  );
}

/** Fractions are allowed; NaN is refused. */
export function number(min: number, max = Number.POSITIVE_INFINITY): Rule<number> {
  const upTo = max === Number.POSITIVE_INFINITY ? '' : ` to ${max}`;
  return new Rule((value) => isWithin(value, min, max), `a number from ${min}${upTo}`);
}

export function text(): Rule<string> {
  const anyText = new Rule<string>((value) => typeof value === 'string', 'a text');
  return anyText.and((value) => value !== '', 'a text that is not empty');
}

/** A password, or a text with one: errors do not show it. */
export function secret(
  takes: (text: string) => boolean = (value) => value !== '',
  expected = 'a text that is not empty',
): Rule<string> {
  return new Rule<string>((value) => typeof value === 'string' && takes(value), expected, undefined, true);
}

export function oneOf<const T extends string>(...values: readonly T[]): Rule<T> {
  const quoted = values.map((value) => `'${value}'`);
  return new Rule((value) => values.includes(value as T), `one of ${quoted.join(', ')}`);
}

export function callback<T extends (...args: never[]) => unknown>(expected: string): Rule<T> {
  return new Rule((value) => typeof value === 'function', expected);
}

/** `false`, where an option can be switched off. */
export const off = new Rule<false>((value) => value === false, 'false');

/** Also of another realm, as jest and jsdom have: told by its members. */
export const abortSignal = new Rule<AbortSignal>((value) => {
  const { aborted, addEventListener } = value as AbortSignal;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}, 'an AbortSignal');

/** An object of any class that has these methods. The error names the missing ones. */
export function withMethods<T>(...names: readonly (keyof T & string)[]): Rule<T> {
  const missing = (value: unknown) =>
    names.filter((name) => typeof (value as Partial<T> | null | undefined)?.[name] !== 'function');
  return new Rule<T>(
    (value) => missing(value).length === 0,
    (value) => `an object with ${missing(value).join(', ')}`,
  );
}

/**
 * An object of any class that has at least one of these methods. Those that are not there, or undefined, may be left
 * out. The error names what is there and no function.
 */
export function withSomeMethods<T>(...names: readonly (keyof T & string)[]): Rule<Partial<T>> {
  const found = (value: unknown) =>
    names.filter((name) => (value as Partial<T> | null | undefined)?.[name] !== undefined);
  const wrong = (value: unknown) =>
    found(value).filter((name) => typeof (value as Partial<T>)[name] !== 'function');
  return new Rule<Partial<T>>(
    (value) => found(value).length > 0 && wrong(value).length === 0,
    (value) =>
      found(value).length === 0
        ? `an object with some of ${names.join(', ')}`
        : `an object whose ${wrong(value).join(', ')} is a function, or is left out`,
  );
}

/**
 * An object of values by name; each is checked. The result is a copy. Inherited members would be missing in it, so an
 * object that has some is refused.
 */
export function record<T>(element: Rule<T>, expected: string): Rule<Readonly<Record<string, T>>> {
  return new Rule(
    (value) => isObject(value) && !inheritsMembers(value),
    expected,
    (value, key) =>
      Object.fromEntries(
        Object.keys(value as object).map((name) => {
          const at = `${key}.${name}`;
          return [name, element.check(member(value as object, name, at), at)];
        }),
      ),
    element.hides,
  );
}

function inheritsMembers(value: object): boolean {
  for (const name in value) if (!Object.hasOwn(value, name) && !isEveryones(value, name)) return true;
  return false;
}

/** Anything that can be posted to a thread. The result is a copy; SharedArrayBuffers in it are the same memory. */
export const postable = new Rule<unknown>(
  () => true,
  'what can be posted to a thread',
  (value, key) => {
    try {
      return structuredClone(value);
    } catch (error) {
      throw new ConfigError(key, value, `what can be posted to a thread (${messageOf(error)})`);
    }
  },
);

/** An array; each element is checked. The result is a copy. */
export function list<T>(element: Rule<T>, expected: string): Rule<readonly T[]> {
  const read = (value: unknown, key: string) => {
    const length = member(value as object, 'length', key) as number;
    return Array.from({ length }, (_, i) => {
      const at = `${key}.${i}`;
      return element.check(member(value as object, String(i), at), at);
    });
  };
  return new Rule(Array.isArray, expected, read, element.hides);
}

/**
 * A value for one of several rules. The first rule that takes the value reads it.
 *
 * @param expected the text of what is allowed by all of them together.
 */
export function union<R extends readonly Rule<unknown>[]>(
  expected: string,
  ...rules: R
): Rule<ValueOf<R[number]>> {
  const ruleFor = (value: unknown) => rules.find(({ takes }) => takes(value));
  return new Rule(
    (value) => ruleFor(value) !== undefined,
    expected,
    (value, key) => ruleFor(value)?.check(value, key) as ValueOf<R[number]>,
    rules.some(({ hides }) => hides),
  );
}

export type ValueOf<R> = R extends Rule<infer T> ? T : never;

/**
 * Whether a value is an object of members: of any class, of none, or a module. Arrays are lists. The entries of a Map
 * and the members that a promise will give are not those that are read here.
 */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return !(
    Array.isArray(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isPromise(value) ||
    types.isDate(value)
  );
}

/** Whether an object has a member only because a program has added it to `Object.prototype`. */
export function isEveryones(of: object, name: string): boolean {
  for (let holder: object | null = of; holder !== null; holder = Object.getPrototypeOf(holder))
    if (Object.hasOwn(holder, name)) return holder !== of && isRoot(holder);
  return false;
}

/** Whether an object is `Object.prototype`, of whatever realm. */
function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty');
}

/**
 * Read a member. Each is read once, so that the value that was checked is the value that is used.
 *
 * @throws ConfigError when its getter throws.
 */
export function member(of: object, name: string, key: string): unknown {
  try {
    return isEveryones(of, name) ? undefined : (of as Record<string, unknown>)[name];
  } catch (error) {
    throw new ConfigError(key, undefined, `a value that can be read (${messageOf(error)})`);
  }
}

function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}
