/**
 * Which tests belong to a source file, those nearest to it first: tests of the same name, tests that import it, and
 * then those of the table.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './test-table.js';

/** Rounds of kills are no tests near to a file. */
const never = /kill/;
/** Those that take long, from 8 s on where nothing else runs, come last. */
const late = new RegExp(
  [
    ...[
      'crashes',
      'concurrency-limit',
      'passing-threads',
      'burial',
      'sources\\.test',
      'sink-metrics',
      'exporters',
    ],
    ...['http-(patience|gzip|commit|memory)', 'interleavings', 'guide', 'stress'],
  ].join('|'),
);

export class TestTable {
  readonly #root: string;
  readonly #imported = new Map<string, string[]>();

  /** @param root of the project. */
  constructor(root: string) {
    this.#root = root;
    const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
    for (const test of tests.filter((name) => name.endsWith('.test.ts')).sort()) {
      const text = readFileSync(join(root, 'test', test), 'utf8');
      for (const [, module] of text.matchAll(/from '[./]*\/dist\/(.*)\.js'/g))
        this.#imported.set(`${module}.ts`, [...(this.#imported.get(`${module}.ts`) ?? []), `test/${test}`]);
    }
  }

  /**
   * @param file a source file, as a path from the project's root.
   * @returns test files, as paths from there, in the order in which they are to run.
   */
  of(file: string): string[] {
    const path = file.replace(/^src\//, '');
    const begin = Object.keys(table)
      .filter((name) => path.startsWith(name))
      .sort((a, b) => b.length - a.length)[0];
    const near = [`test/${path.replace(/\.ts$/, '.test.ts')}`].filter((name) =>
      existsSync(join(this.#root, name)),
    );
    const importing = (this.#imported.get(file) ?? []).filter(
      (name) => name.split('/')[1] === path.split('/')[0],
    );
    const listed = (begin === undefined ? [] : (table[begin] as string[])).flatMap((name) =>
      this.#files(name),
    );
    // What many tests import is not near to each of them.
    const all = [...near, ...(importing.length > 4 ? [] : importing), ...listed];
    const wanted = [...new Set(all)].filter((name) => !never.test(name));
    const isLate = (name: string) => late.test(name) && !near.includes(name);
    return [...wanted.filter((name) => !isLate(name)), ...wanted.filter(isLate)];
  }

  #files(name: string): string[] {
    if (!name.endsWith('/')) return [`test/${name}.test.ts`];
    return readdirSync(join(this.#root, 'test', name))
      .filter((file) => file.endsWith('.test.ts'))
      .sort()
      .map((file) => `test/${name}${file}`);
  }
}
