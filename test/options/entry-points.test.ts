/**
 * Every entry point that takes options refuses unknown names, each with the same words, and starts nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBatchFlow, defineSchema, type Flow, handler, t } from '../../dist/src/index.js';
import { addHook, addReporter, noopReporter, prometheus } from '../../dist/src/metrics/index.js';
import { createIngestService, createWorkerService } from '../../dist/src/server/index.js';
import { sqlite, sqliteDeadLetters } from '../../dist/src/sinks/sqlite/index.js';
import { RingTaskQueue } from '../../dist/src/task-queue.js';

const schema = defineSchema('requests', { path: t.string() });
type Requests = typeof schema;
let flow: Flow<Requests>;
beforeAll(async () => {
  flow = await createBatchFlow({ schema, onBatch() {} });
});
afterAll(async () => {
  await flow.close();
});

/** A flow that is never started: its configuration is wrong. */
const create = (config: object) => createBatchFlow({ schema, onBatch() {}, ...config });

/** Calls the entry point with options that a compiler would not let through. */
const entryPoints: [
  name: string,
  call: (given: never) => unknown,
  misspelt: string,
  meant: string,
  inGroup?: string,
][] = [
  ['createBatchFlow()', create, 'flushsize', 'flushSize'],
  ['its retry', (retry) => create({ retry }), 'maxAttemps', 'maxAttempts', 'retry'],
  ['its circuit', (circuit) => create({ circuit }), 'failure', 'failures', 'circuit'],
  [
    'its dedupe',
    (dedupe: object) => create({ dedupe: { by: 'path', ...dedupe } }),
    'keeps',
    'keep',
    'dedupe',
  ],
  ['update()', (settings) => flow.update(settings), 'flushSiz', 'flushSize'],
  ['flush()', (wait) => flow.flush(wait), 'timeoutMS', 'timeoutMs'],
  ['committed()', (wait) => flow.committed(wait), 'sinc', 'since'],
  ['writable()', (wait) => flow.writable(wait), 'timeout', 'timeoutMs'],
  ['writable() of a producer', (wait) => flow.producer().writable(wait), 'signa', 'signal'],
  ['close()', (wait) => flow.close(wait), 'timeOutMs', 'timeoutMs'],
  ['sqlite()', (options: object) => sqlite({ file: 'x.db', ...options }), 'conflicts', 'conflict'],
  [
    'its conflict',
    (conflict) => sqlite({ file: 'x.db', conflict, conflictColumns: ['path'] }),
    'updates',
    'update',
    'conflict',
  ],
  [
    'sqliteDeadLetters()',
    (options: object) => sqliteDeadLetters({ file: 'x.db', ...options }),
    'tabel',
    'table',
  ],
  ['prometheus()', (options) => prometheus(flow, options), 'perworker', 'perWorker'],
  ['addReporter()', (options) => addReporter(flow, noopReporter, options), 'interval', 'intervalMs'],
  [
    'createIngestService()',
    (options: object) => createIngestService({ flow, schema, ...options }),
    'tokn',
    'token',
  ],
  [
    'createWorkerService()',
    (options: object) => createWorkerService({ flow, ...options }),
    'sourc',
    'source',
  ],
];

/** What it throws, or rejects with. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(entryPoints)('%s', (_, call, misspelt, meant, inGroup) => {
  const keyOf = (name: string) => (inGroup === undefined ? name : `${inGroup}.${name}`);

  it(`says that ${misspelt} may be meant to be ${meant}`, async () => {
    expect(await failureOf(() => call({ [misspelt]: 5 } as never))).toMatchObject({
      code: 'ERR_CONFIG',
      key: keyOf(misspelt),
      value: 5,
      expected: `no such option; did you mean "${meant}"?`,
    });
  });

  it('names all options where none is near', async () => {
    expect(await failureOf(() => call({ colour: 5 } as never))).toMatchObject({
      code: 'ERR_CONFIG',
      key: keyOf('colour'),
      value: 5,
      expected: expect.stringMatching(`^no such option; there are (.*, )?${meant}(, .*)?$`),
    });
  });
});

describe('options', () => {
  it.each<[name: string, call: (given: never) => unknown, key: string]>([
    ['createBatchFlow()', (given) => createBatchFlow(given), 'configuration'],
    ['its retry', (retry) => create({ retry }), 'retry'],
    ['its circuit', (circuit) => create({ circuit }), 'circuit'],
    ['its dedupe', (dedupe) => create({ dedupe }), 'dedupe'],
    ['update()', (given) => flow.update(given), 'configuration'],
    ['flush()', (given) => flow.flush(given), 'options'],
    ['committed()', (given) => flow.committed(given), 'options'],
    ['writable()', (given) => flow.writable(given), 'options'],
    ['close()', (given) => flow.close(given), 'options'],
    ['sqlite()', (given) => sqlite(given), 'options'],
    ['its conflict', (conflict) => sqlite({ file: 'x.db', conflict }), 'conflict'],
    ['sqliteDeadLetters()', (given) => sqliteDeadLetters(given), 'options'],
    ['prometheus()', (given) => prometheus(flow, given), 'options'],
    ['addReporter()', (given) => addReporter(flow, noopReporter, given), 'options'],
    ['createIngestService()', (given) => createIngestService(given), 'options'],
  ])('of %s are an object', async (name, call, key) => {
    for (const value of [null, [], 5, 'text', () => {}]) {
      // A text may be a token in the wrong place.
      const shown = name === 'createIngestService()' && value === 'text' ? '[hidden]' : value;
      expect(await failureOf(() => call(value as never))).toMatchObject({
        ...{ code: 'ERR_CONFIG', key, value: shown },
      });
    }
  });
});

/** Throws whenever it is looked at. */
const unreadable = new Proxy(
  {},
  {
    get() {
      throw new Error('boom');
    },
  },
);

