/**
 * What a collector is given that it cannot take as it is: labels, names, sizes, and deaths at bad moments.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { KnownSeries } from '../../dist/src/collector/aggregation/known-series.js';
import { PassedEvents } from '../../dist/src/collector/aggregation/passed-events.js';
import { ownGroups } from '../../dist/src/collector/events/own-groups.js';
import {
  type Collector,
  type CollectorSettings,
  createCollector,
  defineMetric,
} from '../../dist/src/collector/index.js';
import { RunningCollector } from '../../dist/src/collector/running-collector.js';
import { SeriesDirectory } from '../../dist/src/collector/series/series-directory.js';
import { createSeriesMemory } from '../../dist/src/collector/series/series-memory.js';
import { SeriesReader } from '../../dist/src/collector/series/series-reader.js';
import {
  batchOf,
  ConfigError,
  createBatchFlow,
  defineSchema,
  EventError,
  handler,
  t,
} from '../../dist/src/index.js';

async function collecting(settings: CollectorSettings = {}): Promise<Collector> {
  const collector = await createCollector({ flushIntervalMs: 20, ...settings });
  onTestFinished(async () => void (await collector.close()));
  return collector;
}

/** The lines of a metric, as Prometheus scrapes them. */
function lines(collector: Collector, name: string): string[] {
  return collector
    .metrics()
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

const seriesMemory = () =>
  createSeriesMemory({
    flushers: 2,
    groups: ownGroups,
    startedAt: 1,
    maxSeries: 10,
    maxMetrics: 10,
    buckets: [1],
    bucketsByMetric: {},
    expireAfterMs: undefined,
  });

test('labels that are the same to a backend are one series', async () => {
  const collector = await collecting();
  collector.recordCounter('c', { a: 1 }, 1);
  collector.recordCounter('c', { a: 1, b: '' }, 1);
  await collector.flush();
  expect(lines(collector, 'c')).toEqual(['c{a="1"} 2']);
});

test('long names of labels are cut to names that Prometheus takes, and are told apart or are one', async () => {
  const collector = await collecting();
  const long = 'a'.repeat(1500);
  collector.recordCounter('c', { [`${long}1`]: 'x', [`${long}2`]: 'y'.repeat(2000) }, 1);
  await collector.flush();
  expect(lines(collector, 'c')).toEqual([`c{${'a'.repeat(200)}="${'y'.repeat(1024)}…"} 1`]);
});

test('labels of a wrong type are an error of the caller, and hostile ones are labels', async () => {
  const collector = await collecting();
  for (const labels of ['abc', 7, ['a'], { a: Symbol('s') }, { a: Object.create(null) }, { a: undefined }])
    expect(() => collector.recordCounter('c', labels as never, 1)).toThrow(EventError);
  const inherited = Object.create({ inherited: 1 }) as Record<string, number>;
  inherited.own = 1;
  collector.recordCounter('c', inherited, 1);
  collector.recordCounter('c', JSON.parse('{"__proto__":"x","a":"\\u0000\\ud800"}'), 1);
  await collector.flush();
  expect(lines(collector, 'c')).toEqual(['c{own="1"} 1', 'c{_proto__="x",a="\0\ufffd"} 1']);
  expect(collector.getStats()).toMatchObject({ total: 2, processed: 2 });
});

test('an optional label that an event does not have is no label, whatever its type', async () => {
  const Optional = defineMetric(
    'optional',
    {
      a: t.label().optional(),
      b: t.bool().optional(),
      n: t.uint32().optional(),
      big: t.bigint64().optional(),
      s: t.string().optional(),
    },
    { labels: ['a', 'b', 'n', 'big', 's'], metrics: { optional_total: { type: 'counter' } } },
  );
  const collector = await collecting({ metrics: [Optional] });
  collector.record(Optional, {});
  collector.record(Optional, { a: 'x', b: false, n: 0, big: -1n, s: 'y' });
  collector.record(Optional, { b: true });
  await collector.flush();
  expect(lines(collector, 'optional_total')).toEqual([
    'optional_total 1',
    'optional_total{a="x",b="false",big="-1",n="0",s="y"} 1',
    'optional_total{b="true"} 1',
  ]);
});

test('definitions that cannot work are errors, and events without metrics are none', async () => {
  const define = (name: string, scale: number) => () =>
    defineMetric(
      'x',
      { v: t.float64() },
      { labels: [], metrics: { [name]: { type: 'gauge', value: 'v', scale } } },
    );
  expect(define('', 1)).toThrow(ConfigError);
  expect(define('a', Number.POSITIVE_INFINITY)).toThrow(ConfigError);
  await expect(createCollector({ metrics: [{ groups: [] }] as never })).rejects.toThrow(/defineMetric/);
  const Bare = defineMetric('bare', { a: t.label() }, { labels: ['a'], metrics: {} });
  const collector = await collecting({ metrics: [Bare], maxSeries: 1 });
  for (const a of ['1', '2', '3']) collector.record(Bare, { a });
  await collector.flush();
  expect(collector.getStats()).toMatchObject({ total: 3, processed: 3 });
});

test.each([
  { bufferSize: 20, batchSize: 10 },
  { bufferSize: 2000, batchSize: 1000, flushers: 3, events: 1500 },
])('a buffer of two batches has room for all types of events: %o', async ({ events, ...settings }) => {
  const sink = handler(new URL('../fixtures/sinks/forgetting-sink.mjs', import.meta.url));
  const collector = await collecting({
    ...settings,
    ...(events && { events: [{ sink, bufferSize: events, flushSize: 700 }] }),
  });
  collector.recordHttpRequest('GET', '/', 200, 1);
  collector.recordBackendRequest('p', 'm', true, 1);
  collector.recordHealthCheck('b', true, 1);
  collector.recordCacheMetric('c', 'hit');
  collector.recordCounter('a', {}, 1);
  collector.recordGauge('b', {}, 1);
  collector.recordHistogram('c', {}, 1);
  await collector.flush();
  expect(collector.getStats()).toMatchObject({ total: 7, processed: 7 });
  for (const { accepted } of collector.eventStats()) expect(accepted).toBe(7);
});

test('a hundred types of one’s own are recorded with the usual settings', async () => {
  const metrics = Array.from({ length: 100 }, (_, i) =>
    defineMetric(
      `type${i}`,
      { a: t.label() },
      { labels: ['a'], metrics: { [`m${i}`]: { type: 'counter' } } },
    ),
  );
  const collector = await collecting({ metrics });
  for (const metric of metrics) collector.record(metric, { a: 'x' });
  await collector.flush();
  expect(lines(collector, 'm99')).toEqual(['m99{a="x"} 1']);
  await expect(createCollector({ metrics, batchSize: 50, bufferSize: 100 })).rejects.toThrow(
    /types of events: 107/,
  );
});

test('more series than memory can hold are a setting that cannot work', async () => {
  for (const settings of [
    { maxSeries: 1_000_000 },
    { maxSeries: 1_000_000, buckets: 'exponential' as const },
    { maxSeries: 100_000, flushers: 64 },
  ])
    await expect(createCollector(settings)).rejects.toThrow(/^maxSeries: .* at most/);
  const collector = await collecting({ maxSeries: 100_000 });
  collector.recordCounter('c', {}, 1);
  await collector.flush();
  expect(collector.getStats().processed).toBe(1);
});

test('two flushers that meet a name at once, as of different types, add one metric', () => {
  const memory = seriesMemory();
  const [first, second] = [new KnownSeries(memory, 1), new KnownSeries(memory, 2)];
  const { compareExchange } = Atomics;
  // The other one is faster.
  Atomics.compareExchange = ((...operands: Parameters<typeof compareExchange>) => {
    Atomics.compareExchange = compareExchange;
    expect(first.named('counter', 'x', [])).toMatchObject({ isOther: false });
    return compareExchange(...operands);
  }) as typeof compareExchange;
  onTestFinished(() => {
    Atomics.compareExchange = compareExchange;
  });
  expect(second.named('gauge', 'x', [])).toBe('type_conflict');
  expect(new SeriesDirectory(memory).from(0)).toHaveLength(1);
});

test('a flusher that dies while it adds a series leaves no gap, and no lock', () => {
  const memory = seriesMemory();
  const directory = new SeriesDirectory(memory);
  const key = { group: 0, values: ['a', 'b'] };
  const { store } = Atomics;
  Atomics.store = (() => {
    throw new Error('dead');
  }) as typeof store;
  expect(() => directory.add(key, 2, false)).toThrow('dead');
  Atomics.store = store;
  expect(directory.from(0)).toEqual([]);
  Atomics.store(new Int32Array(memory.directory), 0, 1);
  const successor = new KnownSeries(memory, 1);
  expect(successor.ofGroup(0, ['a', 'b'])).toEqual({ cell: 1, isOther: false });
  expect(successor.ofGroup(0, ['a', 'c'])).toEqual({ cell: 3, isOther: false });
  expect(new SeriesReader(memory).read(5).families).toEqual([]);
});

test('between the count of a rejected event and that of its batch, no statistic goes down', () => {
  const memory = seriesMemory();
  let committed = 0;
  const flow = {
    stats: () => ({
      accepted: 9,
      rejected: 0,
      committed,
      deadLettered: 0,
      dropped: {},
      pending: 9 - committed,
      batches: {},
    }),
  };
  const collector = new RunningCollector('c', [], memory, { flow, events: {}, exporters: {} } as never);
  const rejected = new KnownSeries(memory, 1).ofGroup(0, ['counter', 'negative']);
  const cells = new Float64Array(memory.cells.memory);
  expect(collector.getStats()).toMatchObject({ processed: 0, failed: 0, pending: 9 });
  cells[rejected.cell + 1] = 2;
  expect(collector.getStats()).toMatchObject({ total: 9, processed: 0, failed: 0, pending: 9 });
  committed = 5;
  expect(collector.getStats()).toMatchObject({ total: 9, processed: 3, failed: 2, pending: 4 });
  cells[rejected.cell + 1] = 3;
  expect(collector.getStats()).toMatchObject({ total: 9, processed: 3, failed: 2, pending: 4 });
});

test('a flow of events that has ended refuses rows, and stops nothing', async () => {
  const schema = defineSchema('cache', { cache: t.label() });
  const rows = defineSchema('cache', { at: t.timestamp(), ...schema.columns });
  const sink = handler(new URL('../fixtures/sinks/forgetting-sink.mjs', import.meta.url));
  const flow = await createBatchFlow({ schema: rows, sink });
  const passed = new PassedEvents(
    [{ handle: flow.handle(), schemas: { cache: rows } }],
    [{ schema, groups: [], allowed: {} }],
  );
  const batch = batchOf(schema, [{ cache: 'a' }, { cache: 'b' }]);
  const pass = () => passed.pass(batch as never, { schema, groups: [], allowed: {} });
  expect(pass()).toBe(0);
  await flow.close();
  expect(pass()).toBe(2);
  expect(flow.stats()).toMatchObject({ accepted: 2, committed: 2 });
});

test('a gauge has the value that was recorded last, whichever flusher counts it', async () => {
  const collector = await collecting({ flushers: 3, flushIntervalMs: 2 });
  for (let round = 1; round <= 100; round++) {
    const last = round * 1000 + 150 + (round % 7) * 60;
    for (let value = round * 1000; value <= last; value++) collector.recordGauge('g', {}, value);
    await collector.flush();
    expect(lines(collector, 'g')).toEqual([`g ${last}`]);
  }
});

test('an exit without a close counts what was recorded, and then the sinks of events get it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'rows');
  const script = fileURLToPath(new URL('../fixtures/exiting-collector.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, file], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const batches = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  expect(batches.reduce((sum, rows) => sum + rows, 0)).toBe(250);
});
