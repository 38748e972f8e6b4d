/**
 * The guard of test runs: a `dist` that was not built from the sources at hand is found by their content.
 */
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkBuild, stampOf } from './build-stamp.mjs';

/** A small project that has just been built. */
function built(): string {
  const root = mkdtempSync(join(tmpdir(), 'build-stamp-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of ['src', 'workers', 'bench/results', 'build', 'test/soak', 'dist'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'tsconfig.json'), '{}');
  writeFileSync(join(root, 'src/a.ts'), 'export const a = 1;\n');
  writeFileSync(join(root, 'dist/built-from'), stampOf(root));
  return root;
}

test('a build of the sources at hand passes, whatever their times are', () => {
  const root = built();
  checkBuild(root);
  utimesSync(join(root, 'src/a.ts'), new Date(), new Date(Date.now() + 60_000));
  writeFileSync(join(root, 'test/soak/soak.test.ts'), 'no source');
  writeFileSync(join(root, 'bench/results/page.html'), 'no source');
  cpSync(join(root, 'src/a.ts'), join(root, 'src/a.txt'));
  checkBuild(root);
});

test.each([
  ['changed', (root: string) => writeFileSync(join(root, 'src/a.ts'), 'export const a = 2;\n')],
  ['added', (root: string) => writeFileSync(join(root, 'workers/b.cts'), '')],
  ['renamed', (root: string) => renameSync(join(root, 'src/a.ts'), join(root, 'src/b.ts'))],
  ['removed', (root: string) => rmSync(join(root, 'src/a.ts'))],
])('a source that was %s since is noticed', (_, change) => {
  const root = built();
  change(root);
  expect(() => checkBuild(root)).toThrow('dist was built from other sources than these: run "npm run build"');
});

test('a build that is not there is noticed', () => {
  const root = built();
  rmSync(join(root, 'dist'), { recursive: true });
  expect(() => checkBuild(root)).toThrow('dist has not been built');
});
