/**
 * The ring's code with a fault put into its compiled text.
 */
import { readFile } from 'node:fs/promises';
import ts from 'typescript';
import { type RingCode, ringCode } from './tiny-ring.js';

const sources = new URL('../../../src/ring/', import.meta.url);
const built = new URL('../../../dist/src/ring/', import.meta.url);
/** The modules whose exports are in `RingCode`. */
const modules = ['block-claims.js', 'block-lease.js', 'parking.js', 'progress.js', 'recovery.js'];

/** Replace texts in a compiled module of the ring. A text that is not there exactly once is an error. */
export async function damage(
  module: string,
  changes: readonly (readonly [string, string])[],
): Promise<RingCode> {
  let text = await compiled(module);
  for (const [before, after] of changes) {
    if (text.split(before).length !== 2) throw new Error(`${module} does not have this once: ${before}`);
    text = text.replace(before, () => after);
  }
  const damaged = { module, text };
  const code = await Promise.all(
    modules.map(async (name) => await import(/* @vite-ignore */ await urlOf(name, damaged))),
  );
  return Object.assign({}, ringCode, ...code);
}

/**
 * Where a module is loaded from: its file, or a data URL if it is the damaged one or imports that. `assertions.js`
 * imports nothing, so that it is always the one that the simulator knows.
 */
async function urlOf(module: string, damaged: { module: string; text: string }): Promise<string> {
  let whole = module !== damaged.module;
  let text = whole ? await compiled(module) : damaged.text;
  for (const [from, name] of text.matchAll(/from '\.\/([\w-]+\.js)'/g)) {
    const url = await urlOf(name as string, damaged);
    if (url.startsWith('data:')) whole = false;
    // A data URL has no folder to import from.
    text = text.replace(from, () => `from ${JSON.stringify(url)}`);
  }
  return whole ? new URL(module, built).href : `data:text/javascript,${encodeURIComponent(text)}`;
}

/** A module as the build compiles it, before it joins it with others. */
async function compiled(module: string): Promise<string> {
  const source = await readFile(new URL(module.replace(/js$/, 'ts'), sources), 'utf8');
  const { ES2023: target } = ts.ScriptTarget;
  const compilerOptions = { target, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
