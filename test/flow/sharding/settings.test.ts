/** Settings of shards: what is refused, and how; what a row may say of its shard; what each shard has. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { createFlowMemory } from '../../../dist/src/flow/shared/flow-memory.js';
import { deferred } from '../../../dist/src/flow/waiting/deferred.js';
import {
  type BatchEvent,
  createBatchFlow,
  defineSchema,
  EventError,
  handler,
  type Sharding,
  t,
} from '../../../dist/src/index.js';
import { mistakeOf } from '../../fixtures/mistake-of.js';
import { until } from '../../fixtures/until.js';

const schema = defineSchema('orders', { customer: t.string(), extra: t.json().optional(), n: t.int32() });
const sink = handler('file:///sink.js');
const resolve = (sharding: unknown, settings: object = {}) =>
  resolveConfig({ schema, sink, sharding, ...settings } as never);

describe('a configuration of shards', () => {
  it.each<[string, object, object, string, RegExp]>([
    ['hash without a key', { shards: 2, by: 'hash' }, {}, 'sharding.key', /key: 'user'.*round-robin/],
    ['an unknown key', { shards: 2, key: 'user' }, {}, 'sharding.key', /a column of "orders"/],
    ['a key that cannot be compared', { shards: 2, key: 'extra' }, {}, 'sharding.key', /none of t\.json\(\)/],
    [
      'a key without hash',
      { shards: 2, by: 'round-robin', key: 'n' },
      {},
      'sharding.key',
      /none, or by: 'hash'/,
    ],
    ['no columns', { shards: 2, key: [] }, {}, 'sharding.key', /at least one column/],
    ['no shards', { key: 'n' }, {}, 'sharding.shards', /an integer from 1 to 64/],
    ['flushers', { shards: 2, key: 'n' }, { flushers: 1 }, 'flushers', /each shard has one flusher/],
    [
      'flights',
      { shards: 2, key: 'n' },
      { maxConcurrentFlushes: 2 },
      'maxConcurrentFlushes',
      /keep their order/,
    ],
    ['a small buffer', { shards: 4, key: 'n' }, { bufferSize: 7999 }, 'bufferSize', /in each of 4 shards/],
    [
      'a large buffer',
      { shards: 2, key: 'n' },
      { bufferSize: 100_000_000 },
      'bufferSize',
      /in each of 2 shards/,
    ],
    ['too many producers', { shards: 64, key: 'n' }, { maxProducers: 1024 }, 'maxProducers', /at most 1023/],
    [
      'a function from outside',
      { shards: 2, by: () => schema.name.length },
      {},
      'sharding.by',
      /stands on its own/,
    ],
    ['an unknown way', { shards: 2, by: 'random' }, {}, 'sharding.by', /'least-loaded'/],
  ])('refuses %s', (_, sharding, settings, key, expected) => {
    const mistake = mistakeOf(() => {
      const options = resolve(sharding, settings);
      // What depends on the ring's size is found when it is made.
      if (key === 'bufferSize' && options.bufferSize > 1e6) return createFlowMemory(options, 0);
      return options;
    });
    expect(mistake).toMatchObject({ code: 'ERR_CONFIG', key });
    expect(mistake?.message).toMatch(expected);
  });

  it('hashes where there is a key, and takes turns where there is none', () => {
    expect(resolve({ shards: 2, key: 'n' }).sharding).toEqual({ shards: 2, by: { key: ['n'] } });
    expect(resolve({ shards: 3 }).sharding).toEqual({ shards: 3, by: 'round-robin' });
  });

  it('has a flusher and the usual buffer for each shard', () => {
    expect(resolve({ shards: 3 })).toMatchObject({ flushers: 3, bufferSize: 3 * 64_000 });
    expect(resolve(undefined)).toMatchObject({ flushers: 1, bufferSize: 64_000 });
  });

  it('divides bytes and a watermark, too', () => {
    const options = resolve({ shards: 4 }, { bufferBytes: 400_000_000, highWatermark: 4000 });
    const { shards } = createFlowMemory(options, 0);
    expect(shards.map(({ highWatermark }) => highWatermark)).toEqual([1000, 1000, 1000, 1000]);
    const bytes = shards.map(({ ring }) => ring.buffer.byteLength);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(100_000_000);
    expect(Math.min(...bytes)).toBeGreaterThan(90_000_000);
  });

  it('needs the key in each schema', () => {
    const other = defineSchema('other', { n: t.int32() });
    const schemas = [schema, other];
    const config = (key: string) => () =>
      resolveConfig({ schemas, sink, sharding: { shards: 2, key } } as never);
    expect(config('n')().sharding).toEqual({ shards: 2, by: { key: ['n'] } });
    expect(mistakeOf(config('customer'))?.message).toMatch(/a column of "other"/);
  });
});

async function flowOf(sharding: Sharding<{ customer: string; n: number }>, settings: object = {}) {
  const batches: { shard: number; ns: number[] }[] = [];
  const flow = await createBatchFlow({
    schema,
    sharding: sharding as never,
    onBatch: (batch) => {
      const [range] = batch.ranges ?? [];
      batches.push({ shard: Math.floor((range?.producer ?? 0) / 64), ns: [...batch.columns.n] });
    },
    flushIntervalMs: 5,
    ...settings,
  });
  onTestFinished(async () => void (await flow.destroy()));
  const shards = () => batches.sort((a, b) => a.shard - b.shard).map(({ shard, ns }) => [shard, ns]);
  return { flow, shards };
}

const event = (n: number) => ({ customer: `c${n}`, n });

describe('a function that says the shard', () => {
  const bad: [string, (row: { n: number }) => unknown, RegExp][] = [
    [
      'a number that is no shard',
      () => 3,
      /sharding\.by returned 3 \(number\); expected an integer from 0 to 2/,
    ],
    ['a fraction', () => 0.5, /returned 0\.5/],
    ['a text', () => '1', /returned "1"/],
    ['a promise', async () => 1, /returned a Promise|returned/],
    ['an error', ({ n }) => (n as never as { x: { y: number } }).x.y, /sharding\.by has thrown/],
  ];

  it.each(bad)('refuses an event for %s', async (_, by, message) => {
    const { flow } = await flowOf({ shards: 3, by: by as never });
    const fault = { code: 'ERR_EVENT_INVALID', fault: 'shard', message: expect.stringMatching(message) };
    expect(() => flow.push(event(1))).toThrow(expect.objectContaining(fault));
    await expect(flow.write(event(1))).rejects.toMatchObject(fault);
    await expect(flow.send(event(1))).rejects.toMatchObject(fault);
    expect(() => flow.pushMany([event(1)])).toThrow(expect.objectContaining({ ...fault, index: 0 }));
    expect(flow.stats()).toMatchObject({ accepted: 0, rejected: 0 });
  });

  it('stops a push of columns at the row that has none', async () => {
    const { flow, shards } = await flowOf({ shards: 3, by: ({ n }) => n });
    const columns = { customer: ['a', 'b', 'c', 'd'], n: [0, 2, 9, 1] };
    expect(() => flow.pushColumns(columns, 4)).toThrow(expect.objectContaining({ fault: 'shard', index: 2 }));
    await flow.close();
    expect(shards()).toEqual([
      [0, [0]],
      [2, [2]],
    ]);
  });
});

it('round-robin takes turns', async () => {
  const { flow, shards } = await flowOf({ shards: 3, by: 'round-robin' });
  const producer = flow.producer();
  for (let n = 0; n < 9; n++) producer.push(event(n));
  await flow.close();
  const rows = shards().map(([, ns]) => ns as number[]);
  expect(rows.map((ns) => ns.length)).toEqual([3, 3, 3]);
  for (const [a, b, c] of rows as [number, number, number][]) expect([b - a, c - b]).toEqual([3, 3]);
});

it('least-loaded leaves a shard that is full', async () => {
  const open = deferred();
  const taken: number[] = [];
  let first = true;
  const flow = await createBatchFlow({
    schema,
    sharding: { shards: 2, by: 'least-loaded' },
    onBatch: async (batch) => {
      const waits = first;
      first = false;
      if (waits) await open.promise;
      taken.push(...batch.columns.n);
    },
    flushSize: 4,
    bufferSize: 16,
    flushIntervalMs: 5,
    publishEvery: 1,
  });
  onTestFinished(async () => void (await flow.destroy()));
  // One shard holds what came first; all else goes through the other.
  for (let n = 0; n < 200; n++) while (!flow.push(event(n))) await new Promise(setImmediate);
  // The first one has room for eight rows.
  await until(() => flow.stats().pending <= 8, 'the other shard');
  expect(taken.length).toBeGreaterThanOrEqual(192);
  open.resolve();
  await flow.close();
  expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
});

it('an event that is none is refused as ever', async () => {
  const { flow } = await flowOf({ shards: 2, by: 'hash', key: 'customer' });
  for (const none of [null, 5, 'x', [], undefined]) {
    expect(() => flow.push(none as never)).toThrow(expect.objectContaining({ code: 'ERR_EVENT_INVALID' }));
  }
  expect(() => flow.push({ customer: 7 as never, n: 1 })).toThrow(
    expect.objectContaining({ field: 'customer' }),
  );
  expect(() => flow.push({ n: 1 } as never)).toThrow(expect.objectContaining({ fault: 'missing' }));
});

it.each<[string, Sharding<{ customer: string; n: number }>, object]>([
  ['a key', { shards: 2, key: 'customer' }, { type: 3 }],
  ['turns', { shards: 2, by: 'round-robin' }, { type: 3 }],
  ['a function', { shards: 2, by: ({ n }) => n }, { type: 2, shard: 1 }],
])('with %s, each refusal is counted and observed once', async (_, sharding, counts) => {
  const refused: unknown[] = [];
  const onEvent = ({ stage }: BatchEvent) => void (stage === 'validate' && refused.push(stage));
  const { flow } = await flowOf(sharding, { observer: { sample: 'all', onEvent } });
  expect(() => flow.push({ customer: 'a', n: 'none' } as never)).toThrow(EventError);
  expect(() => flow.pushColumns({ customer: ['a'] } as never, 1)).toThrow(EventError);
  expect(() => flow.pushColumns({ customer: [], n: [1] }, 1)).toThrow(EventError);
  expect(() => flow.pushMany(5 as never)).toThrow(EventError);
  expect(flow.metrics().submitRejected).toMatchObject({ missing: 1, ...counts });
  await until(() => refused.length === 4, 'four events');
});

it('a flow without a schema has shards, too', async () => {
  const got: unknown[] = [];
  const flow = await createBatchFlow<{ user: number }>({
    sharding: { shards: 2, by: ({ user }) => user % 2 },
    onBatch: (batch) => void got.push(...batch.rows()),
  });
  for (let user = 0; user < 4; user++) flow.push({ user });
  await flow.close();
  expect(got).toHaveLength(4);
});
