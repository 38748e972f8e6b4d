/**
 * Functions of the configuration that run in a flusher's thread: only their source text can be posted there.
 */

import { messageOf } from '../../describe.js';
import { ConfigError } from '../../errors.js';

/** @throws ConfigError when the function cannot be made from its source again, as a method cannot. */
export function sourceOf(key: string, fn: (...args: never[]) => unknown): string {
  const source = String(fn);
  try {
    functionOf(source);
  } catch (cause) {
    throw new ConfigError(key, fn, `an arrow function or function expression (${messageOf(cause)})`);
  }
  return source;
}

/** The function has nothing of where it was written: it must stand on its own. */
export function functionOf(source: string): (argument: unknown) => unknown {
  const made: unknown = new Function(`"use strict"; return (${source});`)();
  if (typeof made !== 'function') throw new TypeError('not a function');
  return made as (argument: unknown) => unknown;
}
