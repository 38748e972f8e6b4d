/**
 * Joins the modules in `dist` into a few files. Node spends some 0.5 ms on each module that it loads, whatever is in
 * it: as 139 files, the package took four times as long to import as it does as one.
 *
 * Each joined module stays where the compiler has put it, and exports what the joined file has of it. So a deep
 * import, of a bench or of a test, gets the same classes as an import of the package.
 *
 * With a module, a file below has all that the module imports, unless an earlier file has it. So files import earlier
 * ones only. The command line stays as it is: it loads its parts one by one.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'rolldown';

const dist = resolve(import.meta.dirname, '..', 'dist');

/** All modules that one of the entries imports, directly or by way of others; imports at run time do not count. */
function importedBy(...entries) {
  const found = new Set();
  const visit = (path) => {
    if (found.has(path)) return;
    found.add(path);
    const imports = readFileSync(path, 'utf8').matchAll(/^(?:import|export)\b[^;]*? from '(\.[^']+)';/gm);
    for (const [, module] of imports) visit(resolve(dirname(path), module));
  };
  for (const entry of entries) visit(join(dist, entry));
  return found;
}

const flow = importedBy('src/flow/flow.js');
const flusher = importedBy('workers/flusher.js');
const source = importedBy('workers/source.js');
const sinks = ['sqlite', 'postgres', 'mysql', 'redis', 'http', 'influx', 'elasticsearch', 'jetstream'];
const sources = ['ndjson', 'generator', 'readable', 'jetstream', 'redis-streams'];
const backends = ['pushgateway', 'remote-write', 'influx', 'otlp', 'log'];
/** What threads load by its address, by the name of its joined file. */
const loaded = new Map([
  ...sinks.map((target) => [target, importedBy(`src/sinks/${target}/sink.js`)]),
  ...sources.map((origin) => [`${origin}-source`, importedBy(`src/sources/${origin}/source.js`)]),
  ['collector-sink', importedBy('src/collector/aggregation/sink.js')],
  ...backends.map((name) => [`${name}-exporter`, importedBy(`src/collector/backends/${name}/exporter.js`)]),
]);

/** The joined files, from bottom to top, and the modules in each that are not in one before it. */
const files = {
  // Sinks name errors, too, and must not load what threads need.
  // The service and sources read JSON.
  package: importedBy(
    'src/index.js',
    'src/task-queue.js',
    'src/target-errors/known-error.js',
    'src/schema/write/from-json.js',
  ),
  metrics: importedBy('src/metrics/index.js'),
  // What a program imports of sinks; what flushers load of them stands below.
  sinks: importedBy(...sinks.map((target) => `src/sinks/${target}/index.js`)),
  sources: importedBy(...sources.map((origin) => `src/sources/${origin}/index.js`)),
  // The creating thread must not load what flushers need, nor they its pools.
  threads: [...flow].filter((path) => flusher.has(path)),
  flow,
  flusher,
  source,
  // Sinks and exporters must not load each other.
  sinkRooms: [...loaded.values()]
    .flatMap((paths) => [...paths])
    .filter((path) => [...loaded.values()].filter((paths) => paths.has(path)).length > 1),
  ...Object.fromEntries(loaded),
  // Not its entry, which runs when it is loaded: the creating thread has part of these modules.
  exporting: importedBy('src/collector/exporting/run-exporters.js'),
  collector: importedBy('src/collector/index.js'),
  server: importedBy('src/server/index.js'),
};

/** The joined file of each module, by the module's path. */
const fileOf = new Map();
for (const [file, paths] of Object.entries(files))
  for (const path of paths) if (!fileOf.has(path)) fileOf.set(path, file);

const { output } = await build({
  input: Object.fromEntries(
    [...fileOf.keys()].map((path) => [path.slice(dist.length + 1, -'.js'.length), path]),
  ),
  platform: 'node',
  external: (id) => !id.startsWith('.') && !fileOf.has(id),
  preserveEntrySignatures: 'allow-extension',
  output: {
    dir: dist,
    entryFileNames: '[name].js',
    // At the depth of own-files.js, which finds the other files from its place.
    chunkFileNames: 'src/joined-[name].js',
    minifyInternalExports: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'files', name: (id) => fileOf.get(id) }],
    },
  },
});

// Files in a circle might be evaluated in another order than their modules.
const order = Object.keys(files).map((name) => `src/joined-${name}.js`);
for (const { fileName, imports } of output) {
  const place = order.indexOf(fileName);
  if (place < 0 && fileOf.has(join(dist, fileName))) continue;
  const wrong = imports.filter((name) => name.startsWith('src/') && !(order.indexOf(name) < place));
  if (place < 0 || wrong.length > 0)
    throw new Error(`${fileName} is not to be, or not to import ${wrong.join(', ')}`);
}
