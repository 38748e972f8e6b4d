/**
 * The user's module behind a source: a function that makes what the source reads.
 */
import { messageOf } from '../../describe.js';
import { SourceError } from '../../errors.js';

/** What such a function knows. */
export interface BeginContext {
  /** Aborts when the flow takes no more. */
  readonly signal: AbortSignal;
  /** How many of the first units of this source have ended, over all of its beginnings: where to go on. */
  readonly acknowledged: number;
}

/** The default export of such a module. */
export type Begin<T> = (options: unknown, context: BeginContext) => T;

/** @throws SourceError when the module does not load, or its default export is no function. */
export async function loadBegin<T>(module: string): Promise<Begin<T>> {
  let loaded: { default?: unknown };
  try {
    loaded = (await import(module)) as { default?: unknown };
  } catch (cause) {
    throw new SourceError(`the module ${module} cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  const { default: exported } = loaded;
  if (typeof exported === 'function') return exported as Begin<T>;
  throw new SourceError(`the default export of ${module} is no function`);
}
