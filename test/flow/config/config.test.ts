/**
 * A flow's configuration: the defaults, and one clear error for each mistake.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, SchemaError } from '../../../dist/src/errors.js';
import { flusherSettings } from '../../../dist/src/flow/config/flusher-settings.js';
import { namesElsewhere } from '../../../dist/src/flow/config/names-elsewhere.js';
import { resolveConfig, resolveUpdate } from '../../../dist/src/flow/config/resolve.js';
import { divide } from '../../../dist/src/flow/config/ring-size.js';
import {
  createBatchFlow,
  createConcurrencyLimit,
  defineSchema,
  defineSink,
  handler,
  t,
} from '../../../dist/src/index.js';
import { maxRowsPerBlock } from '../../../dist/src/ring/layout.js';
import { mistakeOf } from '../../fixtures/mistake-of.js';

const schema = defineSchema('requests', { path: t.string(), status: t.uint16() });
const other = defineSchema('logins', { user: t.string() });
const sink = handler(new URL('file:///sink.js'));
const onBatch = () => {};
const sharedLimit = createConcurrencyLimit(1);

const hour = 3_600_000;
/** Every integer setting, its limits, what is given beside it, and what its error says besides. */
const integers: [key: string, min: number, max: number, beside?: object, more?: string][] = [
  ['flushSize', 1, 1_000_000],
  ['flushIntervalMs', 1, hour],
  ['bufferSize', 2, 100_000_000, { flushSize: 1 }],
  ['blockTextBytes', 64, 2 ** 30],
  ['highWatermark', 0, 100_000_000, { bufferSize: 100_000_000 }],
  ['maxConcurrentFlushes', 1, 1024, {}, '; each flusher has a limit'],
  ['flushers', 1, 64],
  ['blockTimeoutMs', 1, hour],
  ['publishEvery', 1, 65_536],
  ['maxProducers', 1, 1024],
  ['maxLabels', 1, 1_000_000],
  ['errorBufferSize', 1, 65_536],
  ['drainGraceMs', 1, hour],
  ['maxDeliveries', 1, 1000],
  ['openTimeoutMs', 1, 3_600_000],
];
const policies = "one of 'reject', 'block', 'drop-newest', 'drop-oldest'";

const dedupeBy = "a column's name, an array of different ones, or a function of the row";

