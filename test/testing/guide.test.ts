/**
 * The examples of the guide to sinks of one's own run as they stand, in a program that has this package installed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { install, programFolder } from '../package/installed-package.js';

const page = readFileSync(new URL('../../docs/guide/sinks-of-your-own.md', import.meta.url), 'utf8');

/** The block of code that a comment marks. */
function example(name: string): string {
  const [, rest = ''] = page.split(`<!-- ${name}: `);
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

it('the memory sink of the guide does what it says', () => {
  const folder = programFolder();
  install(folder);
  writeFileSync(join(folder, 'program.js'), example('memory'));
  execFileSync(process.execPath, ['program.js'], { cwd: folder, encoding: 'utf8' });
});