describe('values', () => {
  it.each<[name: string, call: () => unknown, key: string, expected: string | RegExp]>([
    ['close', () => flow.close({ timeoutMs: -1 }), 'timeoutMs', 'a number from 0'],
    ['flush', () => flow.flush({ timeoutMs: Number.NaN }), 'timeoutMs', 'a number of milliseconds'],
    ['committed', () => flow.committed({ timeoutMs: '5' as never }), 'timeoutMs', 'a number of milliseconds'],
    ['committed', () => flow.committed({ since: 5 as never }), 'since', 'what position() returned'],
    ['committed', () => flow.committed({ since: {} as never }), 'since', 'what position() returned'],
    [
      'update',
      () => flow.update(new Map([['flushSize', 5]]) as never),
      'configuration',
      'an object of settings',
    ],
    ['addHook', () => addHook(flow, unreadable as never), 'hook', 'a value that can be read'],
    [
      'producer',
      () => flow.producer(defineSchema(schema.name, { other: t.bool() }) as never),
      'schema',
      /^the schema of that name with the flow's columns: /,
    ],
    ['writable', () => flow.writable({ signal: {} as never }), 'signal', 'an AbortSignal'],
    ['handler', () => handler('./mine.js'), 'module', /^a URL, such as new URL/],
    [
      'handler',
      () => handler('file:///sink.js', { run() {} }),
      'options',
      /^what can be posted to a thread \(/,
    ],
    ['RingTaskQueue', () => new RingTaskQueue(0), 'capacity', 'an integer from 1 to 16777216'],
    [
      'addHook',
      () => addHook(flow, { flush() {}, error: 5 } as never),
      'hook',
      'an object whose error is a function, or is left out',
    ],
    [
      'the service',
      () => createIngestService(undefined as never),
      'options',
      /^an object with at least \{ flow, schema \}/,
    ],
    [
      'the service',
      () => createIngestService({ schema } as never),
      'flow',
      'a flow made by createBatchFlow()',
    ],
    [
      'the service',
      () => createIngestService({ flow } as never),
      'schema',
      'a schema made by defineSchema()',
    ],
    [
      'the service',
      () => createIngestService({ flow, schema, livePage: 'no' as never }),
      'livePage',
      'true or false',
    ],
    ['the service', () => createIngestService({ flow, schema, token: 5 as never }), 'token', /^a token/],
    ...['', ' a', 'a ', 'a\n', '\u0000', ' ', 'a\tb', 'a\u009bb'].map(
      (token): [string, () => unknown, string, RegExp] => [
        `the service: ${JSON.stringify(token)}`,
        () => createIngestService({ flow, schema, token }),
        'token',
        /without white space around it and without control characters$/,
      ],
    ),
    [
      'the service',
      () => createIngestService({ flow, schema, maxRejected: 0 }),
      'maxRejected',
      'an integer from 1 to 2147483647',
    ],
  ])('of %s are checked by the same rules', async (_, call, key, expected) => {
    expect(await failureOf(call)).toMatchObject({
      code: 'ERR_CONFIG',
      key,
      expected: typeof expected === 'string' ? expected : expect.stringMatching(expected),
    });
  });

  it('of waits may be left out, undefined, and without end', async () => {
    const options = { signal: undefined, timeoutMs: undefined } as object;
    for (const wait of [undefined, {}, options, { timeoutMs: Number.POSITIVE_INFINITY }, { timeoutMs: 0 }]) {
      await flow.flush(wait);
      await flow.committed(wait);
      await flow.writable(wait);
    }
    await flow.committed({ since: flow.position() });
  });
});
