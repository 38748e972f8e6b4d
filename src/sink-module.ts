/**
 * Where the module of a sink or a source is: what `handler()` takes, as the text that a thread imports.
 *
 * Only the creating thread knows from where a path is meant, so every path becomes a URL here.
 */
import { pathToFileURL } from 'node:url';
import { Rule } from './options/rule.js';

/** A module's address and its options, as a configuration holds them. */
export interface ModuleRef {
  /** URL of the module (ESM or CommonJS). */
  readonly module: string;
  /** Anything that can be posted to a thread; SharedArrayBuffers are shared, not copied. */
  readonly options: unknown;
}

const windowsPath = /^(?:[a-z]:[\\/]|\\\\[^\\])/i;
/** A scheme of one letter is a drive of Windows, of which a relative path would follow. */
const scheme = /^[a-z][a-z\d+.-]+:/i;

/**
 * The address of a module, fit for `import()` on any thread.
 *
 * @param module a URL's text, an absolute path (of Windows, too), or a package's name.
 * @param windows whether `/sinks/a.mjs` is a path of Windows.
 * @returns undefined for a relative path, which would name another file on that thread, and for no address at all.
 */
export function moduleAddress(module: string, windows = process.platform === 'win32'): string | undefined {
  if (windowsPath.test(module)) return pathToFileURL(module, { windows: true }).href;
  if (module.startsWith('/')) return pathToFileURL(module, { windows }).href;
  if (scheme.test(module)) return URL.canParse(module) ? module : undefined;
  return isPackage(module) ? module : undefined;
}

/** Whether an address is a package's name, which Node looks up from the module that imports it. */
export function isPackage(address: string): boolean {
  // Not empty, no relative path, no drive or folder of Windows.
  return /^[^\s.:\\/][^\s:\\]*$/.test(address);
}

const isUrl = (value: unknown): value is URL => Object.prototype.toString.call(value) === '[object URL]';
const addressOf = (value: unknown) => {
  if (isUrl(value)) return moduleAddress(value.href);
  return typeof value === 'string' ? moduleAddress(value) : undefined;
};

/** The module of a sink or a source; the checked value is its address. */
export const moduleRule = new Rule<string>(
  (value) => addressOf(value) !== undefined,
  "a URL, such as new URL('./mine.js', import.meta.url), an absolute path, or a package's name",
  (value) => addressOf(value) as string,
);
