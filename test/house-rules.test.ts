/**
 * The house rules: imports only go down the layers, every file says what it is for, and none grows too large.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The text files of some of the project's folders, as paths from its root. */
function filesOf(...folders: string[]): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.[mc]?[jt]s$/.test(entry.name))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
    )
    .sort();
}

const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const linesOf = (file: string) => textOf(file).trimEnd().split('\n');

/**
 * The rooms of src, from bottom to top, and what each may import beside itself: rooms, and files that stand alone.
 * A room is a folder; files of a folder that has rooms of its own are a room, too, named after the folder.
 * An import that is for types only is an import like any other.
 */
const rooms: Record<string, readonly string[]> = {
  ring: [],
  permits: [],
  'describe.ts': [],
  'errors.ts': ['describe.ts'],
  options: ['errors.ts', 'describe.ts'],
  'function-source.ts': ['errors.ts', 'describe.ts'],
  'own-files.ts': ['errors.ts'],
  'peer-packages.ts': ['own-files.ts', 'errors.ts'],
  'task-queue.ts': ['options', 'errors.ts'],

  'schema/codegen': [],
  'schema/codec': ['schema/codegen', 'describe.ts'],
  'schema/columns/views': ['schema/codec'],
  'schema/columns/types': [
    ...['schema/codegen', 'schema/codec', 'schema/columns/views', 'errors.ts', 'describe.ts'],
  ],
  'schema/columns': ['schema/columns/types', 'errors.ts', 'describe.ts'],
  'schema/block': ['schema/codec', 'schema/columns', 'schema/columns/types'],
  'schema/write': [
    ...['schema/codegen', 'schema/codec', 'schema/columns', 'schema/columns/types', 'schema/block'],
    ...['ring', 'errors.ts', 'describe.ts'],
  ],
  'schema/read': [
    ...['schema/codegen', 'schema/codec', 'schema/columns', 'schema/columns/types', 'schema/columns/views'],
    ...['schema/block', 'ring', 'errors.ts', 'describe.ts'],
  ],
  schema: ['schema/columns', 'schema/block', 'schema/write', 'schema/read', 'ring', 'errors.ts'],
  'sink-module.ts': ['options'],
  'sink.ts': ['metrics/cells', 'options', 'schema/columns', 'schema/read', 'sink-module.ts', 'target-errors'],

  'target-errors': [],
  redact: [],

  'metrics/cells': ['errors.ts', 'target-errors'],
  'metrics/read': ['metrics/cells', 'describe.ts', 'peer-packages.ts'],
  'metrics/prometheus': ['options', 'metrics/cells', 'metrics/read', 'errors.ts', 'describe.ts'],
  'metrics/report': ['options', 'metrics/cells', 'metrics/read', 'errors.ts', 'describe.ts'],
  metrics: ['metrics/cells', 'metrics/read', 'metrics/prometheus', 'metrics/report'],

  'flow/api': [
    ...['metrics/read', 'schema/columns', 'schema/read', 'errors.ts', 'sink.ts', 'sink-module.ts'],
    'target-errors',
  ],
  'source.ts': ['flow/api', 'schema/columns', 'sink.ts', 'sink-module.ts'],
  'flow/waiting': ['options', 'flow/api', 'ring', 'errors.ts'],
  'flow/config': [
    ...['function-source.ts', 'options', 'flow/api', 'schema/columns', 'schema/block', 'ring', 'permits'],
    ...['errors.ts', 'sink.ts', 'sink-module.ts', 'target-errors', 'redact'],
  ],
  'flow/shared': [
    'flow/api',
    'flow/waiting',
    'flow/config',
    'permits',
    ...lowLevel(),
    'errors.ts',
    'sink.ts',
  ],
  'flow/liveness': ['flow/waiting', 'flow/shared', 'permits', 'ring', 'metrics/cells'],
  'flow/protocol': [
    ...['flow/api', 'flow/config', 'flow/shared', 'metrics/cells', 'metrics/read', 'schema/read'],
    ...['errors.ts', 'describe.ts', 'target-errors'],
  ],
  'flow/delivery': [
    ...[
      'flow/waiting',
      'flow/config',
      'flow/protocol',
      'metrics/cells',
      'metrics/read',
      'schema',
      'schema/columns',
      'schema/read',
    ],
    ...['errors.ts', 'describe.ts', 'function-source.ts', 'sink.ts', 'sink-module.ts', 'target-errors'],
  ],
  'flow/producer': [
    ...['flow/api', 'flow/waiting', 'flow/config', 'flow/shared', 'flow/liveness', 'flow/protocol'],
    ...[...lowLevel(), 'schema/codegen', 'schema/columns/types', 'schema/write'],
    ...['errors.ts', 'describe.ts', 'function-source.ts'],
  ],
  'flow/flusher': [
    ...['flow/waiting', 'flow/config', 'flow/shared', 'flow/liveness', 'flow/protocol', 'flow/delivery'],
    'permits',
    ...lowLevel(),
    ...['metrics/read', 'schema/read'],
    ...['errors.ts', 'describe.ts', 'function-source.ts', 'sink.ts', 'target-errors'],
  ],
  'flow/sourcing': [
    ...['flow/waiting', 'flow/shared', 'flow/protocol', 'flow/delivery', 'flow/producer', 'ring'],
    ...['metrics/cells', 'metrics/read', 'schema', 'schema/block', 'schema/columns'],
    ...['errors.ts', 'sink-module.ts', 'source.ts'],
  ],
  'flow/supervision': [
    ...[
      'flow/api',
      'flow/waiting',
      'flow/config',
      'flow/shared',
      'flow/liveness',
      'flow/protocol',
      'ring',
      'permits',
    ],
    ...['metrics/cells', 'errors.ts', 'describe.ts', 'own-files.ts', 'task-queue.ts'],
  ],
  'flow/observing': [
    ...['flow/api', 'flow/waiting', 'flow/config', 'flow/shared', 'flow/protocol', 'metrics/cells'],
    ...['metrics/read', 'redact', 'errors.ts', 'describe.ts'],
  ],
  flow: [
    ...['flow/api', 'flow/waiting', 'flow/config', 'flow/shared', 'flow/protocol', 'flow/producer'],
    ...[
      'flow/observing',
      'redact',
      'flow/supervision',
      'permits',
      ...lowLevel(),
      'metrics/read',
      'options',
      'schema/read',
    ],
    ...['errors.ts', 'describe.ts', 'own-files.ts'],
  ],

  packed: [
    ...['schema/codec', 'schema/columns', 'schema/columns/types', 'schema/columns/views', 'schema/read'],
    ...['errors.ts', 'describe.ts'],
  ],

  'sinks/connections': ['options', 'errors.ts', 'describe.ts'],
  'sinks/wire': ['schema/codec', 'schema/columns', 'schema/columns/views', 'schema/read'],
  'redis/wire': [],
  redis: [
    ...['redis/wire', 'sinks/connections', 'sinks/wire', 'options', 'errors.ts', 'describe.ts'],
    ...['peer-packages.ts', 'target-errors'],
  ],
  'sinks/sql': [
    'metrics/cells',
    ...['sinks/connections', 'options', 'schema', 'schema/columns', 'schema/columns/views', 'schema/read'],
    ...['describe.ts', 'errors.ts', 'sink.ts'],
  ],
  'sinks/sqlite': [
    ...[
      'sinks/sql',
      'sinks/wire',
      'options',
      'metrics/read',
      'schema/codec',
      'schema/columns',
      'schema/columns/views',
    ],
    ...[
      'schema/read',
      'errors.ts',
      'describe.ts',
      'own-files.ts',
      'peer-packages.ts',
      'sink.ts',
      'target-errors',
    ],
  ],
  'sinks/postgres/wire': ['sinks/wire', 'schema/columns', 'schema/columns/views', 'schema/read'],
  'sinks/postgres': [
    ...['sinks/postgres/wire', 'sinks/sql', 'sinks/connections', 'sinks/wire', 'options', 'schema/columns'],
    ...['errors.ts', 'describe.ts', 'own-files.ts', 'sink.ts', 'target-errors'],
  ],
  'sinks/mysql/wire': ['sinks/wire', 'schema/columns', 'schema/columns/views', 'schema/read'],
  'sinks/mysql': [
    ...[
      'sinks/mysql/wire',
      'sinks/sql',
      'sinks/connections',
      'sinks/wire',
      'options',
      'metrics/read',
      'schema/columns',
    ],
    ...['schema/columns/views', 'schema/read'],
    ...['errors.ts', 'describe.ts', 'own-files.ts', 'peer-packages.ts', 'sink.ts', 'target-errors'],
  ],
  'sinks/redis/wire': ['sinks/wire'],
  'sinks/redis': [
    ...['redis', 'redis/wire', 'sinks/redis/wire', 'sinks/connections', 'sinks/wire', 'options'],
    ...['schema/columns', 'schema/read', 'errors.ts', 'describe.ts', 'function-source.ts', 'own-files.ts'],
    ...['peer-packages.ts', 'sink.ts', 'sink-module.ts', 'target-errors'],
  ],
  nats: ['sinks/connections', 'options', 'errors.ts', 'target-errors'],
  'sinks/jetstream': [
    ...[
      'nats',
      'packed',
      'sinks/connections',
      'sinks/encode',
      'sinks/wire',
      'options',
      'schema/codec',
      'schema/columns',
    ],
    ...[
      'schema/columns/views',
      'schema/read',
      'errors.ts',
      'describe.ts',
      'own-files.ts',
      'peer-packages.ts',
    ],
    ...['sink.ts', 'target-errors'],
  ],
  'testing/memory': [
    ...['options', 'schema/columns', 'schema/read', 'errors.ts', 'own-files.ts', 'sink.ts', 'target-errors'],
  ],
  'testing/sources': [
    ...['testing', 'testing/memory', 'flow', 'flow/api', 'flow/delivery', 'flow/sourcing', 'options'],
    ...['schema/columns', 'describe.ts', 'own-files.ts', 'source.ts'],
  ],
  'testing/checks': ['testing', 'schema', 'schema/columns', 'describe.ts'],
  testing: [
    ...[
      'testing/checks',
      'testing/memory',
      'testing/sources',
      'flow',
      'flow/api',
      'flow/config',
      'flow/delivery',
      'flow/waiting',
    ],
    ...['options', 'schema/columns', 'schema/read', 'errors.ts', 'describe.ts', 'sink.ts'],
  ],
  'sinks/encode': [
    ...['sinks/wire', 'options', 'schema/columns', 'schema/columns/views', 'schema/read', 'describe.ts'],
    'errors.ts',
  ],
  'sinks/http/client': [
    ...['sinks/connections', 'options', 'errors.ts', 'describe.ts', 'sink-module.ts', 'target-errors'],
  ],
  'sinks/http': [
    ...['sinks/http/client', 'sinks/encode', 'sinks/connections', 'sinks/wire', 'options', 'schema/columns'],
    ...['schema/read', 'errors.ts', 'describe.ts', 'own-files.ts', 'sink.ts', 'sink-module.ts'],
  ],
  'sinks/influx': [
    ...['sinks/http/client', 'sinks/encode', 'sinks/connections', 'sinks/wire', 'options', 'schema/columns'],
    ...['schema/columns/views', 'schema/read', 'errors.ts', 'describe.ts', 'own-files.ts', 'sink.ts'],
  ],
  'sinks/elasticsearch': [
    ...['sinks/http/client', 'sinks/encode', 'sinks/wire', 'sinks/connections', 'options', 'schema/columns'],
    ...['schema/read', 'errors.ts', 'describe.ts', 'own-files.ts', 'sink.ts', 'target-errors'],
  ],
  'sources/progress': [],
  'sources/lines': ['schema/columns', 'schema/write', 'errors.ts', 'source.ts'],
  'sources/jetstream': [
    ...['nats', 'packed', 'sinks/connections', 'sources/lines', 'metrics/read', 'options', 'schema/columns'],
    ...['schema/read', 'errors.ts', 'describe.ts', 'own-files.ts', 'peer-packages.ts', 'source.ts'],
    'target-errors',
  ],
  'sources/modules': [
    ...['sources/progress', 'options', 'errors.ts', 'describe.ts', 'sink-module.ts', 'source.ts'],
  ],
  'sources/ndjson': [
    ...['sources/lines', 'sources/progress', 'options', 'schema/columns'],
    ...['errors.ts', 'own-files.ts', 'source.ts'],
  ],
  'sources/generator': ['sources/modules', 'sources/progress', 'own-files.ts', 'source.ts'],
  'sources/readable': [
    ...['sources/lines', 'sources/modules', 'sources/progress', 'options'],
    ...['errors.ts', 'own-files.ts', 'source.ts'],
  ],
  'sources/redis-streams': [
    ...['redis', 'redis/wire', 'sinks/connections', 'options', 'metrics/read', 'schema/codec'],
    ...['schema/columns', 'schema/columns/types', 'schema/write', 'errors.ts', 'describe.ts', 'own-files.ts'],
    ...['peer-packages.ts', 'source.ts'],
  ],
  'collector/series': ['errors.ts', 'metrics/cells', 'schema/columns'],
  'collector/events': ['collector/series', 'describe.ts', 'errors.ts', 'options', 'schema/columns'],
  'collector/api': ['collector/events', 'options', 'schema/columns'],
  'collector/aggregation': [
    'collector/events',
    'collector/series',
    'errors.ts',
    'flow/api',
    'flow/producer',
    'function-source.ts',
    'metrics/cells',
    'schema/columns',
    'schema/columns/views',
    'schema/read',
    'sink.ts',
  ],
  'collector/exporting': [
    'collector/series',
    'describe.ts',
    'errors.ts',
    'flow/supervision',
    'own-files.ts',
    'target-errors',
  ],
  'collector/backends': [
    'collector/exporting',
    'collector/series',
    'errors.ts',
    'options',
    'sinks/http/client',
  ],
  'collector/backends/pushgateway': [
    'collector/backends',
    'collector/exporting',
    'options',
    'own-files.ts',
    'sinks/http/client',
  ],
  'collector/backends/remote-write': [
    'collector/backends',
    'collector/exporting',
    'collector/series',
    'options',
    'own-files.ts',
    'sinks/http/client',
  ],
  'collector/backends/influx': [
    'collector/backends',
    'collector/exporting',
    'collector/series',
    'options',
    'own-files.ts',
    'sinks/http/client',
    'sinks/influx',
  ],
  'collector/backends/custom': ['collector/backends', 'collector/exporting', 'options', 'sink-module.ts'],
  'collector/backends/log': [
    'collector/backends',
    'collector/exporting',
    'collector/series',
    'describe.ts',
    'errors.ts',
    'function-source.ts',
    'options',
    'own-files.ts',
  ],
  'collector/backends/otlp': [
    'collector/backends',
    'collector/exporting',
    'collector/series',
    'describe.ts',
    'options',
    'own-files.ts',
    'sinks/http/client',
  ],
  'collector/middleware': ['collector/api', 'options'],
  'collector/statsd': ['collector/api', 'options'],
  collector: [
    'collector/aggregation',
    'collector/api',
    'collector/backends',
    'collector/backends/custom',
    'collector/backends/influx',
    'collector/backends/log',
    'collector/backends/otlp',
    'collector/backends/pushgateway',
    'collector/backends/remote-write',
    'collector/events',
    'collector/exporting',
    'collector/middleware',
    'collector/series',
    'collector/statsd',
    'describe.ts',
    'errors.ts',
    'flow',
    'flow/api',
    'flow/producer',
    'flow/shared',
    'flow/supervision',
    'function-source.ts',
    'metrics/read',
    'options',
    'own-files.ts',
    'schema/columns',
    'sink.ts',
  ],
  'index.ts': [
    ...[
      'schema',
      'schema/columns',
      'schema/columns/views',
      'schema/read',
      'metrics/read',
      'flow',
      'flow/api',
      'flow/config',
      'flow/delivery',
    ],
    ...['flow/producer', 'errors.ts', 'sink.ts', 'source.ts', 'target-errors', 'task-queue.ts'],
  ],
  // Runs in a browser; what it says of the service's messages is types only.
  'live-page': [],
  'server/live': ['server', 'live-page', ...everythingBelow()],
  server: ['server/live', 'schema/columns/types', ...everythingBelow()],
  'server/collect': [
    ...[
      'server',
      'server/live',
      'live-page',
      'collector',
      'collector/api',
      'collector/series',
      'collector/statsd',
    ],
    ...everythingBelow(),
  ],
  'cli/dead-letters': ['cli', 'server', ...everythingBelow()],
  'cli/demo': ['cli', 'server', 'server/live', ...everythingBelow()],
  cli: [
    ...['cli/dead-letters', 'cli/demo', 'server', 'sinks/elasticsearch', 'sinks/http', 'sinks/influx'],
    ...['sinks/jetstream', 'sinks/mysql', 'sinks/postgres', 'sinks/redis', 'nats', 'source.ts'],
    ...['sources/jetstream', 'sources/ndjson', 'sources/redis-streams', 'server/collect', 'collector'],
    ...['collector/statsd', 'collector/exporting', 'collector/backends/influx', 'collector/backends/otlp'],
    ...['collector/backends/pushgateway', 'collector/backends/remote-write'],
    ...everythingBelow(),
  ],
  // Declarations for packages that have none; they import nothing.
  types: [],
};

