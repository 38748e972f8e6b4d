/**
 * Completes the live page in `dist`: its modules, as the compiler has left them there, and the packages that they use
 * become one module a page, beside its other files. So a browser gets all from one folder, and users install no such package.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const require = createRequire(import.meta.url);
const source = fileURLToPath(new URL('../src/live-page/', import.meta.url));
const folder = fileURLToPath(new URL('../dist/src/live-page/', import.meta.url));

const outputs = [];
for (const page of ['main', 'collect']) {
  const file = `${folder}${page}.js`;
  const { output } = await build({ input: file, platform: 'browser', output: { file } });
  outputs.push(output[0]);
}
cpSync(source, folder, { recursive: true, filter: (file) => !/\.(ts|json)$/.test(file) });
cpSync(require.resolve('uplot/dist/uPlot.min.css'), `${folder}uplot.css`);

// Their licenses ask to go with the code.
const packages = outputs
  .flatMap(({ moduleIds }) => moduleIds)
  .flatMap((id) => /^.*\/node_modules\/[^/]+\//.exec(id) ?? []);
const licenses = [...new Set(packages)].map((name) => readFileSync(`${name}LICENSE`, 'utf8'));
writeFileSync(`${folder}LICENSES`, licenses.join('\n'));
