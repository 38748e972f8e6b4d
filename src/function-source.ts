/**
 * Functions of options that run in a flusher's thread: only their source text can be posted there.
 */
import { messageOf } from './describe.js';
import { ConfigError } from './errors.js';

/**
 * The source of a function, which is run once with a sample: what it needs from outside is missing in the flusher, too.
 * Build tools may have put such needs into it (counters of coverage, helpers of compilers).
 *
 * @param sample an argument. An error that the function throws for it says nothing, unless a name is not defined.
 * @throws ConfigError when the function cannot be made from its source again, as a method cannot, or misses a name.
 */
export function sourceOf(key: string, fn: (...args: never[]) => unknown, sample: unknown): string {
  let source: string;
  let made: ReturnType<typeof functionOf>;
  try {
    source = String(fn);
    made = functionOf(source);
  } catch (cause) {
    throw new ConfigError(key, fn, `an arrow function or function expression (${messageOf(cause)})`);
  }
  try {
    made(sample);
  } catch (cause) {
    if (cause instanceof ReferenceError) {
      const where = 'it runs in another thread, from its source text';
      throw new ConfigError(key, fn, `a function that stands on its own (${messageOf(cause)}): ${where}`);
    }
  }
  return source;
}

/**
 * The function has nothing of where it was written: it must stand on its own. esbuild, and so tsx, wrap inner functions
 * in a helper that names them; here it gives them back as they are.
 */
export function functionOf(source: string): (argument: unknown) => unknown {
  const made: unknown = new Function('__name', `"use strict"; return (${source});`)((fn: unknown) => fn);
  if (typeof made !== 'function') throw new TypeError('not a function');
  return made as (argument: unknown) => unknown;
}
