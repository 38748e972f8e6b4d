/**
 * The code of deduplication and of settlements, with a fault put into its text.
 */
import { readFile } from 'node:fs/promises';
import ts from 'typescript';
import { BatchTaker } from '../../../../dist/src/flow/flusher/batch-taker.js';
import { Dedupe } from '../../../../dist/src/flow/flusher/dedupe.js';

export interface DedupeCode {
  readonly Dedupe: typeof Dedupe;
  readonly BatchTaker: typeof BatchTaker;
}

export const dedupeCode: DedupeCode = { Dedupe, BatchTaker };

const sources = new URL('../../../../src/flow/flusher/', import.meta.url);
const built = new URL('../../../../dist/src/flow/flusher/', import.meta.url);
/** Each imports only those before it, beside modules that are as they were built. */
const modules = ['block-share', 'waiting-keys', 'dedupe', 'taken-rows', 'batch-taker'];

/** Replace texts in a module. A text that is not there exactly once is an error. */
export async function damage(
  module: string,
  ...changes: readonly (readonly [string, string])[]
): Promise<DedupeCode> {
  const urls = new Map<string, string>();
  for (const name of modules) {
    let text = await readFile(new URL(`${name}.ts`, sources), 'utf8');
    for (const [before, after] of name === module ? changes : []) {
      if (text.split(before).length !== 2) throw new Error(`${name} does not have this once: ${before}`);
      text = text.replace(before, () => after);
    }
    const { ES2023: target } = ts.ScriptTarget;
    const compilerOptions = { target, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
    const compiled = ts.transpileModule(text, { compilerOptions }).outputText;
    // A data URL has no folder to import from.
    const whole = compiled.replace(/ from '(\.[^']+)'/g, (_, path: string) => {
      const known = urls.get(path.slice('./'.length, -'.js'.length));
      return ` from ${JSON.stringify(known ?? new URL(path, built).href)}`;
    });
    urls.set(name, `data:text/javascript,${encodeURIComponent(whole)}`);
  }
  const load = (name: string) => import(/* @vite-ignore */ urls.get(name) as string);
  return Object.assign({}, await load('dedupe'), await load('batch-taker')) as DedupeCode;
}
