/**
 * The README's example is compiled and run as it stands, and its promises about files and commands hold.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The block of code that a comment marks. */
function example(name: string): string {
  const [, rest = ''] = readme.split(`<!-- ${name}: `);
  return /```ts\n([\s\S]*?)```/.exec(rest)?.[1] ?? '';
}

/** Compile code under strict settings and run it, in a project of its own with this package installed in it. */
function run(code: string): { printed: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'batchflow-threads'));
  symlinkSync(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'example.ts'), code);
  const flags = [
    '--target',
    'es2023',
    '--lib',
    'es2023,esnext.disposable',
    '--module',
    'nodenext',
    '--types',
    'node',
  ];
  const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes'];
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, ...flags, ...strict, 'example.ts'], { cwd: folder, stdio: 'pipe' });
  return {
    printed: execFileSync(process.execPath, ['example.js'], { cwd: folder, encoding: 'utf8' }),
    folder,
  };
}

test('the embed example compiles under strict settings, runs, and stores what it says', () => {
  const code = example('embed');
  const statements = code.split('\n').filter((line) => line.trim() !== '');
  expect(statements.length).toBeGreaterThan(10);
  expect(statements.length).toBeLessThanOrEqual(17);
  const { printed, folder } = run(code);
  expect(printed).toMatch(/committed: 2500/);
  const db = new Database(join(folder, 'requests.db'), { readonly: true });
  onTestFinished(() => void db.close());
  expect(db.prepare('SELECT count(*) AS rows, count(DISTINCT message) AS texts FROM requests').get()).toEqual(
    {
      rows: 2500,
      texts: 2500,
    },
  );
});

test('the handler example compiles under strict settings, and answers when an event is stored', () => {
  const [flow] = example('embed').split('for (');
  const code = [
    "import { createServer } from 'node:http';",
    "import type { AddressInfo } from 'node:net';",
    flow,
    example('handler'),
    "await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));",
    'const { port } = server.address() as AddressInfo;',
    "const answer = await fetch('http://127.0.0.1:' + port);",
    'console.log(answer.status, flow.stats());',
    'server.closeAllConnections();',
    'server.close();',
    'await flow.close();',
  ];
  const { printed } = run(code.join('\n'));
  expect(printed).toMatch(/^204 /);
  expect(printed).toMatch(/committed: 1,/);
});

/** All documents, by their paths from the root. */
const documents = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The anchors that GitHub makes of a document's headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(documents)('every file and heading that %s links to is there', (document) => {
  const text = readFileSync(join(root, document), 'utf8');
  for (const [, target = '', anchor] of text.matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)) {
    const path = target === '' ? join(root, document) : resolve(root, document, '..', target);
    expect(existsSync(path), `${document} → ${target}`).toBe(true);
    if (anchor !== undefined && path.endsWith('.md'))
      expect(anchorsOf(readFileSync(path, 'utf8')), `${document} → ${target}`).toContain(anchor);
  }
  for (const [, path] of text.matchAll(/`((?:src|test|workers|bench)\/[\w./-]+)`/g)) {
    expect(existsSync(join(root, path as string)), `${document} names ${path}`).toBe(true);
  }
});

test('every test that the page on reliability names exists', () => {
  const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8');
  let names = 0;
  for (const [, file, quoted] of page.matchAll(/`(test\/[\w./-]+\.test\.ts)`((?:,? "[^"]+")+)/g)) {
    const text = readFileSync(join(root, file as string), 'utf8');
    for (const [, name] of (quoted as string).matchAll(/"([^"]+)"/g)) {
      names++;
      expect(text.includes(name as string), `${file} has a test "${name}"`).toBe(true);
    }
  }
  expect(names).toBeGreaterThan(30);
});
