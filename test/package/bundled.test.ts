/**
 * Programs that were bundled: with the package in the bundle they end at the start with an error that says what to set;
 * with the setting they run.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build as esbuild } from 'esbuild';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { install, programFolder, run, runFile } from './installed-package.js';

const program = `
  import { createBatchFlow, defineSchema, t } from 'batchflow-threads';
  (async () => {
    const schema = defineSchema('x', { a: t.int32() });
    const flow = await createBatchFlow({ schema, onBatch() {} });
    flow.push({ a: 1 });
    await flow.committed();
    await flow.close();
    console.log('committed', flow.stats().committed);
  })().catch((error) => console.log(error.code, error.message));
`;

interface Way {
  readonly name: string;
  /** @returns the bundle's file. */
  bundle(folder: string, external: string[]): Promise<string>;
}

const ways: readonly Way[] = [
  ...(['esm', 'cjs'] as const).map(
    (format): Way => ({
      name: `esbuild, ${format}`,
      async bundle(folder, external) {
        const outfile = join(folder, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs');
        const entryPoints = [join(folder, 'program.mjs')];
        // import.meta is empty in CommonJS, of which esbuild warns.
        const logLevel = 'error';
        await esbuild({ entryPoints, outfile, format, external, bundle: true, platform: 'node', logLevel });
        return outfile;
      },
    }),
  ),
  {
    name: 'rolldown, esm',
    async bundle(folder, external) {
      const file = join(folder, 'bundle.mjs');
      const bundle = await rolldown({ input: join(folder, 'program.mjs'), external, platform: 'node' });
      await bundle.write({ file, codeSplitting: false });
      return file;
    },
  },
];

describe.each(ways)('$name', ({ bundle }) => {
  it('a bundle with the package in it ends with an error that names the settings', async () => {
    const folder = programFolder();
    install(folder);
    run(folder, program);
    const { stdout } = runFile(folder, await bundle(folder, []));
    expect(stdout).toMatch(/^ERR_PACKAGE batchflow-threads has been bundled/);
    for (const setting of [
      "external: ['batchflow-threads']",
      'externals',
      'ssr.external',
      'serverExternalPackages',
    ])
      expect(stdout).toContain(setting);
  });

  it('a bundle without it commits its rows', async () => {
    const folder = programFolder();
    install(folder);
    run(folder, program);
    const { stdout, stderr } = runFile(folder, await bundle(folder, ['batchflow-threads']));
    expect({ stdout, stderr }).toEqual({ stdout: 'committed 1\n', stderr: '' });
  });
});

it('a bundle that has moved the files of piscina alone ends with the settings, too', async () => {
  const folder = programFolder();
  install(folder);
  const moved = join(folder, 'node_modules/piscina');
  const main = resolve(import.meta.dirname, '../../node_modules/piscina/dist/main.js');
  rmSync(moved);
  mkdirSync(moved);
  writeFileSync(join(moved, 'package.json'), '{ "name": "piscina", "exports": "./index.mjs" }');
  writeFileSync(
    join(moved, 'index.mjs'),
    `import piscina from './main.cjs'; export const { Piscina } = piscina;`,
  );
  const outfile = join(moved, 'main.cjs');
  await esbuild({
    entryPoints: [main],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    logLevel: 'error',
  });
  const { stdout } = run(folder, program);
  expect(stdout).toMatch(
    /^ERR_FLOW_FAILED .*worker\.js'.*; batchflow-threads has been bundled: leave it out/s,
  );
  expect(stdout).toContain('serverExternalPackages');
});

it('webpack, which writes in the address of the source, is known by its name', () => {
  const folder = programFolder();
  install(folder);
  const own = resolve(folder, 'node_modules/batchflow-threads/dist/src/own-files.js');
  const { stdout } = run(
    folder,
    `globalThis.__webpack_require__ = () => {};
    const { ownFile } = await import(${JSON.stringify(own)});
    try { ownFile('../workers/flusher-entry.cjs'); } catch (error) { console.log(error.code); }`,
  );
  expect(stdout).toBe('ERR_PACKAGE\n');
});
