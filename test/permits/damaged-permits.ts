/**
 * The code of permits with a fault put into its compiled text.
 */
import { readFile } from 'node:fs/promises';
import ts from 'typescript';
import { Permits } from '../../dist/src/permits/permits.js';
import { Places } from '../../dist/src/permits/places.js';

export interface PermitCode {
  readonly Permits: typeof Permits;
  readonly Places: typeof Places;
}

export const permitCode: PermitCode = { Permits, Places };

const sources = new URL('../../src/permits/', import.meta.url);
/** Each imports those before it. */
const modules = ['permit-memory', 'permits', 'places'];

/** Replace texts in a module. A text that is not there exactly once is an error. */
export async function damage(
  module: string,
  ...changes: readonly (readonly [string, string])[]
): Promise<PermitCode> {
  const urls = new Map<string, string>();
  for (const name of modules) {
    let text = await readFile(new URL(`${name}.ts`, sources), 'utf8');
    for (const [before, after] of name === module ? changes : []) {
      if (text.split(before).length !== 2) throw new Error(`${name} does not have this once: ${before}`);
      text = text.replace(before, () => after);
    }
    const { ES2023: target } = ts.ScriptTarget;
    const compilerOptions = { target, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
    let compiled = ts.transpileModule(text, { compilerOptions }).outputText;
    for (const [known, url] of urls)
      compiled = compiled.replace(`'./${known}.js'`, () => JSON.stringify(url));
    urls.set(name, `data:text/javascript,${encodeURIComponent(compiled)}`);
  }
  const load = (name: string) => import(/* @vite-ignore */ urls.get(name) as string);
  return Object.assign({}, await load('permits'), await load('places')) as PermitCode;
}
