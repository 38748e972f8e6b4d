/**
 * Metrics: what is scraped is what an independent count says, whatever dies, and no flusher is asked.
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, handler } from '../../dist/src/index.js';
import { prometheus } from '../../dist/src/metrics/index.js';
import { families } from '../../dist/src/metrics/prometheus/families.js';
import { Event, events, type Scene, scriptedFlow } from '../fixtures/script.js';
import { until } from '../fixtures/until.js';

async function start(script: (scene: Scene) => unknown, settings: object = {}) {
  const retry = { backoffMs: 1, maxBackoffMs: 2 };
  return { ...(await scriptedFlow(script, { retry, ...settings })), registry: new Registry() };
}

/** The exposition's samples, by name and labels as they are written. */
async function scrape(registry: Registry): Promise<Map<string, number>> {
  const samples = new Map<string, number>();
  for (const line of (await registry.metrics()).split('\n')) {
    const match = /^([^#]\S*) (\S+)$/.exec(line);
    if (match !== null) samples.set(match[1] as string, Number(match[2]));
  }
  return samples;
}

test('every family is there from the first scrape on, and counts what a run did, exactly', async () => {
  const { flow, registry } = await start(
    ({ n, rows, store }) => {
      if (n === 2) throw Object.assign(new Error('not yet'), { again: true });
      if (rows.some(({ i }) => i === 20)) throw new Error('never');
      store(rows);
    },
    {
      retry: {
        backoffMs: 1,
        maxBackoffMs: 2,
        classify: (error: { again?: true }) => (error.again ? 'retry' : 'fatal'),
      },
    },
  );
  prometheus(flow, { registry });
  const names = [...(await scrape(registry)).keys()].map((key) =>
    key.replace(/\{.*/, '').replace(/_(bucket|sum|count)$/, ''),
  );
  for (const name of [
    'pipeline_process_duration_seconds',
    'pipeline_dequeue_latency_seconds',
    'pipeline_dropped_total',
    'enqueue_latency_seconds',
    'batch_assemble_duration_seconds',
    'execute_duration_seconds',
    'batch_size',
    'errors_total',
    'executor_concurrency',
    'setting_flush_size_rows',
    'setting_flush_interval_seconds',
    'pipeline_queue_length',
    'inflight_batches',
    'flushes_total',
    'events_total',
    'redelivered_total',
    'duplicates_at_target_total',
    'dead_letters_total',
    'flusher_restarts_total',
    'ring_blocks',
    'ring_bytes',
    'event_loop_delay_seconds',
    'deadline_lateness_seconds',
  ]) {
    expect(names, name).toContain(`batchflow_${name}`);
  }
  flow.pushMany(events(32));
  await expect(flow.committed()).rejects.toMatchObject({ rows: 1 });
  await until(() => {
    const { processSuccess, processFail } = flow.metrics().total;
    return processSuccess.count + processFail.count === 4;
  }, 'the end of the last flush');
  const seen = await scrape(registry);
  const value = (name: string, labels = '') => seen.get(`batchflow_${name}{${labels}flow="events"}`);
  expect(value('events_total', 'result="accepted",')).toBeUndefined();
  const at = (name: string, labels: string) => seen.get(`batchflow_${name}{flow="events",${labels}}`);
  expect(at('events_total', 'result="accepted"')).toBe(32);
  expect(at('events_total', 'result="committed"')).toBe(31);
  expect(at('pipeline_dropped_total', 'reason="failed"')).toBe(1);
  expect(at('pipeline_dropped_total', 'reason="drop-oldest"')).toBe(0);
  expect(at('flushes_total', 'trigger="size"')).toBe(4);
  expect(at('errors_total', 'error_type="retry",reason="unknown"')).toBe(1);
  // 8, 4, 2 and 1 rows with the poison among them.
  expect(at('errors_total', 'error_type="fatal",reason="unknown"')).toBe(4);
  expect(at('errors_total', 'error_type="timeout",reason="unknown"')).toBe(0);
  expect(value('batch_size_count')).toBe(4);
  expect(value('batch_size_sum')).toBe(32);
  expect(at('batch_size_bucket', 'le="4"')).toBe(0);
  expect(at('batch_size_bucket', 'le="8"')).toBe(4);
  expect(at('execute_duration_seconds_count', 'status="fail"')).toBe(5);
  expect(at('pipeline_process_duration_seconds_count', 'status="success"')).toBe(3);
  expect(at('pipeline_process_duration_seconds_count', 'status="fail"')).toBe(1);
  expect(value('pipeline_dequeue_latency_seconds_count')).toBe(4);
  expect(value('pipeline_queue_length')).toBe(0);
  expect(value('last_flush_timestamp_seconds')).toBe((flow.stats().lastFlushAt as number) / 1000);
});

test('counts go on when a flusher dies, and the death is one of them', async () => {
  const { flow, registry } = await start(({ n, rows, store }) => {
    if (n === 2) process.exit(1);
    store(rows);
  });
  prometheus(flow, { registry, prefix: 'x_' });
  flow.pushMany(events(16));
  await flow.committed();
  const seen = await scrape(registry);
  expect(seen.get('x_events_total{flow="events",result="committed"}')).toBe(16);
  expect(seen.get('x_redelivered_total{flow="events"}')).toBe(8);
  expect(seen.get('x_flusher_restarts_total{flow="events"}')).toBe(1);
  // Taken twice, the second batch.
  expect(seen.get('x_batch_size_sum{flow="events"}')).toBe(24);
});

test('flows share a registry, each by its label, and leave it when they have closed', async () => {
  const { flow, registry } = await start(({ rows, store }) => store(rows), { name: 'a', flushers: 2 });
  const other = await start(({ rows, store }) => store(rows), { name: 'b' });
  prometheus(flow, { registry, perWorker: true, labels: { zone: 'x' } });
  prometheus(other.flow, { registry });
  flow.pushMany(events(16));
  await flow.committed();
  const seen = await scrape(registry);
  const ofWorker = (n: number) =>
    seen.get(`batchflow_batch_size_sum{flow="a",zone="x",worker="${n}"}`) ?? Number.NaN;
  expect(ofWorker(1) + ofWorker(2)).toBe(16);
  expect(seen.get('batchflow_batch_size_sum{flow="b"}')).toBe(0);
  await flow.close();
  expect([...(await scrape(registry)).keys()].filter((key) => key.includes('flow="a"'))).toEqual([]);
  await other.flow.close();
  expect(registry.getMetricsAsArray()).toEqual([]);
});

test.each([
  ['no flow', { metrics() {} }, {}, /^flow: /],
  ['no options', undefined, null, /^options: /],
  ['an unknown option', undefined, { perworker: true }, /^perworker: .*perWorker/],
  ['no registry', undefined, { registry: {} }, /^registry: .*registerMetric/],
  ['a prefix that no name begins with', undefined, { prefix: '5x' }, /^prefix: /],
  ['labels that are a list', undefined, { labels: ['a'] }, /^labels: /],
  [
    'labels that are inherited',
    undefined,
    { labels: Object.create({ zone: 'x' }) },
    /^labels: .*all of them its own$/,
  ],
  ['a label that Prometheus does not take', undefined, { labels: { 'a-b': 'x' } }, /^labels: got "a-b"/],
  ['a label that others have', undefined, { labels: { result: 'x' } }, /^labels: got "result"/],
  ['a label that is no text', undefined, { labels: { a: {} } }, /^labels\.a: /],
  ['no boolean', undefined, { perWorker: 'no' }, /^perWorker: /],
])('prometheus() with %s is refused, and registers nothing', async (_, wrongFlow, options, message) => {
  const { flow, registry } = await start(({ rows, store }) => store(rows));
  const all = options === null ? null : { registry, ...options };
  expect(() => prometheus((wrongFlow ?? flow) as never, all as never)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message) }),
  );
  expect(registry.getMetricsAsArray()).toEqual([]);
});

