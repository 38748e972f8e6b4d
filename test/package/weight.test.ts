/**
 * What an installation of the engine brings: how many packages, how many bytes, and none for a service or a browser.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import lock from '../../package-lock.json' with { type: 'json' };

const root = resolve(import.meta.dirname, '../..');

interface Locked {
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}

/** What this machine gets with the package, of all that the lock file has for any machine. */
const installed = Object.entries(lock.packages as Record<string, Locked>).filter(
  ([path, { dev }]) => path !== '' && !dev && existsSync(join(root, path)),
);

function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => join(folder, entry.name))
    .reduce((sum, path) => sum + (statSync(path).isDirectory() ? bytesOf(path) : statSync(path).size), 0);
}

it('is at most 24 packages and 13 MB, with the package itself', () => {
  const args = ['pack', '--dry-run', '--ignore-scripts', '--json'];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  expect(installed.length + 1).toBeLessThanOrEqual(24);
  const bytes = installed.reduce((sum, [path]) => sum + bytesOf(join(root, path)), packed.unpackedSize);
  expect(bytes).toBeLessThanOrEqual(13_000_000);
  // The measure is of something.
  expect(bytes).toBeGreaterThan(packed.unpackedSize + 1_000_000);
});

it('has nothing for a service, a command line or a browser, and nothing that refuses Node 20', () => {
  const names = installed.map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect(names).toContain('piscina');
  for (const name of ['fastify', 'commander', 'picocolors', 'prom-client', 'uplot', 'eventsource', 'cookie'])
    expect(names).not.toContain(name);
  const tooNew = installed.filter(([, { engines }]) => />=\s*2[1-9]/.test(engines?.node ?? ''));
  expect(tooNew).toEqual([]);
});