/** What the shared memory is made of, without the compiled reader and writer. */
function lowLevel(): string[] {
  return ['ring', 'metrics/cells', 'schema/columns', 'schema/block'];
}

function everythingBelow(): string[] {
  return [
    ...[
      'schema',
      'schema/codegen',
      'schema/codec',
      'schema/columns',
      'schema/columns/types',
      'schema/read',
      'schema/write',
      'metrics',
      'metrics/cells',
      'metrics/read',
    ],
    ...[
      'metrics/prometheus',
      'flow',
      'flow/api',
      'flow/config',
      'flow/delivery',
      'flow/protocol',
      'flow/waiting',
    ],
    ...[
      'options',
      'redact',
      'sinks/sqlite',
      'errors.ts',
      'describe.ts',
      'sink.ts',
      'target-errors',
      'index.ts',
    ],
    ...['own-files.ts', 'peer-packages.ts'],
  ];
}

/**
 * The rooms of the benches, from bottom to top, and what each may import, as paths from the project's root. They use
 * the public face of src; what they use besides is named here, since each such name ties a bench to a revision.
 */
const benchRooms: Record<string, readonly string[]> = {
  'bench/harness/report': [],
  'bench/harness': [
    ...['bench/harness/report', 'src/index.ts'],
    // The ring that is drained by hand.
    ...['src/ring', 'src/flow/config', 'src/flow/shared', 'src/flow/producer'],
  ],
  'bench/ways': ['bench/harness', 'bench/harness/report', 'src/index.ts'],

  'bench/micro': [
    ...['bench/harness', 'src/index.ts'],
    // A batch copied out of blocks without a flow.
    ...['src/ring', 'src/schema/block', 'src/schema/read', 'src/schema/write'],
    'src/packed',
  ],
  'bench/collector': [
    'bench/harness',
    'bench/harness/report',
    'bench/ways',
    'src/collector',
    'src/sinks/http',
  ],
  'bench/adaptive': [
    ...['bench/harness', 'bench/harness/report', 'src/index.ts', 'src/sinks/sqlite'],
    // The simulation runs the tuner itself.
    ...['src/flow/flusher', 'src/metrics/cells'],
  ],
  'bench/limits': ['bench/harness', 'bench/harness/report', 'src/index.ts'],
  'bench/peers': ['bench/harness', 'bench/harness/report', 'bench/ways'],
  'bench/sqlite': ['bench/harness', 'bench/ways', 'src/index.ts', 'src/sinks/sqlite'],
  'bench/sql': [
    ...['bench/harness', 'bench/ways', 'src/index.ts'],
    // The floors are the sinks' own modules.
    ...['src/sinks/postgres', 'src/sinks/mysql'],
  ],
  'bench/sinks': [
    ...['bench/harness', 'bench/ways', 'bench/sql', 'src/index.ts', 'src/sinks/redis'],
    // The encoders are parts of sinks.
    ...['src/options', 'src/schema/read', 'src/sinks/elasticsearch', 'src/sinks/encode', 'src/sinks/influx'],
    ...['src/sinks/wire', 'src/packed', 'src/sinks/jetstream'],
  ],
  'bench/hosts': [
    ...['bench/harness', 'bench/harness/report', 'bench/sinks', 'bench/sql', 'src/index.ts'],
    ...['src/packed', 'src/sinks/postgres', 'src/sources/jetstream'],
  ],
  'bench/deadlines': [
    ...['bench/harness', 'bench/harness/report', 'bench/ways', 'bench/sql', 'src/index.ts'],
    // Its sink is put around another.
    'src/sinks/postgres',
  ],
  'bench/acks': [
    ...['bench/harness', 'bench/harness/report', 'bench/ways', 'src/index.ts'],
    ...['src/server', 'src/sinks/sqlite'],
  ],
  'bench/shards': ['bench/harness', 'bench/harness/report', 'bench/limits', 'bench/ways', 'src/index.ts'],
  'bench/start': ['bench/harness', 'bench/harness/report'],
  'bench/compare': ['bench/harness', 'bench/harness/report', 'bench/limits', 'bench/ways'],
};

