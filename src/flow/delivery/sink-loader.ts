/**
 * Loads a sink module in the flusher's thread: ESM or CommonJS, a sink, a factory, or a bare function. Modules of
 * sources are found in the same way.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { type Sink, type SinkFactory, type SinkRef, sinkMark } from '../../sink.js';
import { isPackage } from '../../sink-module.js';

/** @throws SinkError when the module does not load or exports no sink. */
export async function loadSink({ module, options }: SinkRef): Promise<Sink> {
  const exported = await defaultExport(module, 'sink', 'write', SinkError);
  if (isObject(exported) && exported[sinkMark] === true)
    return checked((exported as unknown as SinkFactory).create(options), module);
  if (typeof exported === 'function') return { write: exported as Sink['write'] };
  return checked(exported, module);
}

/**
 * Load a module that a configuration names.
 *
 * @param kind what the module is to be, for errors.
 * @param method what its default export has, unless it makes what has it.
 * @throws the given error when the module does not load.
 */
export async function defaultExport(
  module: string,
  kind: string,
  method: string,
  LoadError: new (message: string, options: ErrorOptions) => Error,
): Promise<unknown> {
  let exported: unknown;
  try {
    const loaded = (await import(module)) as { default?: unknown };
    exported = loaded.default ?? loaded;
  } catch (cause) {
    const why = messageOf(cause) + (isNotFound(module, cause) ? lookedUpFrom(module) : '');
    throw new LoadError(`the ${kind} module ${module} cannot be loaded: ${why}`, { cause });
  }
  // A CommonJS module compiled from ESM has its default export one level further down.
  const isWrapped =
    isObject(exported) && exported[method] === undefined && isObject(exported.default ?? undefined);
  return isWrapped ? (exported as { default: unknown }).default : exported;
}

/** Whether Node did not find a package; other errors are those of its module. */
function isNotFound(module: string, cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null | undefined)?.code;
  return isPackage(module) && /^ERR_(MODULE_NOT_FOUND|PACKAGE_|INVALID_PACKAGE_)/.test(String(code));
}

function lookedUpFrom(module: string): string {
  const call = `import.meta.resolve('${module}')`;
  return `; a package's name is looked up from batchflow-threads: ${call} looks from your module`;
}

function checked(sink: unknown, module: string): Sink {
  if (isObject(sink) && typeof sink.write === 'function') return sink as unknown as Sink;
  throw new SinkError(`the default export of ${module} is not a sink: it has no write(batch, context)`);
}

export function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}