test('two flows that Prometheus could not tell apart are refused, and the first stays', async () => {
  const { flow, registry } = await start(({ rows, store }) => store(rows));
  const other = await start(({ rows, store }) => store(rows));
  prometheus(flow, { registry });
  for (const again of [flow, other.flow])
    expect(() => prometheus(again, { registry })).toThrow(/^labels: .*in this registry already/);
  const leave = prometheus(other.flow, { registry, labels: { zone: 'x' } });
  expect((await scrape(registry)).get('batchflow_batch_size_sum{flow="events"}')).toBe(0);
  leave();
  const late = await start(({ rows, store }) => store(rows), { name: 'late' });
  await late.flow.close();
  prometheus(late.flow, { registry });
  await until(
    async () => ![...(await scrape(registry)).keys()].some((key) => key.includes('flow="late"')),
    'its leaving',
  );
});

test('a registry that has one of the names from others stays as it was', async () => {
  const { flow, registry } = await start(({ rows, store }) => store(rows));
  const leave = prometheus(flow, { registry, prefix: 'names_' });
  const last = registry.getMetricsAsArray().at(-1)?.name.replace('names_', 'batchflow_') as string;
  leave();
  const own = new Gauge({ name: last, help: 'Of the program.', registers: [registry] });
  for (let n = 0; n < 2; n++) {
    expect(() => prometheus(flow, { registry })).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        key: 'prefix',
        value: 'batchflow_',
        expected: `another one: the registry has a metric ${last} of others already`,
      }),
    );
    expect(registry.getMetricsAsArray()).toEqual([own]);
  }
  registry.removeSingleMetric(last);
  prometheus(flow, { registry });
  expect(registry.getSingleMetric(last)).toBeDefined();
});

