/**
 * The house rules: imports only go down the layers, every file says what it is for, and none grows too large.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The text files of some of the project's folders, as paths from its root. */
function filesOf(...folders: string[]): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.[mc]?[jt]s$/.test(entry.name))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
    )
    .sort();
}

const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const linesOf = (file: string) => textOf(file).trimEnd().split('\n');

/**
 * The layers of src, and what each may import beside itself: folders, and files that stand alone.
 * An import that is for types only is an import like any other.
 */
const layers: Record<string, readonly string[]> = {
  ring: [],
  'errors.ts': [],
  schema: ['ring', 'errors.ts'],
  metrics: ['ring', 'errors.ts'],
  'sink.ts': ['schema', 'errors.ts'],
  flow: ['ring', 'schema', 'metrics', 'errors.ts', 'sink.ts'],
  sinks: ['schema', 'errors.ts', 'sink.ts'],
  sources: ['schema', 'errors.ts', 'sink.ts'],
  collector: ['schema', 'metrics', 'flow', 'sinks', 'errors.ts', 'sink.ts'],
  'index.ts': ['schema', 'metrics', 'flow', 'errors.ts', 'sink.ts'],
  // Runs in a browser; what it says of the service's messages is types only.
  'live-page': [],
  server: [...everythingBelow(), 'live-page'],
  cli: [...everythingBelow(), 'server'],
  // Declarations for packages that have none; they import nothing.
  types: [],
};

function everythingBelow(): string[] {
  return [
    ...['ring', 'schema', 'metrics', 'flow', 'sinks', 'sources', 'collector'],
    ...['errors.ts', 'sink.ts', 'index.ts'],
  ];
}

/** Every module that a source text names: import, export … from, import(), import types. */
function importsOf(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      add(node.moduleReference.expression);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  const add = (node: ts.Node | undefined) => {
    if (node !== undefined && ts.isStringLiteralLike(node)) found.push(node.text);
  };
  visit(ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest));
  return found;
}

/** Why a file of src may not import a module; undefined when it may. */
function breach(file: string, module: string): string | undefined {
  if (!module.startsWith('.')) return undefined;
  const target = relative(join(root, 'src'), resolve(root, dirname(file), module)).split(sep);
  const [layer] = file.split('/').slice(1) as [string];
  const [to] = target as [string];
  if (to === '..') return `${file} imports ${module}, which is outside src`;
  const below = to.replace(/\.js$/, '.ts');
  if (below === layer || layers[layer]?.includes(below)) return undefined;
  return `${file} imports ${module}: ${layer} may not import ${below}`;
}

describe('the layers', () => {
  it('are all named here', () => {
    const found = new Set(filesOf('src').map((file) => file.split('/')[1] as string));
    expect([...found].filter((layer) => !Object.hasOwn(layers, layer))).toEqual([]);
  });

  it('import only what is below them', () => {
    const files = filesOf('src');
    const modules = files.flatMap((file) => importsOf(textOf(file)).map((module) => ({ file, module })));
    // The search itself works: there is no file without a neighbour.
    expect(modules.length).toBeGreaterThan(files.length);
    expect(modules.map(({ file, module }) => breach(file, module)).filter(Boolean)).toEqual([]);
  });

  it.each([
    ['src/ring/a.ts', "import { x } from '../schema/schema.js';"],
    ['src/ring/a.ts', "import type { X } from '../errors.js';"],
    ['src/schema/a.ts', "export { x } from '../flow/config.js';"],
    ['src/schema/a.ts', "export * from '../sink.js';"],
    ['src/metrics/a.ts', "type X = import('../flow/types.js').Flow;"],
    ['src/sinks/sqlite/a.ts', "import { type X } from '../../flow/types.js';"],
    ['src/sinks/sqlite/a.ts', "import '../../ring/layout.js';"],
    ['src/sinks/a.ts', "await import('../server/index.js');"],
    ['src/flow/a.ts', "const x = () => import('../../workers/flusher.js');"],
    ['src/flow/a.ts', "import { x } from '../index.js';"],
    ['src/server/a.ts', "import { x } from '../cli/main.js';"],
    ['src/cli/demo/a.ts', "import { x } from '../../../test/x.js';"],
    ['src/live-page/a.ts', "import { x } from '../metrics/stats.js';"],
    ['src/flow/a.ts', "import type { X } from '../live-page/wire.js';"],
    ['src/sink.ts', "import { x } from './ring/layout.js';"],
    ['src/errors.ts', "import { x } from './schema/schema.js';"],
    ['src/index.ts', "export { x } from './server/index.js';"],
  ])('are guarded: %s may not say %s', (file, text) => {
    const [module, ...more] = importsOf(text);
    expect(more).toEqual([]);
    expect(breach(file, module as string)).toContain(file);
  });

  it.each([
    ['src/ring/a.ts', "import { x } from './layout.js';"],
    ['src/schema/a.ts', "import { x } from '../errors.js';"],
    ['src/flow/a.ts', "import { z } from 'zod';"],
    ['src/sinks/sqlite/a.ts', "import { x } from './options.js';"],
    ['src/sinks/sqlite/a.ts', "import type { X } from '../../sink.js';"],
    ['src/cli/demo/a.ts', "import { x } from '../../server/index.js';"],
    ['src/server/live/a.ts', "import type { X } from '../../live-page/wire.js';"],
  ])('are open downwards: %s may say %s', (file, text) => {
    expect(importsOf(text).map((module) => breach(file, module))).toEqual([undefined]);
  });
});

describe('a file', () => {
  const longest = 120;
  const most = 320;

  it('of the product begins with a comment that says what it is for', () => {
    const silent = filesOf('src', 'workers', 'bench').filter((file) => {
      const text = textOf(file).replace(/^#!.*\n/, '');
      const [first] = ts.getLeadingCommentRanges(text, 0) ?? [];
      const words = first && text.slice(first.pos, first.end).match(/\p{L}+/gu);
      return first?.pos !== 0 || (words?.length ?? 0) < 3;
    });
    expect(silent).toEqual([]);
  });

  it(`has no line of more than ${longest} characters`, () => {
    const long = filesOf('src', 'workers', 'bench', 'test').flatMap((file) =>
      linesOf(file).flatMap((line, i) => {
        const { length } = [...line];
        return length > longest ? [`${file}:${i + 1} has ${length}`] : [];
      }),
    );
    expect(long).toEqual([]);
  });

  it(`of the product has at most ${most} lines`, () => {
    const large = filesOf('src', 'workers', 'bench').filter((file) => linesOf(file).length > most);
    expect(large).toEqual([]);
  });

  it('is named after what is in it: there are no drawers for everything', () => {
    const drawers = filesOf('src', 'workers', 'bench', 'test').filter((file) =>
      file.split('/').some((part) => /^(utils?|commons?|helpers?|misc)(\.|$)/i.test(part)),
    );
    expect(drawers).toEqual([]);
  });

  it('of the product is finished', () => {
    const unfinished = filesOf('src', 'workers', 'bench').filter((file) =>
      /\b(TODO|FIXME|XXX|HACK)\b/.test(textOf(file)),
    );
    expect(unfinished).toEqual([]);
  });
});
