/**
 * The README's example is compiled and run as it stands, and its promises about files and commands hold.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
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

test('every file that the documents link to is there', () => {
  for (const document of [
    'README.md',
    'docs/architecture.md',
    'docs/reliability.md',
    'docs/metrics.md',
    'docs/service.md',
    'docs/performance.md',
    'docs/guide/embedding.md',
    'docs/guide/collector.md',
    'docs/collector/metrics.md',
    'docs/guide/collect.md',
    'docs/guide/collector-middleware.md',
    'docs/guide/statsd.md',
    'docs/guide/sinks-of-your-own.md',
    'docs/guide/migrating.md',
    'docs/guide/migrating/go-pipeline.md',
    'docs/guide/migrating/batchflow.md',
    'docs/guide/migrating/batch-metrics-collector.md',
    'docs/guide/migrating/scenarios.md',
    'docs/sinks/postgres.md',
    'docs/sinks/mysql.md',
    'docs/sinks/elasticsearch.md',
  ]) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(resolve(root, document, '..', target as string)), `${document} → ${target}`).toBe(
        true,
      );
    }
    for (const [, path] of text.matchAll(/`((?:src|test|workers|bench)\/[\w./-]+)`/g)) {
      expect(existsSync(join(root, path as string)), `${document} names ${path}`).toBe(true);
    }
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
