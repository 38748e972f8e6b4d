/**
 * How configurations are checked: the kinds of values that settings take, each with the text of what is allowed.
 */
import { z } from 'zod';
import { ConfigError } from '../../errors.js';

export const hour = 3_600_000;

export const integer = (min: number, max: number) => {
  const error = `an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

export const boolean = () => z.boolean({ error: 'true or false' });

export const oneOf = <T extends string>(...values: [T, ...T[]]) =>
  z.enum(values, { error: `one of ${values.map((value) => `'${value}'`).join(', ')}` });

export const custom = <T>(check: (value: unknown) => boolean, error: string) => z.custom<T>(check, { error });

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A group of settings. @param expected what is allowed in its place. */
export const group = <T extends z.core.$ZodLooseShape>(shape: T, expected: string) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : expected),
  });

/** Check a configuration. @throws ConfigError for the first mistake in it. */
export function parse<T>(type: z.ZodType<T>, config: unknown): T {
  const result = type.safeParse(config);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === 'unrecognized_keys') {
    const path = [...issue.path, issue.keys[0] as string];
    throw new ConfigError(path.join('.'), valueAt(config, path), 'no such setting; is it misspelt?');
  }
  if (issue.path.length === 0) throw new ConfigError('configuration', config, 'an object of settings');
  throw new ConfigError(issue.path.join('.'), valueAt(config, issue.path), issue.message);
}

function valueAt(config: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key as string] : undefined), config);
}
