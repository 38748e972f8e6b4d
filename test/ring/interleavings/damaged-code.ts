/**
 * The ring's code with a fault put into its compiled text.
 */
import { readFile } from 'node:fs/promises';
import { type RingCode, ringCode } from './tiny-ring.js';

/** Replace texts in a compiled module of the ring. A text that is not there exactly once is an error. */
export async function damage(
  module: string,
  changes: readonly (readonly [string, string])[],
): Promise<RingCode> {
  const folder = new URL('../../../dist/src/ring/', import.meta.url);
  let text = await readFile(new URL(module, folder), 'utf8');
  for (const [before, after] of changes) {
    if (text.split(before).length !== 2) throw new Error(`${module} does not have this once: ${before}`);
    text = text.replace(before, () => after);
  }
  // A data URL has no folder to import from.
  text = text.replaceAll(/from '\.\/([\w-]+\.js)'/g, (_, name) => `from '${new URL(name, folder)}'`);
  const code = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`);
  return { ...ringCode, ...code };
}
