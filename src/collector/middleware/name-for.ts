/**
 * Names of requests: texts, or what functions of the program find.
 */
import { custom } from '../../options/rules.js';

/** A name, or how it is found; a function that throws or returns no text gives the default. */
export type NameOf<Request> = string | ((request: Request) => string | undefined);

export const nameRule = <Request>() =>
  custom<NameOf<Request>>(
    (value) => typeof value === 'string' || typeof value === 'function',
    'a text, or a function of a request that returns one',
  );

/** @returns the name for a request, or `otherwise`. */
export function nameFor<Request>(
  name: NameOf<Request> | undefined,
  request: Request,
  otherwise: string,
): string {
  if (typeof name === 'string') return name;
  try {
    const found = name?.(request);
    return typeof found === 'string' ? found : otherwise;
  } catch {
    return otherwise;
  }
}
