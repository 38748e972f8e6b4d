/**
 * Loads a source module in the source's thread: ESM or CommonJS, a source or what `defineSource` made.
 */
import { SourceError } from '../../errors.js';
import type { ModuleRef } from '../../sink-module.js';
import { type Source, type SourceFactory, sourceMark } from '../../source.js';
import { defaultExport, isObject } from '../delivery/sink-loader.js';

/** @throws SourceError when the module does not load or exports no source. */
export async function loadSource({ module, options }: ModuleRef): Promise<Source> {
  const exported = await defaultExport(module, 'source', 'run', SourceError);
  const isFactory = isObject(exported) && exported[sourceMark] === true;
  const source: unknown = isFactory ? (exported as unknown as SourceFactory).create(options) : exported;
  const missing = ['run', 'acknowledge'].filter(
    (method) => typeof (source as Partial<Record<string, unknown>> | null)?.[method] !== 'function',
  );
  if (missing.length === 0) return source as Source;
  throw new SourceError(
    `the default export of ${module} is not a source: it has no ${missing.join(', no ')}`,
  );
}