test('a scrape works while a flusher is stuck in its sink, and costs this thread little', async () => {
  const { sink, flow, registry } = await start(({ words }) => void Atomics.wait(words, 8000, 0, 10_000));
  prometheus(flow, { registry });
  flow.pushMany(events(9));
  await until(
    () => sink.writes === 1 && flow.ring().rows === 9,
    'a stuck flusher, and the last row published',
  );
  const seen = await scrape(registry);
  expect(seen.get('batchflow_inflight_batches{flow="events"}')).toBe(1);
  expect(seen.get('batchflow_pipeline_queue_length{flow="events"}')).toBe(9);
  const { blocks, blockBytes, capacity } = flow.ring();
  const full = Math.floor(9 / (capacity / blocks));
  const open = 9 % (capacity / blocks) > 0 ? 1 : 0;
  for (const [state, count] of Object.entries({ free: blocks - full - open, open, sealed: full })) {
    expect(seen.get(`batchflow_ring_blocks{flow="events",state="${state}"}`), state).toBe(count);
    expect(seen.get(`batchflow_ring_bytes{flow="events",state="${state}"}`), state).toBe(count * blockBytes);
  }
  Atomics.store(sink.words, 8000, 1);
  Atomics.notify(sink.words, 8000);
  await flow.committed();
});

test('a blocked event loop is seen at the next scrape, and forgotten at the one after', async () => {
  const { flow, registry } = await start(({ rows, store }) => store(rows));
  prometheus(flow, { registry });
  const worst = async () =>
    (await scrape(registry)).get('batchflow_event_loop_delay_seconds{flow="events",percentile="100"}') ??
    Number.NaN;
  // Made after the flow's probe, with the same interval: it measures no earlier than that one.
  const later = monitorEventLoopDelay({ resolution: 20 });
  onTestFinished(() => void later.disable());
  later.enable();
  await until(() => later.count > 0, 'a probe before the block');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  await until(() => later.max > 0.25e9, 'a probe after the block');
  // No probe can run within the 300 ms, so a busy machine adds to this delay, and takes nothing from it.
  expect(await worst()).toBeGreaterThan(0.2);
  await until(async () => (await worst()) < 0.2, 'none any longer');
});

test('how long a producer waits for room is measured, and nothing when it does not wait', async () => {
  const { sink, flow } = await start(
    ({ rows, store, words }) => {
      Atomics.wait(words, 8000, 0, 10_000);
      store(rows);
    },
    { bufferSize: 16 },
  );
  expect(flow.pushMany(events(40))).toBe(16);
  expect(flow.metrics().enqueue.count).toBe(0);
  // The wait is measured between these readings of the clock, and longer than between those within it.
  const before = performance.now();
  const room = flow.writable();
  const begun = performance.now();
  await until(() => performance.now() - begun > 30, 'a wait that is not a mere moment');
  const ending = performance.now();
  Atomics.store(sink.words, 8000, 1);
  Atomics.notify(sink.words, 8000);
  await room;
  const after = performance.now();
  const { count, sum } = flow.metrics().enqueue;
  expect(count).toBe(1);
  expect(sum * 1000).toBeGreaterThanOrEqual(ending - begun);
  expect(sum * 1000).toBeLessThanOrEqual(after - before);
});

test('the page on metrics names every one, and no other', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) =>
    [...(row.split('|')[1] as string).matchAll(/`([a-z_]+)`/g)].map(([, name]) => name as string),
  );
  expect(named.filter((name) => name !== 'state').sort()).toEqual(families.map(({ name }) => name).sort());
});

test('tools that trace hear of each flush in its thread: start, error, end', async () => {
  const name = `tracing-${process.pid}`;
  const heard: { name: string; message: Record<string, unknown> }[] = [];
  const channel = new BroadcastChannel(name);
  onTestFinished(() => channel.close());
  channel.onmessage = (event) => void heard.push((event as MessageEvent).data);
  await using flow = await createBatchFlow({
    schema: Event,
    sink: handler(new URL('../fixtures/sinks/tracing-sink.mjs', import.meta.url), { name }),
    flushSize: 4,
    retry: { maxAttempts: 1, classify: () => 'fatal' },
  });
  flow.on('flushError', () => {});
  flow.pushMany(events(8));
  await flow.flush();
  await until(() => heard.length === 5, 'all messages');
  const mark = { flow: 'events', schema: 'events', flusher: 1, trigger: 'size', rows: 4 };
  expect(heard).toMatchObject([
    { name: 'start', message: { ...mark, id: 1 } },
    { name: 'end', message: { ...mark, id: 1, status: 'success', durationMs: expect.any(Number) } },
    { name: 'start', message: { ...mark, id: 2 } },
    { name: 'error', message: { ...mark, id: 2, reason: 'fatal', code: 'FIVE', message: 'no five' } },
    { name: 'end', message: { ...mark, id: 2, status: 'fail' } },
  ]);
});
