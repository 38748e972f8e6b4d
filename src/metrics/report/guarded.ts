/**
 * Reporters and hooks of the user's own, which must not harm the program that they watch: what they throw is told by
 * one warning of the process, and the flow goes on.
 */
import { types } from 'node:util';
import { messageOf, visibleLines } from '../../describe.js';

/** The methods of `target` with these names; those that it has not are not there. */
export function guarded<T extends object>(target: T, names: readonly (keyof T & string)[], what: string): T {
  let warned = false;
  const warn = (error: unknown) => {
    if (warned) return;
    warned = true;
    const text = (error instanceof Error && error.stack) || messageOf(error);
    process.emitWarning(visibleLines(`${what} has thrown: ${text}`), 'MetricsWarning');
  };
  const methods = names.flatMap((name) => {
    const method = target[name] as unknown;
    if (typeof method !== 'function') return [];
    const call = (...values: unknown[]) => {
      try {
        const answer: unknown = method.apply(target, values);
        // Whatever realm it is of, and whatever is called Promise here: a rejection that nobody hears ends the process.
        if (types.isPromise(answer)) answer.catch(warn);
      } catch (error) {
        warn(error);
      }
    };
    // It says whether a reporter takes a count.
    return [[name, Object.defineProperty(call, 'length', { value: method.length })]];
  });
  return Object.fromEntries(methods) as T;
}