/** What is given beside schema and sink; the key, the value and the text of the error. */
const mistakes: [given: object, key: string, value: unknown, expected: string | RegExp][] = [
  ...integers.flatMap(([key, min, max, _, more = '']) =>
    [min - 1, max + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', 5n, null, true, {}].map(
      (value): [object, string, unknown, string] => [
        { [key]: value },
        key,
        value,
        `an integer from ${min} to ${max}${more}`,
      ],
    ),
  ),
  [{ highWatermark: 4001, bufferSize: 4000 }, 'highWatermark', 4001, 'at most bufferSize (4000 rows)'],
  [{ name: '' }, 'name', '', 'a text that is not empty'],
  [{ name: 5 }, 'name', 5, 'a text'],
  [{ flushMode: 'batch' }, 'flushMode', 'batch', "one of 'sync', 'async'"],
  [{ flushMode: null }, 'flushMode', null, "one of 'sync', 'async'"],
  [{ onFull: 'wait' }, 'onFull', 'wait', policies],
  [{ onFull: true }, 'onFull', true, policies],
  [{ drainOnAbort: 'yes' }, 'drainOnAbort', 'yes', 'true or false'],
  [{ signal: {} }, 'signal', {}, 'an AbortSignal'],
  [{ signal: new AbortController() }, 'signal', expect.any(AbortController), 'an AbortSignal'],
  [{ schema: {} }, 'schema', {}, 'a schema made by defineSchema()'],
  [{ schema: 'requests' }, 'schema', 'requests', 'a schema made by defineSchema()'],
  [{ schema: null }, 'schema', null, 'a schema made by defineSchema()'],
  [{ schema: undefined, schemas: [] }, 'schemas', [], 'at least one schema'],
  [{ schema: undefined, schemas: schema }, 'schemas', schema, 'an array of schemas'],
  [{ schema: undefined, schemas: [schema, 5] }, 'schemas.1', 5, 'a schema made by defineSchema()'],
  [{ schemas: [other] }, 'schemas', [other], 'schema or schemas, not both'],
  [
    { schema: undefined, schemas: [schema, other, schema] },
    'schemas',
    'requests',
    'schemas of different names',
  ],
  [{ sink: undefined }, 'sink', undefined, 'a sink, or onBatch'],
  [{ sink: './sink.js' }, 'sink', './sink.js', /^a sink such as sqlite/],
  [{ sink: { options: {} } }, 'sink', { options: {} }, /handler\(new URL/],
  [{ sink: null }, 'sink', null, /^a sink such as/],
  ...[{ write() {} }, () => {}, defineSink({ write() {} })].map(
    (functions): [object, string, unknown, RegExp] => [
      { sink: functions },
      'sink',
      functions,
      /^a sink such as .*handler\(.*functions cannot be posted.*onBatch takes/,
    ],
  ),
  [
    { sink: { module: 'x', write() {} } },
    'sink.write',
    expect.any(Function),
    /^no such option; there are module, /,
  ],
  [{ sink: { module: 'x', option: {} } }, 'sink.option', {}, 'no such option; did you mean "options"?'],
  [{ sink: { module: './x.mjs' } }, 'sink.module', './x.mjs', /^a URL, .*an absolute path/],
  [{ sink: { module: 'x', options: { run() {} } } }, 'sink.options', { run: expect.any(Function) }, /posted/],
  [
    { sink: { module: 'x', deadLetters: { module: 'y', options: () => {} } } },
    'sink.deadLetters.options',
    expect.any(Function),
    /posted/,
  ],
  [{ execArgv: '--import' }, 'execArgv', '--import', 'an array of texts'],
  [{ execArgv: ['--import', 5] }, 'execArgv.1', 5, 'a text'],
  [{ env: { A: 5 } }, 'env.A', 5, 'a text'],
  [{ env: Object.create({ A: 'x' }) }, 'env', {}, 'an object of texts by name, all of them its own'],
  [{ onBatch }, 'sink', sink, 'a sink or onBatch, not both'],
  [{ sink: undefined, onBatch: 5 }, 'onBatch', 5, 'a function of the batch'],
  [{ sink: undefined, onBatch, onFull: 'block' }, 'onFull', 'block', /another policy with onBatch/],
  [
    { sink: undefined, onBatch, concurrencyLimit: sharedLimit },
    'concurrencyLimit',
    sharedLimit,
    /^a number with onBatch/,
  ],
  [{ bufferSize: 1000 }, 'bufferSize', 1000, /two blocks.*2 × flushSize \(1000\)/],
  [{ flushSize: 50, bufferSize: 49 }, 'bufferSize', 49, /two blocks.*2 × flushSize \(50\)/],
  [{ flushSize: 8192, bufferSize: 8192 }, 'bufferSize', 8192, /two blocks/],
  [{ flushMode: 'sync', maxConcurrentFlushes: 2 }, 'maxConcurrentFlushes', 2, /1 in flushMode 'sync'/],
  [
    { sink: { ...sink, cells: { memory: new SharedArrayBuffer(8), each: 1 } }, dedupe: { by: 'id' } },
    'dedupe',
    { by: 'id', keep: 'last' },
    'none: a sink with cells stores batches whole',
  ],
  ...[0, 1025, 1.5, '5', null, {}, { permits: 5, memory: new SharedArrayBuffer(8) }].map(
    (value): [object, string, unknown, string] => [
      { concurrencyLimit: value },
      'concurrencyLimit',
      value,
      'an integer from 1 to 1024, or what createConcurrencyLimit() returned; leave it out for no limit',
    ],
  ),
  [
    { adaptive: { flushSize: [200, 100] } },
    'adaptive.flushSize',
    [200, 100],
    /\[least, most\]: the first is the greater/,
  ],
  [{ adaptive: { flushSize: [200] } }, 'adaptive.flushSize', [200], 'two numbers of rows, [least, most]'],
  [{ observer: { ratio: 10 } }, 'observer.ratio', 10, 'no such option; here it is sample: { ratio: 0 to 1 }'],
  ...Object.entries(namesElsewhere).map(([name, here]): [object, string, unknown, string] => [
    { [name]: 5 },
    name,
    5,
    `no such option; here it is ${here}`,
  ]),
  [{ dedupe: { key: 'path' } }, 'dedupe.key', 'path', 'no such option; here it is by'],
  [
    { dedupe: { by: 'path', strategy: 'last' } },
    'dedupe.strategy',
    'last',
    'no such option; here it is keep',
  ],
  [{ flushsize: 5 }, 'flushsize', 5, 'no such option; did you mean "flushSize"?'],
  [{ 'flush.size': 5 }, 'flush.size', 5, 'no such option; did you mean "flushSize"?'],
  [{ ['__proto__']: 5 }, '__proto__', 5, /^no such option; there are name, schema, /],
  [{ toString: 5 }, 'toString', 5, /^no such option; there are name, schema, /],
  [
    { dedupe: 'path' },
    'dedupe',
    'path',
    "{ by: columns or function, keep: 'last', 'first' or 'merge', schemas }",
  ],
  [{ dedupe: {} }, 'dedupe.by', undefined, dedupeBy],
  [{ dedupe: { by: 5 } }, 'dedupe.by', 5, dedupeBy],
  [{ dedupe: { by: [] } }, 'dedupe.by', [], dedupeBy],
  [{ dedupe: { by: ['path', 'path'] } }, 'dedupe.by', ['path', 'path'], dedupeBy],
  [{ dedupe: { by: ['path', 5] } }, 'dedupe.by.1', 5, 'a text'],
  [{ dedupe: { by: ['path', 'stat'] } }, 'dedupe.by', 'stat', 'a column of "requests"'],
  [{ dedupe: { by: 'path', schemas: [] } }, 'dedupe.schemas', [], /by the schemas' names$/],
  [
    { dedupe: { schemas: { request: false } } },
    'dedupe.schemas.request',
    false,
    'a schema of the flow: "requests"',
  ],
  [{ dedupe: { schemas: { requests: true } } }, 'dedupe.schemas.requests', true, 'false, or { by, keep }'],
  [{ dedupe: { schemas: { requests: {} } } }, 'dedupe.schemas.requests.by', undefined, dedupeBy],
  [
    { dedupe: { schemas: { requests: { by: ['pth'] } } } },
    'dedupe.schemas.requests.by',
    'pth',
    'a column of "requests"',
  ],
  [
    { dedupe: { by: 'path', schemas: { requests: { keep: 'all' } } } },
    'dedupe.schemas.requests.keep',
    'all',
    "one of 'last', 'first', 'merge'",
  ],
  [
    { schema: undefined, schemas: [schema, other], dedupe: { by: 'path', schemas: { requests: {} } } },
    'dedupe.by',
    'path',
    'a column of "logins"',
  ],
  [
    { schema: undefined, dedupe: { by: (event: unknown) => event, keep: 'merge' } },
    'dedupe.keep',
    'merge',
    /events without a schema have no columns/,
  ],
  [{ dedupe: { by: 'pth' } }, 'dedupe.by', 'pth', 'a column of "requests"'],
  [{ dedupe: { by: 'toString' } }, 'dedupe.by', 'toString', 'a column of "requests"'],
  [{ dedupe: { by: Math.max } }, 'dedupe.by', Math.max, /an arrow function or function expression/],
  [{ dedupe: { by: 'path', keep: 'newest' } }, 'dedupe.keep', 'newest', "one of 'last', 'first', 'merge'"],
  [
    { dedupe: { by: 'path', kept: 'last' } },
    'dedupe.kept',
    'last',
    'no such option; there are by, keep, schemas',
  ],
  [
    { schema: undefined, schemas: [schema, other], dedupe: { by: 'path' } },
    'dedupe.by',
    'path',
    'a column of "logins"',
  ],
  [{ drainOnExit: 1 }, 'drainOnExit', 1, 'true or false'],
  [{ retry: true }, 'retry', true, /^false, or \{ maxAttempts, backoffMs/],
  [{ retry: { maxAttempts: 0 } }, 'retry.maxAttempts', 0, 'an integer from 1 to 1000'],
  [{ retry: { backoffMs: -1 } }, 'retry.backoffMs', -1, 'an integer from 0 to 3600000'],
  [{ retry: { timeoutMs: 0 } }, 'retry.timeoutMs', 0, 'an integer from 1 to 86400000'],
  [{ retry: { jitter: 'full' } }, 'retry.jitter', 'full', 'true or false'],
  [{ retry: { attempts: 3 } }, 'retry.attempts', 3, /^no such option; there are maxAttempts, /],
  [{ retry: { classify: 'retry' } }, 'retry.classify', 'retry', /a function of the error/],
  [{ retry: { classify: Math.max } }, 'retry.classify', Math.max, /an arrow function/],
  [{ circuit: true }, 'circuit', true, /^false, or \{ failures: 1 to/],
  [{ circuit: { failures: 0 } }, 'circuit.failures', 0, 'an integer from 1 to 1000000'],
  [{ deadLetters: true }, 'deadLetters', true, 'a sink, or false for none'],
  [{ deadLetters: { module: 'x', options: () => 1 } }, 'deadLetters.options', expect.any(Function), /posted/],
  [{ resourceLimits: { heapMb: 5 } }, 'resourceLimits.heapMb', 5, /^no such option; there are max/],
  [{ resourceLimits: { stackSizeMb: 0 } }, 'resourceLimits.stackSizeMb', 0, 'a number from 1 to 256'],
  // Each of these would end the whole process.
  ...[Number.POSITIVE_INFINITY, 1e-9, 1e9].map((mb): [object, string, unknown, string] => [
    { resourceLimits: { stackSizeMb: mb } },
    'resourceLimits.stackSizeMb',
    mb,
    'a number from 1 to 256',
  ]),
  [
    { resourceLimits: { codeRangeSizeMb: 1e12 } },
    'resourceLimits.codeRangeSizeMb',
    1e12,
    'a number from 1 to 512',
  ],
  [{ retry: new Map([['maxAttempts', 1]]) }, 'retry', expect.any(Map), /^false, or \{ maxAttempts, /],
  [{ retry: Promise.resolve({}) }, 'retry', expect.any(Promise), /^false, or \{ maxAttempts, /],
  // Without a schema there are no columns.
  [{ schema: undefined, dedupe: { by: 'path' } }, 'dedupe.by', 'path', /column/],
];

describe('a configuration', () => {
  it('has defaults for all but its destination', () => {
    expect(resolveConfig({ schema, sink })).toMatchObject({
      name: 'requests',
      schemas: [schema],
      flushSize: 1000,
      flushIntervalMs: 100,
      bufferSize: 64_000,
      blockTextBytes: undefined,
      flushMode: 'async',
      maxConcurrentFlushes: 1,
      flushers: 1,
      onFull: 'reject',
      blockTimeoutMs: 1000,
      publishEvery: 128,
      maxProducers: 64,
      maxLabels: 16_384,
      dedupe: undefined,
      sink,
      onBatch: undefined,
      signal: undefined,
      drainOnAbort: true,
      drainGraceMs: 5000,
      drainOnExit: true,
      retry: { maxAttempts: 8, backoffMs: 100, maxBackoffMs: 5000, jitter: true, timeoutMs: 30_000 },
      circuit: { failures: 5, coolDownMs: 5000 },
      deadLetters: undefined,
      maxDeliveries: 3,
    });
  });

  it('fixes schemas: those made by hand are checked, and no change afterwards counts', () => {
    const byHand = { name: 'requests', columns: { path: { type: 'string', nullable: false } } } as const;
    const [copied] = resolveConfig({ schema: byHand, sink }).schemas;
    expect(copied).toEqual(byHand);
    expect(copied).not.toBe(byHand);
    expect(resolveConfig({ schema, sink }).schemas[0]).toBe(schema);
    const columns = copied?.columns as Record<string, unknown>;
    expect(() => delete columns.path).toThrow(TypeError);
    expect(() => Object.assign(columns.path as object, { type: 'int8' })).toThrow(TypeError);
    for (const broken of [{}, { path: { type: 'bogus' } }, { path: null }])
      expect(() => resolveConfig({ schema: { name: 'a', columns: broken }, sink })).toThrow(SchemaError);
  });

  it('takes undefined for "not given", key by key', () => {
    const keys = [...integers.map(([key]) => key), 'name', 'flushMode', 'onFull', 'signal', 'drainOnAbort'];
    const unset = Object.fromEntries(
      [...keys, 'dedupe', 'onBatch', 'schemas'].map((key) => [key, undefined]),
    );
    expect(resolveConfig({ schema, sink, ...unset })).toEqual(
      expect.objectContaining(resolveConfig({ schema, sink })),
    );
  });

  it('has 64 blocks’ worth of buffer, whatever the block', () => {
    for (const flushSize of [1, 7, 5000, 8192]) {
      const { bufferSize } = resolveConfig({ schema, sink, flushSize });
      expect(bufferSize).toBe(64 * flushSize);
      expect(divide(bufferSize, flushSize)).toEqual({ blocks: 64, rowsPerBlock: flushSize });
    }
  });

  it('is named after its one schema, or "flow", or as it says', () => {
    expect(resolveConfig({ schema, sink }).name).toBe('requests');
    expect(resolveConfig({ schemas: [schema], sink }).name).toBe('requests');
    expect(resolveConfig({ schemas: [schema, other], sink }).name).toBe('flow');
    expect(resolveConfig({ schemas: [schema, other], sink, name: 'mine' }).name).toBe('mine');
    expect(resolveConfig({ sink }).name).toBe('events');
    expect(resolveConfig({ sink, name: 'mine' }).schemas.map(({ name }) => name)).toEqual(['mine']);
  });

  it('takes a limit over all flushers beside that of each: a number, or one that flows share', () => {
    const { maxConcurrentFlushes, concurrencyLimit } = resolveConfig({
      ...{ schema, sink, maxConcurrentFlushes: 8, concurrencyLimit: 4 },
    });
    expect(maxConcurrentFlushes).toBe(8);
    expect(concurrencyLimit?.permits).toBe(4);
    const shared = createConcurrencyLimit(1024);
    expect(resolveConfig({ schema, sink, concurrencyLimit: shared }).concurrencyLimit).toBe(shared);
    expect(resolveConfig({ schema, sink, flushMode: 'sync', concurrencyLimit: 2 })).toMatchObject({
      ...{ maxConcurrentFlushes: 1, concurrencyLimit: { permits: 2 } },
    });
  });

  it.each(integers)('takes %s at its limits, %i and %i', (key, min, max, beside) => {
    for (const value of [min, max]) {
      // A watermark of 0 is none.
      const inForce = key === 'highWatermark' && value === 0 ? undefined : value;
      expect(resolveConfig({ schema, sink, ...beside, [key]: value })).toMatchObject({ [key]: inForce });
    }
  });

  it('takes a dedupe by columns or by function, the last row unless it says another', () => {
    const dedupeOf = (dedupe: object) => resolveConfig({ schema, sink, dedupe }).dedupe;
    const [byPath, schemas] = [{ columns: ['path'] }, {}];
    expect(dedupeOf({ by: 'path' })).toEqual({ by: byPath, keep: 'last', schemas });
    expect(dedupeOf({ by: 'path', keep: 'first' })).toEqual({ by: byPath, keep: 'first', schemas });
    const several = { columns: ['path', 'status'] };
    expect(dedupeOf({ by: ['path', 'status'], keep: 'merge' })).toEqual({
      by: several,
      keep: 'merge',
      schemas,
    });
    const by = (row: { path: string }) => row.path;
    expect(dedupeOf({ by })).toEqual({ by: { source: String(by) }, keep: 'last', schemas });
  });

  it('takes a dedupe for each schema: what it leaves out is as for all others', () => {
    const third = defineSchema('orders', { id: t.int32(), path: t.string() });
    const dedupeOf = (dedupe: object) =>
      resolveConfig({ schemas: [schema, other, third], sink, dedupe }).dedupe;
    const by = { columns: ['path'] };
    expect(
      dedupeOf({
        by: 'path',
        keep: 'first',
        schemas: { logins: false, orders: { keep: 'merge' }, requests: {} },
      }),
    ).toEqual({
      ...{ by, keep: 'first' },
      schemas: { logins: false, orders: { by, keep: 'merge' }, requests: { by, keep: 'first' } },
    });
    // Without a rule for all others, each of their rows is kept.
    expect(dedupeOf({ schemas: { orders: { by: ['id', 'path'] } } })).toEqual({
      ...{ by: undefined, keep: 'last' },
      schemas: { orders: { by: { columns: ['id', 'path'] }, keep: 'last' } },
    });
    const hostile = defineSchema('__proto__', { id: t.int32() });
    const schemas = JSON.parse('{"__proto__":{"by":"id"}}');
    const { dedupe } = resolveConfig({ schema: hostile, sink, dedupe: { schemas } });
    expect(Object.entries(structuredClone(dedupe?.schemas as object))).toEqual([
      ['__proto__', { by: { columns: ['id'] }, keep: 'last' }],
    ]);
  });

  it.each(mistakes)('with a mistake gives one error: %o (%s)', (given, key, value, expected) => {
    const error = mistakeOf(() => resolveConfig(Object.defineProperties({ schema, sink }, own(given))));
    expect(error).toMatchObject({ name: 'ConfigError', code: 'ERR_CONFIG', key, value });
    expect(error.expected).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    expect(error.message.startsWith(`${key}: got `)).toBe(true);
    expect(error.message.endsWith(`; expected ${error.expected}`)).toBe(true);
  });

  it('with several mistakes names one of them', () => {
    const error = mistakeOf(() => resolveConfig({ schema, sink, flushSize: 0, flushers: 0 }));
    expect(['flushSize', 'flushers']).toContain(error.key);
  });

  it.each([[undefined], [null], [5], ['sink'], [[]]])('that is no object is a mistake: %j', (config) => {
    const error = mistakeOf(() => resolveConfig(config));
    expect(error).toMatchObject({ key: 'configuration', value: config, expected: 'an object of settings' });
  });

  it('with a name too long for the schema it makes is a ConfigError, too', () => {
    expect(mistakeOf(() => resolveConfig({ sink, name: 'x'.repeat(1000) })).key).toBe('name');
  });

  it('is checked before anything is started', async () => {
    await expect(createBatchFlow({ schema, sink, flushSize: 0 })).rejects.toThrow(ConfigError);
    await expect(createBatchFlow({ schema, sink, flushSize: 0 })).rejects.toThrow(
      'flushSize: got 0 (number); expected an integer from 1 to 1000000',
    );
  });
});

/** Own properties whatever their names: a spread would lose `__proto__`, and so test nothing. */
function own(given: object): PropertyDescriptorMap {
  const descriptors = Object.getOwnPropertyDescriptors(given) as PropertyDescriptorMap;
  for (const descriptor of Object.values(descriptors)) descriptor.configurable = true;
  return descriptors;
}

describe('what a flusher gets', () => {
  it('is its part of the options, fit to be posted', () => {
    const settings = {
      sink: handler('file:///sink.js', { at: 'home' }),
      dedupe: { by: (row: { path: string }) => row.path },
      maxConcurrentFlushes: 3,
      maxDeliveries: 4,
      retry: { maxAttempts: 5, classify: () => 'fatal' },
      circuit: false,
      deadLetters: handler('file:///letters.js'),
    };
    const { signal } = new AbortController();
    const options = resolveConfig({ schema, ...settings, flushSize: 7, signal, drainOnExit: false });
    expect(structuredClone(flusherSettings(options))).toEqual({
      ...settings,
      dedupe: { by: { source: String(settings.dedupe.by) }, keep: 'last', schemas: {} },
      retry: { ...options.retry, maxAttempts: 5, classify: String(settings.retry.classify) },
      circuit: undefined,
      flushSizeOver: 'schema',
    });
  });
});

describe('update()', () => {
  it('takes flushSize and flushIntervalMs, each alone or both', () => {
    expect(resolveUpdate({ flushSize: 5 })).toEqual({ flushSize: 5 });
    expect(resolveUpdate({ flushIntervalMs: hour })).toEqual({ flushIntervalMs: hour });
    expect(resolveUpdate({ flushSize: 1, flushIntervalMs: 1 })).toEqual({ flushSize: 1, flushIntervalMs: 1 });
    expect(resolveUpdate({})).toEqual({});
  });

  it.each([
    [{ flushSize: 0 }, 'flushSize', 0, 'an integer from 1 to 1000000'],
    [{ flushSize: 1_000_001 }, 'flushSize', 1_000_001, 'an integer from 1 to 1000000'],
    [{ flushSize: '5' }, 'flushSize', '5', 'an integer from 1 to 1000000'],
    [{ flushIntervalMs: 0 }, 'flushIntervalMs', 0, 'an integer from 1 to 3600000'],
    [{ flushIntervalMs: 0.5 }, 'flushIntervalMs', 0.5, 'an integer from 1 to 3600000'],
    [{ flushIntervalMs: hour + 1 }, 'flushIntervalMs', hour + 1, 'an integer from 1 to 3600000'],
    [{ flushers: 2 }, 'flushers', 2, 'no such option; there are flushSize, flushIntervalMs'],
    [{ bufferSize: 2 }, 'bufferSize', 2, 'no such option; there are flushSize, flushIntervalMs'],
    [undefined, 'configuration', undefined, 'an object of settings'],
  ])('with a mistake gives one error: %j', (settings, key, value, expected) => {
    expect(mistakeOf(() => resolveUpdate(settings))).toMatchObject({ key, value, expected });
  });
});

describe('the ring of a flow', () => {
  const sizes = [fc.integer({ min: 2, max: 100_000_000 }), fc.integer({ min: 1, max: 1_000_000 })] as const;

  it('holds what bufferSize says, and less than a block more', () => {
    fc.assert(
      fc.property(...sizes, (bufferSize, flushSize) => {
        const { blocks, rowsPerBlock } = divide(bufferSize, flushSize);
        expect(blocks * rowsPerBlock).toBeGreaterThanOrEqual(bufferSize);
        expect((blocks - 1) * rowsPerBlock).toBeLessThan(bufferSize);
      }),
    );
  });

  it('has at most 1024 blocks, of a size that the ring can count', () => {
    fc.assert(
      fc.property(...sizes, (bufferSize, flushSize) => {
        const { blocks, rowsPerBlock } = divide(bufferSize, flushSize);
        expect(blocks).toBeLessThanOrEqual(1024);
        expect(rowsPerBlock).toBeLessThanOrEqual(maxRowsPerBlock);
      }),
    );
  });

  it('has blocks of flushSize rows, or of more where there would be too many', () => {
    expect(divide(64_000, 1000)).toEqual({ blocks: 64, rowsPerBlock: 1000 });
    expect(divide(1024, 1)).toEqual({ blocks: 1024, rowsPerBlock: 1 });
    expect(divide(2000, 1000, 64)).toEqual({ blocks: 65, rowsPerBlock: 31 });
    expect(divide(20, 10, 64)).toEqual({ blocks: 20, rowsPerBlock: 1 });
    expect(divide(64_000, 1000, 64)).toEqual({ blocks: 64, rowsPerBlock: 1000 });
    expect(divide(1025, 1)).toEqual({ blocks: 513, rowsPerBlock: 2 });
    expect(divide(100_000_000, 1)).toEqual({ blocks: 1024, rowsPerBlock: 97_657 });
  });

  it('has blocks of at most 8192 rows unless there would be too many', () => {
    expect(divide(64 * 8192, 8192)).toEqual({ blocks: 64, rowsPerBlock: 8192 });
    expect(divide(64 * 100_000, 100_000)).toEqual({ blocks: 782, rowsPerBlock: 8192 });
    expect(divide(64_000_000, 1_000_000)).toEqual({ blocks: 1024, rowsPerBlock: 62_500 });
  });
});
