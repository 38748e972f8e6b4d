/**
 * Metrics that a sink registers itself: what is scraped on the creating thread is what the sink counted in its threads,
 * whatever dies or hangs, and nothing about them can stop a flush.
 */
import { setImmediate } from 'node:timers/promises';
import { Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { prometheus } from '../../../dist/src/metrics/index.js';
import { SinkMetrics } from '../../../dist/src/metrics/read/sink-metrics.js';
import { testClock } from '../../../dist/src/testing/index.js';
import { Measuring, Scrape } from '../../fixtures/measuring.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { i: t.int32() });
const events = (count: number) => Array.from({ length: count }, (_, i) => ({ i }));

async function start<Own>(sink: Measuring<Own>, settings: object = {}) {
  const flow = await createBatchFlow({ schema: Event, sink: sink.sink, flushSize: 8, ...settings });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  return flow;
}
type TestFlow = Awaited<ReturnType<typeof start>>;

/** Warnings of this process, of the kind that is given for sinks' metrics. */
function warnings(): string[] {
  const heard: string[] = [];
  const hear = (warning: Error) => {
    if (warning.name === 'SinkMetricsWarning') heard.push(warning.message);
  };
  process.on('warning', hear);
  onTestFinished(() => void process.off('warning', hear));
  return heard;
}

/**
 * A sink that counts each row in all the ways there are. Words: 10 even rows, 11 odd ones, 20 + n rows of flusher n; 30
 * flushers that have come to their first write, which ends when there are as many as word 31 says.
 */
const counting = () =>
  new Measuring({
    open: ({ ctx, prom }) => {
      const { Counter, Histogram, Summary } = prom();
      const registers = [ctx.metrics];
      const labelNames = ['parity'];
      return {
        rows: new Counter({ name: 'rows_total', help: 'Rows.', labelNames, registers }),
        sizes: new Histogram({ name: 'sizes', help: 'Numbers.', buckets: [3, 5], registers }),
        spread: new Summary({ name: 'spread', help: 'Numbers.', percentiles: [0.5], registers }),
      };
    },
    write: ({ own, ctx, rows, words }) => {
      if (Atomics.add(words, 20 + ctx.flusher, rows.length) === 0) {
        Atomics.add(words, 30, 1);
        Atomics.notify(words, 30);
        while (Atomics.load(words, 30) < Atomics.load(words, 31)) Atomics.wait(words, 30, 1, 1000);
      }
      for (const { i } of rows) {
        own.rows.inc({ parity: i % 2 === 0 ? 'even' : 'odd' });
        own.sizes.observe(i % 8);
        own.spread.observe(i % 8);
        Atomics.add(words, 10 + (i % 2), 1);
      }
    },
  });

test('values of two flushers are added up, in the text format and as OpenMetrics', async () => {
  const sink = counting();
  sink.set(31, 2);
  const flow = await start(sink, { flushers: 2 });
  const registry = new Registry();
  const open = new Registry<OpenMetricsContentType>();
  open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  prometheus(flow, { registry, labels: { zone: 'eu' } });
  flow.pushMany(events(160));
  await flow.committed();
  const all = async () => (await Scrape.of(registry)).value('sizes_count') === 160;
  await until(all, 'all values');
  const both = [20 + 1, 20 + 2].map((word) => Atomics.load(sink.words, word));
  expect(Math.min(...both), 'both took part').toBeGreaterThan(0);
  const seen = await Scrape.of(registry);
  expect(seen.samples('rows_total')).toEqual({
    'flow="events",zone="eu",parity="even"': Atomics.load(sink.words, 10),
    'flow="events",zone="eu",parity="odd"': Atomics.load(sink.words, 11),
  });
  expect(Atomics.load(sink.words, 10)).toBe(80);
  const ours = 'flow="events",zone="eu"';
  expect(seen.samples('sizes_bucket')).toEqual({
    [`${ours},le="3"`]: 80,
    [`${ours},le="5"`]: 120,
    [`${ours},le="+Inf"`]: 160,
  });
  expect(seen.samples('sizes_sum')).toEqual({ [ours]: 20 * 28 });
  expect(seen.samples('spread_sum')).toEqual({ [ours]: 20 * 28 });
  expect(seen.samples('spread_count')).toEqual({ [ours]: 160 });
  expect(seen.text).toMatch(/^# HELP rows_total Rows\.\n# TYPE rows_total counter$/m);
  // What is there already is shown, too: no other snapshot comes.
  prometheus(flow, { registry: open, prefix: 'x_' });
  const asOpen = await Scrape.of(open);
  expect(asOpen.text).toMatch(/^# TYPE rows counter$/m);
  expect(asOpen.samples('rows_total')).toEqual({
    'flow="events",parity="even"': 80,
    'flow="events",parity="odd"': 80,
  });
  const plain = flow.metrics().sink;
  expect(plain.map(({ flusher }) => flusher)).toEqual([1, 2]);
  expect(Object.keys(seen.samples('batchflow_sink_metrics_age_seconds'))).toEqual([
    `${ours},worker="1"`,
    `${ours},worker="2"`,
  ]);
});

test('with perWorker, each flusher has values of its own', async () => {
  const sink = counting();
  sink.set(31, 2);
  const flow = await start(sink, { flushers: 2 });
  const registry = new Registry();
  prometheus(flow, { registry, perWorker: true });
  const total = (samples: Record<string, number>) => Object.values(samples).reduce((a, b) => a + b, 0);
  flow.pushMany(events(160));
  await until(async () => total((await Scrape.of(registry)).samples('sizes_count')) === 160, 'values of all');
  expect((await Scrape.of(registry)).samples('sizes_count')).toEqual({
    'flow="events",worker="1"': Atomics.load(sink.words, 21),
    'flow="events",worker="2"': Atomics.load(sink.words, 22),
  });
});

test('sums are exact after deaths and never fall; gauges are those of the thread that lives', async () => {
  // Words: 10 die at the next write, 11 threads so far, 12 hold the next write.
  const sink = new Measuring({
    open: ({ ctx, prom, words }) => {
      const { Counter, Gauge, Histogram, Summary } = prom();
      const registers = [ctx.metrics];
      new Gauge({ name: 'thread', help: 'Which.', registers }).set(Atomics.add(words, 11, 1) + 1);
      return {
        rows: new Counter({ name: 'rows_total', help: 'Rows.', registers }),
        sizes: new Histogram({ name: 'sizes', help: 'Numbers.', buckets: [3], registers }),
        spread: new Summary({ name: 'spread', help: 'Numbers.', percentiles: [0.5], registers }),
      };
    },
    write: ({ own, rows, words }) => {
      if (Atomics.exchange(words, 10, 0) === 1) process.exit(1);
      Atomics.wait(words, 12, 1, 10_000);
      own.rows.inc(rows.length);
      for (const { i } of rows) {
        own.sizes.observe(i % 8);
        own.spread.observe(i % 8);
      }
    },
  });
  const flow = await start(sink);
  const registry = new Registry();
  prometheus(flow, { registry });
  const counts = ['rows_total', 'sizes_bucket', 'sizes_sum', 'sizes_count', 'spread_sum', 'spread_count'];
  let [scrapes, ended, before] = [0, false, new Map<string, number>()];
  const scraping = (async () => {
    for (; !ended; scrapes++) {
      const scrape = await Scrape.of(registry);
      const seen = counts.flatMap((name) =>
        Object.entries(scrape.samples(name)).map(([labels, value]) => [name + labels, value] as const),
      );
      const values = new Map(seen);
      for (const [sample, value] of before)
        expect(values.get(sample), `${sample} at scrape ${scrapes}`).toBeGreaterThanOrEqual(value);
      before = values;
      // Not a timer, which would be due at once: messages have to arrive.
      await setImmediate();
    }
  })();
  const arrived = async (rows: number) => {
    await until(async () => (await Scrape.of(registry)).value('rows_total') === rows, `${rows} rows`);
    expect(sink.stored).toBe(rows);
  };
  for (let deaths = 0; deaths < 3; deaths++) {
    flow.pushMany(events(8));
    await arrived(8 + deaths * 16);
    sink.set(10, 1);
    sink.set(12, 1);
    flow.pushMany(events(8));
    await until(() => Atomics.load(sink.words, 11) === deaths + 2, 'another thread');
    const between = await Scrape.of(registry);
    expect(between.value('rows_total')).toBe(8 + deaths * 16);
    expect(between.value('thread'), 'the dead one is still there').toBe(deaths + 1);
    sink.set(12, 0);
    await arrived(16 + deaths * 16);
    expect((await Scrape.of(registry)).value('thread'), 'it is replaced').toBe(deaths + 2);
  }
  ended = true;
  await scraping;
  const seen = await Scrape.of(registry);
  expect(seen.samples('sizes_bucket')).toEqual({
    'flow="events",le="3"': 24,
    'flow="events",le="+Inf"': 48,
  });
  for (const name of ['sizes_sum', 'spread_sum']) expect(seen.value(name), name).toBe(6 * 28);
  for (const name of ['sizes_count', 'spread_count']) expect(seen.value(name), name).toBe(48);
  // Quantiles cannot be added: they are those of the thread that lives.
  expect(seen.value('spread')).toBeLessThan(8);
  expect(scrapes).toBeGreaterThan(10);
});

test('a snapshot of a dead thread that comes after one of the living changes nothing', () => {
  const kept = new SinkMetrics('events');
  const sent: unknown[] = [];
  const tell = (life: number, value: number) => {
    const values = [{ labels: {}, value }];
    const metrics = [
      { name: 'n', help: 'N.', type: 'counter', aggregator: 'sum', values },
      { name: 'g', help: 'G.', type: 'gauge', aggregator: 'sum', values },
    ] as const;
    kept.hear({ flusher: 1, life, at: 1000 * life, metrics }, (of) => void sent.push(of));
    return kept.read(5000).map((of) => [of.ageMs, ...of.metrics.map((metric) => metric.values[0]?.value)]);
  };
  expect(tell(0, 5)).toEqual([[5000, 5, 5]]);
  expect(tell(1, 2)).toEqual([[4000, 7, 2]]);
  expect(tell(0, 6)).toEqual([[4000, 7, 2]]);
  // One that died before it sent anything counts as well.
  expect(tell(3, 1)).toEqual([[2000, 8, 1]]);
  expect(tell(3, 4)).toEqual([[2000, 11, 4]]);
  expect(sent).toEqual([{ flusher: 1 }, { flusher: 1 }, { flusher: 1 }, { flusher: 1 }]);
});

test('while a flusher is stuck its last values are scraped, and their age grows', async () => {
  const sink = new Measuring({
    open: ({ ctx, prom }) =>
      new (prom().Counter)({ name: 'rows_total', help: 'Rows.', registers: [ctx.metrics] }),
    write: ({ own, n, rows, words }) => {
      if (n === 2) Atomics.wait(words, 10, 0, 20_000);
      own.inc(rows.length);
    },
  });
  const flow = await start(sink);
  const registry = new Registry();
  prometheus(flow, { registry });
  const read = async () => {
    const seen = await Scrape.of(registry);
    const age = (seen.value('batchflow_sink_metrics_age_seconds') ?? Number.NaN) * 1000;
    return { rows: seen.value('rows_total'), age };
  };
  const isSince = async (from: number, to: number) => {
    const least = performance.now() - to;
    const { age } = await read();
    // Clocks of two threads differ by a little.
    expect(age).toBeGreaterThan(least - 50);
    expect(age).toBeLessThan(performance.now() - from + 50);
  };
  const pushed = performance.now();
  flow.pushMany(events(8));
  await until(async () => (await read()).rows === 8, 'the first snapshot');
  const arrived = performance.now();
  flow.pushMany(events(8));
  await until(() => Atomics.load(sink.words, 0) === 2, 'a stuck flusher');
  await isSince(pushed, arrived);
  await until(() => performance.now() - arrived > 300, 'an age that is more than the clocks differ by');
  await isSince(pushed, arrived);
  expect((await read()).rows).toBe(8);
  const released = performance.now();
  sink.set(10, 1);
  await until(async () => (await read()).rows === 16, 'the next');
  await isSince(released, performance.now());
});

test('a metric says itself how values of flushers become one', async () => {
  const sink = new Measuring({
    open: ({ ctx, prom }) => {
      const { Gauge } = prom();
      for (const aggregator of ['sum', 'first', 'min', 'max', 'average', 'omit'] as const) {
        const gauge = new Gauge({
          name: `by_${aggregator}`,
          help: 'G.',
          aggregator,
          registers: [ctx.metrics],
        });
        gauge.set(ctx.flusher * 10);
      }
    },
  });
  const flow = await start(sink, { flushers: 3, flushSize: 1 });
  const registry = new Registry();
  prometheus(flow, { registry });
  await until(() => {
    flow.pushMany(events(9));
    return flow.metrics().sink.length === 3;
  }, 'all flushers');
  const seen = await Scrape.of(registry);
  const values = ['sum', 'first', 'min', 'max', 'average', 'omit'].map((how) => seen.value(`by_${how}`));
  expect(values).toEqual([60, 10, 10, 30, 20, undefined]);
});

test('the last values are there at the close, those of the sink’s own close included; then they leave', async () => {
  const sink = () =>
    new Measuring({
      open: ({ ctx, prom }) =>
        new (prom().Counter)({ name: 'rows_total', help: 'Rows.', registers: [ctx.metrics] }),
      write: ({ own, rows }) => void own.inc(rows.length),
      close: ({ own }) => void own.inc(1000),
    });
  const flow = await start(sink(), { name: 'a', flushers: 2 });
  const other = await start(sink(), { name: 'b' });
  const registry = new Registry();
  let atEnd: Promise<Scrape> | undefined;
  flow.on('close', () => {
    atEnd = Scrape.of(registry);
  });
  prometheus(flow, { registry });
  // The same flow under another prefix has the sink's metrics once.
  const leave = prometheus(flow, { registry, prefix: 'y_' });
  prometheus(other, { registry });
  other.pushMany(events(3));
  await until(() => other.metrics().sink.length === 1, 'values of b');
  flow.pushMany(events(80));
  await until(() => flow.metrics().sink.length > 0, 'values of a');
  expect(Object.keys((await Scrape.of(registry)).samples('rows_total'))).toEqual(['flow="a"', 'flow="b"']);
  leave();
  expect(Object.keys((await Scrape.of(registry)).samples('rows_total'))).toEqual(['flow="a"', 'flow="b"']);
  flow.pushMany(events(20));
  await flow.close();
  // A flusher without a write has used its registry in `open`.
  expect((await atEnd)?.samples('rows_total')).toEqual({ 'flow="a"': 2100, 'flow="b"': 3 });
  const counted = flow.metrics().sink.map(({ metrics }) => metrics[0]?.values[0]?.value ?? 0);
  expect(counted.reduce((a, b) => a + b)).toBe(2100);
  expect((await Scrape.of(registry)).samples('rows_total')).toEqual({ 'flow="b"': 3 });
  await other.close();
  expect(registry.getMetricsAsArray()).toEqual([]);
});

test('the last values come even if the sink fails to close', async () => {
  const flow = await start(
    new Measuring({
      open: ({ ctx, prom }) => new (prom().Counter)({ name: 'closed', help: 'C.', registers: [ctx.metrics] }),
      close: ({ own }) => {
        own.inc(1000);
        throw new Error('stuck lid');
      },
    }),
  );
  flow.pushMany(events(8));
  await expect(flow.close()).rejects.toThrow('stuck lid');
  expect(flow.metrics().sink).toMatchObject([{ metrics: [{ name: 'closed', values: [{ value: 1000 }] }] }]);
});

test('a name that the registry has already is left alone, with one warning', async () => {
  const heard = warnings();
  const registry = new Registry();
  new Gauge({ name: 'rows_total', help: 'Another.', registers: [registry] }).set(7);
  const flow = await start(counting());
  prometheus(flow, { registry });
  for (let n = 0; n < 2; n++) {
    const { promise, resolve } = told(flow);
    flow.pushMany(events(8));
    await promise;
    resolve();
  }
  await until(async () => (await Scrape.of(registry)).value('sizes_count') === 16, 'the last values');
  expect((await Scrape.of(registry)).samples('rows_total')).toEqual({ '': 7 });
  expect(heard).toEqual([expect.stringMatching(/flow "events".*rows_total$/)]);
  await flow.close();
  expect(registry.getMetricsAsArray().map(({ name }) => name)).toEqual(['rows_total']);
});

/** The next time that a flusher's values arrive. */
function told(flow: TestFlow): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  flow.on('sinkMetrics', resolve);
  return { promise, resolve: () => void flow.off('sinkMetrics', resolve) };
}

test('of two flows with one name for two types, the first has it, and the other when that has left', async () => {
  const heard = warnings();
  const first = await start(
    new Measuring({
      open: ({ ctx, prom }) =>
        void new (prom().Counter)({ name: 'twice', help: 'C.', registers: [ctx.metrics] }).inc(5),
    }),
    { name: 'a' },
  );
  const second = await start(
    new Measuring({
      open: ({ ctx, prom }) =>
        void new (prom().Gauge)({ name: 'twice', help: 'G.', registers: [ctx.metrics] }).set(3),
    }),
    { name: 'b' },
  );
  const registry = new Registry();
  prometheus(first, { registry });
  prometheus(second, { registry });
  for (const flow of [first, second]) {
    flow.pushMany(events(1));
    await until(() => flow.metrics().sink.length === 1, 'values');
  }
  const seen = await Scrape.of(registry);
  expect(seen.samples('twice')).toEqual({ 'flow="a"': 5 });
  expect(seen.text).toMatch(/^# TYPE twice counter$/m);
  expect(heard).toEqual([expect.stringMatching(/flow "b".*twice$/)]);
  await first.close();
  const later = await Scrape.of(registry);
  expect(later.samples('twice')).toEqual({ 'flow="b"': 3 });
  expect(later.text).toMatch(/^# TYPE twice gauge$/m);
});

test('nothing is sent where no sink has registered anything, and prom-client is not even loaded', async () => {
  const quiet = async <Own>(sink: Measuring<Own>) => {
    const flow = await start(sink);
    let news = 0;
    flow.on('sinkMetrics', () => news++);
    flow.pushMany(events(80));
    await flow.close();
    expect(sink.stored).toBe(80);
    expect(news).toBe(0);
    expect(flow.metrics().sink).toEqual([]);
    return sink.promClientLoaded;
  };
  expect(await quiet(new Measuring({}))).toBe(false);
  expect(await quiet(new Measuring({ open: ({ ctx }) => void ctx.metrics }))).toBe(true);
});

test('a busy flusher sends one snapshot a second, and an idle one none', async () => {
  const clock = testClock();
  const flow = await start(counting(), { flushSize: 1, clock });
  let news = 0;
  flow.on('sinkMetrics', () => news++);
  let rows = flow.pushMany(events(1));
  await until(() => news === 1, 'the first, which comes at once');
  for (let second = 1; second <= 3; second++) {
    for (let n = 0; n < 10; n++) {
      rows += flow.pushMany(events(2));
      await flow.committed();
      await clock.advance(100);
    }
    await until(() => news === second + 1, 'the snapshot of this second');
  }
  const counted = () => flow.metrics().sink[0]?.metrics.find(({ name }) => name === 'sizes');
  expect(counted()?.values.at(-1)?.value).toBe(rows);
  await clock.advance(10_000);
  expect(flow.metrics().sink[0]?.ageMs).toBe(10_000);
  await flow.close();
  // What a flusher sends arrives before its end: these, and its last.
  expect(news).toBe(5);
});

test('dead letters may go to the same module, which may fail to open; values of both are added up', async () => {
  const sink = new Measuring({
    open: ({ ctx, prom, words }) => {
      const rows = new (prom().Counter)({ name: 'rows_total', help: 'Rows.', registers: [ctx.metrics] });
      if (ctx.schemas[0]?.name !== 'events' && Atomics.add(words, 10, 1) === 0) throw new Error('not yet');
      return rows;
    },
    write: ({ own, ctx, rows }) => {
      if (ctx.schema.name === 'events' && rows.some(({ i }) => i === 3)) throw new Error('never');
      own.inc(rows.length);
    },
  });
  const settings = {
    deadLetters: sink.sink,
    retry: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 2, classify: () => 'fatal' },
  };
  await expect(start(sink, settings)).rejects.toThrow(
    /^the sink of the dead letters, .* did not open: not yet$/,
  );
  const flow = await start(sink, settings);
  flow.on('flushError', () => {});
  flow.pushMany(events(8));
  await flow.close();
  expect(flow.stats()).toMatchObject({ committed: 7, deadLettered: 1 });
  expect(Atomics.load(sink.words, 10)).toBe(2);
  expect(flow.metrics().sink[0]?.metrics).toMatchObject([{ name: 'rows_total', values: [{ value: 8 }] }]);
});

const bad: [string, (opening: never) => unknown, RegExp][] = [
  [
    'a collect that throws',
    ({ ctx, prom }: { ctx: { metrics: Registry }; prom(): typeof import('prom-client') }) => {
      const collect = () => {
        throw new Error('no figures');
      };
      new (prom().Gauge)({ name: 'g', help: 'G.', collect, registers: [ctx.metrics] });
    },
    /no figures/,
  ],
  [
    'a collect that never ends',
    ({ ctx, prom }: { ctx: { metrics: Registry }; prom(): typeof import('prom-client') }) => {
      const collect = () => new Promise<void>(() => {});
      new (prom().Gauge)({ name: 'g', help: 'G.', collect, registers: [ctx.metrics] });
    },
    /not collected within/,
  ],
  [
    'what is no metric',
    ({ ctx }: { ctx: { metrics: Registry } }) =>
      void ctx.metrics.registerMetric({ name: 'g', get: async () => ({ name: 'g', values: 7 }) } as never),
    /"g" is not a metric/,
  ],
  [
    'a value that cannot be posted',
    ({ ctx }: { ctx: { metrics: Registry } }) => {
      const values = [{ labels: {}, value: () => 1 }];
      const metric = { name: 'g', help: 'G.', type: 'gauge', aggregator: 'sum', values };
      ctx.metrics.registerMetric({ name: 'g', get: async () => metric } as never);
    },
    /the metric g has a value that is no number/,
  ],
  [
    'an aggregator that there is none',
    ({ ctx, prom }: { ctx: { metrics: Registry }; prom(): typeof import('prom-client') }) =>
      void new (prom().Gauge)({
        name: 'g',
        help: 'G.',
        aggregator: 'worst' as never,
        registers: [ctx.metrics],
      }),
    /no aggregator of prom-client: "worst"/,
  ],
];

test.each(bad)('%s stops no flush, and is told once', async (_, open, message) => {
  const heard = warnings();
  const flow = await start(new Measuring({ open: open as never }), { flushers: 2 });
  const registry = new Registry();
  prometheus(flow, { registry });
  let deaths = 0;
  flow.on('flusherExit', () => deaths++);
  flow.pushMany(events(160));
  await flow.committed();
  expect((await Scrape.of(registry)).value('g')).toBeUndefined();
  expect(await flow.close()).toMatchObject({ committed: 160, undelivered: 0 });
  await until(() => heard.length > 0, 'a warning');
  expect(heard).toEqual([expect.stringMatching(message)]);
  expect(deaths).toBe(0);
});
