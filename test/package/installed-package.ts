/**
 * A program's folder with this package in its `node_modules`, as an installation puts it there: with the packages that
 * it depends on, and with those of its optional peers that a test wants.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = resolve(import.meta.dirname, '../..');

/** A folder that goes with the test. It is none of the project's, so nothing is found there by chance. */
export function programFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-program-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

/** @param peers the optional peers that are installed, too. */
export function install(folder: string, peers: readonly string[] = []): void {
  const modules = join(folder, 'node_modules');
  const home = join(modules, manifest.name);
  mkdirSync(home, { recursive: true });
  cpSync(join(root, 'package.json'), join(home, 'package.json'));
  for (const part of ['src', 'workers'])
    cpSync(join(root, 'dist', part), join(home, 'dist', part), { recursive: true });
  for (const name of [...Object.keys(manifest.dependencies), ...peers]) {
    const link = join(modules, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'junction');
  }
}

/** Run a module in the folder to its end. */
export function run(folder: string, text: string, file = 'program.mjs') {
  writeFileSync(join(folder, file), text);
  return runFile(folder, file);
}

export function runFile(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}