/** The room of a file of src: its folder, or its own name at the top. */
function roomOf(file: string): string {
  const folder = dirname(file);
  return folder === '.' ? file : folder;
}

/** Every module that a source text names: import, export … from, import(), import types. */
function importsOf(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      add(node.moduleReference.expression);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  const add = (node: ts.Node | undefined) => {
    if (node !== undefined && ts.isStringLiteralLike(node)) found.push(node.text);
  };
  visit(ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest));
  return found;
}

/** Whether a source text reads `import.meta`, in code. */
function asksForItsPlace(text: string): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    found ||= ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword;
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest));
  return found;
}

/** Why a file of src may not import a module; undefined when it may. */
function breach(file: string, module: string): string | undefined {
  if (!module.startsWith('.')) return undefined;
  const target = relative(join(root, 'src'), resolve(root, dirname(file), module))
    .split(sep)
    .join('/');
  if (target.startsWith('..')) return `${file} imports ${module}, which is outside src`;
  const from = roomOf(file.slice('src/'.length));
  const to = roomOf(target.replace(/\.js$/, '.ts'));
  if (to === from || rooms[from]?.includes(to)) return undefined;
  return `${file} imports ${module}: ${from} may not import ${to}`;
}

describe('the rooms', () => {
  const files = filesOf('src');
  const modules = files.flatMap((file) => importsOf(textOf(file)).map((module) => ({ file, module })));

  it('are all named here, and none that is not there', () => {
    const found = new Set(files.map((file) => roomOf(file.slice('src/'.length))));
    expect(Object.keys(rooms).sort()).toEqual([...found].sort());
  });

  it('import only what is named', () => {
    // The search itself works: there is no file without a neighbour.
    expect(modules.length).toBeGreaterThan(files.length);
    expect(modules.map(({ file, module }) => breach(file, module)).filter(Boolean)).toEqual([]);
  });

  it('have no place of their own: the build joins their modules, and only own-files.ts asks where they are', () => {
    const asking = files.filter((file) => asksForItsPlace(textOf(file)));
    expect(asking).toEqual(['src/own-files.ts']);
  });

  it('are allowed no more than they use', () => {
    const used = new Set(
      modules.flatMap(({ file, module }) => {
        const target = relative(join(root, 'src'), resolve(root, dirname(file), module))
          .split(sep)
          .join('/');
        return module.startsWith('.')
          ? [`${roomOf(file.slice('src/'.length))} → ${roomOf(target.replace(/\.js$/, '.ts'))}`]
          : [];
      }),
    );
    // The service and the command line may use whatever is public below them.
    const checked = Object.entries(rooms).filter(([room]) => !/^(server|cli)/.test(room));
    const stale = checked.flatMap(([room, allowed]) =>
      allowed.map((to) => `${room} → ${to}`).filter((edge) => !used.has(edge)),
    );
    expect(stale).toEqual([]);
  });

  it('make no circle', () => {
    // A room's own files and the rooms within it know each other: they count as one here.
    const edges = new Map(Object.entries(rooms).map(([room, allowed]) => [room, [...allowed]]));
    const circles: string[] = [];
    const visit = (room: string, way: readonly string[]): void => {
      const at = way.indexOf(room);
      if (at >= 0) {
        circles.push([...way.slice(at), room].join(' → '));
        return;
      }
      for (const next of edges.get(room) ?? []) visit(next, [...way, room]);
    };
    for (const room of Object.keys(rooms).filter((each) => /^(flow|schema|ring|source)/.test(each)))
      visit(room, []);
    expect(circles).toEqual([]);
  });

  it.each([
    ['src/ring/a.ts', "import { x } from '../schema/columns/schema.js';"],
    ['src/ring/a.ts', "import type { X } from '../errors.js';"],
    ['src/schema/block/a.ts', "export { x } from '../../flow/config/resolve.js';"],
    ['src/schema/block/a.ts', "export * from '../../sink.js';"],
    ['src/schema/read/a.ts', "import { x } from '../write/writer.js';"],
    ['src/metrics/cells/a.ts', "type X = import('../../flow/api/flow.js').Flow;"],
    ['src/sinks/sqlite/a.ts', "import { type X } from '../../flow/api/flow.js';"],
    ['src/sinks/sqlite/a.ts', "import '../../ring/layout.js';"],
    ['src/sinks/sql/a.ts', "import { x } from '../postgres/dialect.js';"],
    ['src/sinks/postgres/wire/a.ts', "import type { X } from '../session.js';"],
    ['src/sinks/wire/a.ts', "import { x } from '../mysql/wire/cells.js';"],
    ['src/sinks/mysql/a.ts', "import { x } from '../postgres/classify.js';"],
    ['src/sinks/sqlite/a.ts', "await import('../../server/index.js');"],
    ['src/flow/api/a.ts', "import { x } from '../config/resolve.js';"],
    ['src/flow/config/a.ts', "import { x } from '../shared/shared-flow.js';"],
    ['src/flow/shared/a.ts', "import { x } from '../flusher/taken-rows.js';"],
    ['src/flow/liveness/a.ts', "import { x } from '../producer/room.js';"],
    ['src/flow/producer/a.ts', "import { x } from '../flusher/flusher.js';"],
    ['src/flow/flusher/a.ts', "import { x } from '../producer/event-producer.js';"],
    ['src/flow/supervision/a.ts', "import { x } from '../producer/attach.js';"],
    ['src/flow/supervision/a.ts', "import { x } from '../sourcing/units.js';"],
    ['src/flow/sourcing/a.ts', "import { x } from '../flusher/flusher.js';"],
    ['src/sources/ndjson/a.ts', "import { x } from '../../flow/delivery/delivery.js';"],
    ['src/flow/supervision/a.ts', "import { x } from '../flusher/flusher.js';"],
    ['src/flow/a.ts', "const x = () => import('../../workers/flusher.js');"],
    ['src/flow/a.ts', "import { x } from '../index.js';"],
    ['src/server/a.ts', "import { x } from '../cli/main.js';"],
    ['src/cli/demo/a.ts', "import { x } from '../../../test/x.js';"],
    ['src/live-page/a.ts', "import { x } from '../metrics/read/stats.js';"],
    ['src/flow/a.ts', "import type { X } from '../live-page/wire.js';"],
    ['src/sink.ts', "import { x } from './ring/layout.js';"],
    ['src/errors.ts', "import { x } from './schema/columns/schema.js';"],
    ['src/index.ts', "export { x } from './server/index.js';"],
  ])('are guarded: %s may not say %s', (file, text) => {
    const [module, ...more] = importsOf(text);
    expect(more).toEqual([]);
    expect(breach(file, module as string)).toContain(file);
  });

  it.each([
    ['src/ring/a.ts', "import { x } from './layout.js';"],
    ['src/schema/columns/a.ts', "import { x } from '../../errors.js';"],
    ['src/flow/a.ts', "import { x } from 'piscina';"],
    ['src/flow/flusher/a.ts', "import { x } from '../delivery/delivery.js';"],
    ['src/sinks/sqlite/a.ts', "import { x } from './options.js';"],
    ['src/sinks/sqlite/a.ts', "import type { X } from '../../sink.js';"],
    ['src/cli/demo/a.ts', "import { x } from '../../server/index.js';"],
    ['src/server/live/a.ts', "import type { X } from '../../live-page/wire.js';"],
  ])('are open downwards: %s may say %s', (file, text) => {
    expect(importsOf(text).map((module) => breach(file, module))).toEqual([undefined]);
  });
});

