/**
 * The examples of the guides to sinks of one's own, to tests and to deduplication run as they stand, in a program that
 * has this package installed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { install, programFolder } from '../package/installed-package.js';

const pages = ['sinks-of-your-own', 'testing', 'deduplication'].map((name) =>
  readFileSync(new URL(`../../docs/guide/${name}.md`, import.meta.url), 'utf8'),
);

/** The block of code that a comment marks. */
function example(name: string): string {
  const [, rest = ''] = pages.join('\n').split(`<!-- ${name}: `);
  return /```js\n([\s\S]*?)```/.exec(rest)?.[1] ?? '';
}

it('the sink of the guide passes the suite, under the runner of Node', () => {
  const folder = programFolder();
  install(folder);
  writeFileSync(join(folder, 'lines.js'), example('sink'));
  writeFileSync(join(folder, 'lines.test.js'), example('suite'));
  // Node's runner says nothing to a runner around it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--test', '--test-reporter', 'tap', 'lines.test.js'];
  const printed = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
  expect(printed).toMatch(/^# fail 0$/m);
  expect(Number(/^# pass (\d+)$/m.exec(printed)?.[1])).toBeGreaterThan(8);
  const lines = example('sink').trim().split('\n');
  expect(lines.length).toBeLessThanOrEqual(25);
});

it.each(['memory', 'clock'])('the example of the guide does what it says: %s', (name) => {
  const folder = programFolder();
  install(folder);
  writeFileSync(join(folder, 'program.js'), example(name));
  execFileSync(process.execPath, ['program.js'], { cwd: folder, encoding: 'utf8' });
});

it('the example of the guide to deduplication leaves one row of the key, with the last value of each column', () => {
  const folder = programFolder();
  install(folder, ['better-sqlite3']);
  writeFileSync(join(folder, 'program.js'), example('dedupe'));
  execFileSync(process.execPath, ['program.js'], { cwd: folder, encoding: 'utf8' });
  const db = new Database(join(folder, 'users.db'), { readonly: true });
  const rows = db.prepare('SELECT * FROM users').all();
  db.close();
  expect(rows).toEqual([{ tenant: 'a', id: 1, name: 'Ada', visits: 3 }]);
});
