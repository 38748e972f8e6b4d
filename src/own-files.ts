/**
 * Where this package's own files are. No other module asks for its own address: the build joins modules into a few
 * files beside this one, and a bundler moves them elsewhere.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PackageError } from './errors.js';

declare const __webpack_require__: unknown;

/**
 * This module's address. A bundle in CommonJS has none, and webpack writes the address that the module had when it was
 * bundled: on that machine files are found there, but not those of piscina.
 */
const here: string | undefined = typeof __webpack_require__ === 'undefined' ? import.meta.url : undefined;

/** What bundlers call the packages that they leave alone. */
const settings = [
  "esbuild: external: ['batchflow-threads']",
  "webpack: externals: { 'batchflow-threads': 'module batchflow-threads' }",
  'Rollup, Rolldown: external: [/^batchflow-threads/]',
  "Vite: ssr.external: ['batchflow-threads']",
  "Next.js: serverExternalPackages: ['batchflow-threads']",
].join('; ');

/**
 * The URL of a file of this package, which a thread or a program of its own loads.
 *
 * @param path the way there from the folder of this module.
 * @throws PackageError when it is not there, since this code was bundled without it.
 */
export function ownFile(path: string): URL {
  const file = here === undefined ? undefined : new URL(path, here);
  if (file?.protocol === 'file:' && existsSync(file)) return file;
  throw new PackageError(
    `batchflow-threads has been bundled, and its threads cannot load ${path} from ${file?.href ?? 'a bundle'}: ` +
      `leave the package out of the bundle (${settings}), and install it where the program runs`,
  );
}

/**
 * Where a thread could not load piscina's own file: a bundler, such as Next.js's Turbopack, has left the files of this
 * package where they are and moved those of piscina.
 *
 * @returns what to do about it; empty for other errors.
 */
export function bundleAdvice(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code !== 'MODULE_NOT_FOUND' || !/piscina.*worker\.js/.test(String(message))) return '';
  return `; batchflow-threads has been bundled: leave it out of the bundle (${settings})`;
}

/**
 * `require` of this package: what it finds is what an import here would find.
 *
 * @throws PackageError when this code was bundled into CommonJS.
 */
export function ownRequire(): NodeJS.Require {
  return createRequire(here ?? ownFile('.'));
}