describe('the rooms of the benches', () => {
  const files = filesOf('bench');
  const roomFrom = (file: string) => (dirname(file) === 'src' ? file : dirname(file));
  /** The project's files that each file imports. */
  const imports = new Map(
    files.map((file) => {
      const modules = importsOf(textOf(file)).filter((module) => module.startsWith('.'));
      return [file, modules.map((module) => posix.join(dirname(file), module).replace(/\.js$/, '.ts'))];
    }),
  );
  const edges = [...imports].flatMap(([file, targets]) =>
    targets.map((target) => ({ from: roomFrom(file), to: roomFrom(target) })),
  );
  const used = new Set(edges.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} → ${to}`));
  const allowed = Object.entries(benchRooms).flatMap(([from, rooms]) => rooms.map((to) => `${from} → ${to}`));

  it('are all named here, and none that is not there', () => {
    expect(Object.keys(benchRooms).sort()).toEqual([...new Set(files.map(roomFrom))].sort());
  });

  it('import what is named, and nothing else', () => {
    expect([...used].sort()).toEqual(allowed.sort());
  });

  it('import downwards only', () => {
    const names = Object.keys(benchRooms);
    const upwards = edges.filter(({ from, to }) => names.indexOf(to) > names.indexOf(from));
    expect(upwards).toEqual([]);
  });

  it('have no circle of files', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, way: readonly string[]): void => {
      const at = way.indexOf(file);
      if (at >= 0) circles.push([...way.slice(at), file].join(' → '));
      if (at >= 0 || done.has(file)) return;
      for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});

describe('a file', () => {
  const longest = 120;
  const most = 320;

  it('of the product begins with a comment that says what it is for', () => {
    const silent = filesOf('src', 'workers', 'bench').filter((file) => {
      const text = textOf(file).replace(/^#!.*\n/, '');
      const [first] = ts.getLeadingCommentRanges(text, 0) ?? [];
      const words = first && text.slice(first.pos, first.end).match(/\p{L}+/gu);
      return first?.pos !== 0 || (words?.length ?? 0) < 3;
    });
    expect(silent).toEqual([]);
  });

  it(`has no line of more than ${longest} characters`, () => {
    const long = filesOf('src', 'workers', 'bench', 'test').flatMap((file) =>
      linesOf(file).flatMap((line, i) => {
        const { length } = [...line];
        return length > longest ? [`${file}:${i + 1} has ${length}`] : [];
      }),
    );
    expect(long).toEqual([]);
  });

  it(`of the product has at most ${most} lines`, () => {
    const large = filesOf('src', 'workers', 'bench').filter((file) => linesOf(file).length > most);
    expect(large).toEqual([]);
  });

  it('is named after what is in it: there are no drawers for everything', () => {
    const drawers = filesOf('src', 'workers', 'bench', 'test').filter((file) =>
      file.split('/').some((part) => /^(utils?|commons?|helpers?|misc)(\.|$)/i.test(part)),
    );
    expect(drawers).toEqual([]);
  });

  it('of the product is finished', () => {
    const unfinished = filesOf('src', 'workers', 'bench').filter((file) =>
      /\b(TODO|FIXME|XXX|HACK)\b/.test(textOf(file)),
    );
    expect(unfinished).toEqual([]);
  });
});
