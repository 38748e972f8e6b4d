/**
 * A collector as a program uses it: what is recorded is counted, by type and labels, and every event is somewhere.
 */
import { once } from 'node:events';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Collector,
  type CollectorSettings,
  createCollector,
  defineMetric,
  type Family,
  type MetricEvent,
} from '../../dist/src/collector/index.js';
import { ConfigError, EventError, t } from '../../dist/src/index.js';

async function collecting(settings: CollectorSettings = {}): Promise<Collector> {
  const collector = await createCollector({ flushIntervalMs: 20, ...settings });
  onTestFinished(async () => void (await collector.close()));
  return collector;
}

function family(collector: Collector, name: string): Family | undefined {
  return collector.snapshot().families.find((each) => each.name === name);
}

/** Values of a family by its labels, as `a=1,b=2`. */
function values(collector: Collector, name: string): Record<string, number> {
  const points = (family(collector, name)?.points ?? []) as readonly {
    readonly labels: readonly (readonly [string, string])[];
    readonly value?: number;
    readonly count?: number;
  }[];
  return Object.fromEntries(
    points.map(({ labels, value, count }) => [
      labels.map((pair) => pair.join('=')).join(','),
      value ?? count ?? Number.NaN,
    ]),
  );
}

test('every type of event is counted by its labels', async () => {
  const collector = await collecting();
  collector.recordHttpRequest('GET', '/api/data', 200, 150);
  collector.recordHttpRequest('GET', '/api/data', 200, 50);
  collector.recordHttpRequest('POST', '/api/data', 503, 1);
  collector.recordBackendRequest('openai', 'gpt-4', true, 850);
  collector.recordBackendRequest('openai', 'gpt-4', false, 20, 'timeout');
  collector.recordHealthCheck('backend-1', true, 50);
  collector.recordHealthCheck('backend-1', false, 70);
  collector.recordCacheMetric('redis', 'hit');
  collector.recordCacheMetric('redis', 'hit');
  collector.recordCacheMetric('redis', 'eviction');
  collector.recordCounter('custom_counter', { region: 'us-east' }, 42);
  collector.recordCounter('custom_counter', { region: 'us-east' }, 0.5);
  collector.recordGauge('temperature', {}, -3);
  collector.recordGauge('temperature', {}, -4);
  collector.recordHistogram('response_time', { region: 'us-east' }, 123.4);
  await collector.flush();
  expect(values(collector, 'http_requests_total')).toEqual({
    'method=GET,path=/api/data,status=200': 2,
    'method=POST,path=/api/data,status=503': 1,
  });
  expect(family(collector, 'http_request_duration_seconds')).toMatchObject({
    type: 'histogram',
    bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    points: [
      { count: 2, sum: 0.2, counts: [0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0] },
      { count: 1, sum: 0.001, counts: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
    ],
  });
  expect(values(collector, 'backend_requests_total')).toEqual({
    'model=gpt-4,provider=openai,success=true': 1,
    'error_type=timeout,model=gpt-4,provider=openai,success=false': 1,
  });
  expect(values(collector, 'health_checks_total')).toEqual({
    'backend=backend-1,healthy=true': 1,
    'backend=backend-1,healthy=false': 1,
  });
  expect(values(collector, 'health_check_healthy')).toEqual({ 'backend=backend-1': 0 });
  expect(values(collector, 'cache_operations_total')).toEqual({
    'cache=redis,operation=hit': 2,
    'cache=redis,operation=eviction': 1,
  });
  expect(values(collector, 'custom_counter')).toEqual({ 'region=us-east': 42.5 });
  expect(values(collector, 'temperature')).toEqual({ '': -4 });
  expect(family(collector, 'response_time')).toMatchObject({ points: [{ count: 1, sum: 123.4 }] });
  expect(collector.getStats()).toMatchObject({ total: 15, processed: 15, dropped: 0, failed: 0, pending: 0 });
});

test('recordEvent takes each of them as an object, and no other', async () => {
  const collector = await collecting();
  const events: MetricEvent[] = [
    { type: 'http_request', method: 'GET', path: '/', status: 200, durationMs: 1 },
    { type: 'backend_request', provider: 'p', model: 'm', success: true, latencyMs: 1 },
    { type: 'health_check', backend: 'b', healthy: true, durationMs: 1 },
    { type: 'cache', cache: 'c', operation: 'miss' },
    { type: 'counter', name: 'a', labels: {}, value: 1 },
    { type: 'gauge', name: 'b', value: 1 },
    { type: 'histogram', name: 'c', labels: {}, value: 1 },
  ];
  for (const event of events) expect(collector.recordEvent(event)).toBe(true);
  expect(() => collector.recordEvent({ type: 'nonsense' } as never)).toThrow(
    'metric_event.type: got "nonsense" (string); expected one of http_request, backend_request, ',
  );
  expect(() => collector.recordEvent(null as never)).toThrow(EventError);
  expect(() => collector.record({} as never, {} as never)).toThrow(ConfigError);
  await collector.flush();
  expect(collector.getStats()).toMatchObject({ total: 7, processed: 7 });
});

test('handles measure in milliseconds', async () => {
  const collector = await collecting();
  collector.startHttpRequest('GET', '/').end(204);
  collector.startBackendRequest('p', 'm').end(false, 'oops');
  collector.startHealthCheck('b').end(true);
  await collector.flush();
  const [point] = family(collector, 'http_request_duration_seconds')?.points ?? [];
  expect(point).toMatchObject({ count: 1 });
  expect((point as { sum: number }).sum).toBeLessThan(60);
  expect(collector.getStats().processed).toBe(3);
});

test('values that no metric can have are rejected, and counted with the reason', async () => {
  const collector = await collecting({ bucketsByMetric: { powers: 'exponential' } });
  collector.recordHttpRequest('GET', '/', 200, Number.NaN);
  collector.recordHttpRequest('GET', '/', 200, -1);
  collector.recordCounter('c', {}, -1);
  collector.recordCounter('c', {}, Number.POSITIVE_INFINITY);
  collector.recordCounter('', {}, 1);
  collector.recordGauge('c2', {}, Number.NEGATIVE_INFINITY);
  collector.recordCacheMetric('redis', 'nonsense' as never);
  collector.recordHistogram('powers', {}, -1);
  collector.recordHistogram('signed', {}, -1);
  await collector.flush();
  collector.recordCounter('signed', {}, 1);
  collector.recordCounter('signed_count', {}, 1);
  collector.recordCounter('http_requests_total', {}, 1);
  collector.recordCounter('batchflow_collector_events_total', { state: 'dropped' }, 1);
  await collector.flush();
  expect(values(collector, 'batchflow_collector_rejected_events_total')).toEqual({
    'reason=not_finite,type=http_request': 1,
    'reason=negative,type=http_request': 1,
    'reason=negative,type=counter': 1,
    'reason=not_finite,type=counter': 1,
    'reason=no_name,type=counter': 1,
    'reason=not_finite,type=gauge': 1,
    'reason=unknown_value,type=cache': 1,
    'reason=negative,type=histogram': 1,
    'reason=type_conflict,type=counter': 4,
  });
  expect(family(collector, 'signed')).toMatchObject({ points: [{ count: 1, sum: -1 }] });
  expect(collector.getStats()).toMatchObject({ total: 13, processed: 1, failed: 12, dropped: 0, pending: 0 });
});

test('a collector that is printed shows its name, and nothing of its memory', async () => {
  const printed = inspect(await collecting({ name: 'shop' }), { depth: 9 });
  expect(printed).toContain("name: 'shop'");
  expect(printed.length).toBeLessThan(200);
});

test('arguments of a wrong type are an error of the caller', async () => {
  const collector = await collecting();
  expect(() => collector.recordHttpRequest('GET', 7 as never, 200, 1)).toThrow(EventError);
  expect(() => collector.recordHttpRequest('GET', '/', -1, 1)).toThrow(EventError);
  expect(collector.getStats().total).toBe(0);
});

test('names and labels are made such as Prometheus takes them', async () => {
  const collector = await collecting();
  collector.recordCounter('my.counter-1', { 'a b': 'x', __name__: 'n', le: 1, ok: true }, 1);
  collector.recordCounter('1st', { b: '', a: 'multi\nline "text" \\' }, 1);
  await collector.flush();
  expect(values(collector, 'my_counter_1')).toEqual({ '_name__=n,a_b=x,le=1,ok=true': 1 });
  expect(collector.metrics()).toContain('_1st{a="multi\\nline \\"text\\" \\\\"} 1\n');
});

test('paths become templates: by pattern, by what changes in them, or by a function', async () => {
  const patterns = await collecting({ paths: ['/shops/:shop/items', '/files/*'] });
  for (const path of [
    '/shops/berlin/items?page=2',
    '/shops/rome/items#top',
    '/files/a/b/c',
    'http://example.com/files/d',
    '/users/17',
    '/users/0b8f1a52-93a0-4a3e-8f24-1f0c2f7a5a10',
    '/users/me',
    '',
  ])
    patterns.recordHttpRequest('GET', path, 200, 1);
  await patterns.flush();
  expect(values(patterns, 'http_requests_total')).toEqual({
    'method=GET,path=/shops/:shop/items,status=200': 2,
    'method=GET,path=/files/*,status=200': 2,
    'method=GET,path=/users/:id,status=200': 2,
    'method=GET,path=/users/me,status=200': 1,
    'method=GET,path=/,status=200': 1,
  });
  const own = await collecting({
    paths: (path) => {
      if (path === '/broken') throw new Error('no');
      return path.toUpperCase();
    },
  });
  own.recordHttpRequest('GET', '/a', 200, 1);
  own.recordHttpRequest('GET', '/broken', 200, 1);
  await own.flush();
  expect(values(own, 'http_requests_total')).toEqual({
    'method=GET,path=/A,status=200': 1,
    'method=GET,path=/broken,status=200': 1,
  });
  expect(values(own, 'batchflow_collector_path_errors_total')).toEqual({ '': 1 });
  const outside = 1;
  await expect(createCollector({ paths: (path) => `${path}${outside}` })).rejects.toThrow(ConfigError);
});

test('a metric has so many series, and one of all others', async () => {
  const collector = await collecting({ maxSeries: 3, maxMetrics: 2, flushers: 2 });
  for (let i = 0; i < 10; i++) {
    collector.recordCounter('wide', { i }, 1);
    collector.recordCacheMetric(`cache-${i}`, 'hit');
    await collector.flush();
  }
  collector.recordCounter('second', {}, 1);
  await collector.flush();
  collector.recordCounter('third', {}, 1);
  // Series that are known are counted on.
  collector.recordCounter('wide', { i: 0 }, 1);
  await collector.flush();
  expect(values(collector, 'wide')).toEqual({ 'i=0': 2, 'i=1': 1, 'i=2': 1, 'other=true': 7 });
  expect(values(collector, 'cache_operations_total')).toEqual({
    'cache=cache-0,operation=hit': 1,
    'cache=cache-1,operation=hit': 1,
    'cache=cache-2,operation=hit': 1,
    'cache=other,operation=other': 7,
  });
  expect(values(collector, 'batchflow_collector_limited_events_total')).toEqual({
    'metric=wide': 7,
    'metric=cache_operations_total': 7,
  });
  expect(values(collector, 'batchflow_collector_rejected_events_total')).toEqual({
    'reason=too_many_metrics,type=counter': 1,
  });
  expect(collector.getStats()).toMatchObject({ total: 23, processed: 22, failed: 1 });
});

test('types of events of one’s own', async () => {
  const Job = defineMetric(
    'job',
    { queue: t.label(), worker: t.string(), ok: t.bool(), durationMs: t.float64(), size: t.uint32() },
    [
      {
        labels: ['queue', 'ok'],
        metrics: {
          jobs_total: { type: 'counter', help: 'Jobs that ended.' },
          job_bytes_total: { type: 'counter', value: 'size' },
        },
      },
      {
        labels: ['worker'],
        metrics: {
          job_duration_seconds: { type: 'histogram', value: 'durationMs', scale: 0.001, buckets: [1, 2] },
          job_last_bytes: { type: 'gauge', value: 'size' },
        },
      },
    ],
  );
  const collector = await collecting({ metrics: [Job] });
  collector.record(Job, { queue: 'mail', worker: 'a', ok: true, durationMs: 1500, size: 10 });
  collector.record(Job, { queue: 'mail', worker: 'b', ok: true, durationMs: 500, size: 20 });
  await collector.flush();
  expect(family(collector, 'jobs_total')).toMatchObject({ help: 'Jobs that ended.' });
  expect(values(collector, 'jobs_total')).toEqual({ 'ok=true,queue=mail': 2 });
  expect(values(collector, 'job_bytes_total')).toEqual({ 'ok=true,queue=mail': 30 });
  expect(values(collector, 'job_last_bytes')).toEqual({ 'worker=a': 10, 'worker=b': 20 });
  expect(family(collector, 'job_duration_seconds')).toMatchObject({
    bounds: [1, 2],
    points: [{ counts: [0, 1, 0] }, { counts: [1, 0, 0] }],
  });
  const Other = defineMetric('unknown', { a: t.label() }, { labels: ['a'], metrics: {} });
  expect(() => collector.record(Other, { a: '' })).toThrow(ConfigError);
  const clash = defineMetric(
    'clash',
    { a: t.label() },
    {
      labels: ['a'],
      metrics: { http_requests_total: { type: 'counter' } },
    },
  );
  await expect(createCollector({ metrics: [clash] })).rejects.toThrow(/different names/);
  const define = (labels: string[], metric: object) => () =>
    defineMetric('x', { a: t.label(), n: t.float64() }, { labels, metrics: { m: metric as never } });
  expect(define(['b'], { type: 'counter' })).toThrow(ConfigError);
  expect(define(['n'], { type: 'counter' })).toThrow(ConfigError);
  expect(define(['a'], { type: 'gauge' })).toThrow(ConfigError);
  expect(define(['a'], { type: 'gauge', value: 'a' })).toThrow(ConfigError);
});

test('a batch of 100 counts events of all types', async () => {
  const collector = await collecting({ flushIntervalMs: 60_000 });
  for (let i = 0; i < 60; i++) collector.recordCacheMetric('c', 'hit');
  for (let i = 0; i < 39; i++) collector.recordHealthCheck('b', true, 1);
  await new Promise(setImmediate);
  expect(collector.getStats()).toMatchObject({ pending: 99, batches: 0 });
  collector.recordCounter('n', {}, 1);
  await expect.poll(() => collector.getStats().processed).toBe(100);
  expect(collector.getStats()).toMatchObject({ pending: 0, batches: 3 });
});

test('a full buffer drops the newest, and counts it', async () => {
  // Nothing is counted before the interval, and a batch is larger than the buffer's blocks.
  const collector = await collecting({ batchSize: 10, bufferSize: 20, flushers: 1 });
  let total = 0;
  for (; collector.getStats().dropped === 0 && total < 100_000; total++)
    expect(collector.recordCacheMetric('c', 'hit')).toBe(true);
  const stats = collector.getStats();
  expect(stats.dropped).toBeGreaterThan(0);
  expect(stats.total).toBe(total);
  expect(stats.processed + stats.dropped + stats.failed + stats.pending).toBe(total);
  await collector.flush();
  expect(values(collector, 'cache_operations_total')).toEqual({
    'cache=c,operation=hit': collector.getStats().processed,
  });
});

test('onFull reject leaves the event to the caller', async () => {
  const collector = await collecting({ batchSize: 10, bufferSize: 20, onFull: 'reject' });
  let taken = 0;
  while (collector.recordCacheMetric('c', 'hit')) taken++;
  await collector.flush();
  expect(collector.getStats()).toMatchObject({ total: taken + 1, processed: taken, dropped: 1 });
});

test('threads record into one collector', async () => {
  const collector = await collecting({ flushers: 2 });
  const threads = ['/a', '/b', '/c'].map(
    (path) =>
      new Worker(new URL('../fixtures/recording-thread.mjs', import.meta.url), {
        workerData: { handle: collector.handle(), count: 400, path },
      }),
  );
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  await collector.flush();
  expect(values(collector, 'http_requests_total')).toEqual({
    'method=GET,path=/a,status=200': 400,
    'method=GET,path=/b,status=200': 400,
    'method=GET,path=/c,status=200': 400,
  });
  expect(values(collector, 'from_threads')).toEqual({ 'thread=/a': 400, 'thread=/b': 400, 'thread=/c': 400 });
  expect(collector.getStats()).toMatchObject({ total: 2400, processed: 2400 });
});

test('what is recorded before the end is counted, and what comes later fails no request', async () => {
  const collector = await collecting({ flushIntervalMs: 60_000 });
  collector.recordCounter('c', {}, 1);
  const open = collector.startHttpRequest('GET', '/');
  await expect(collector.close()).resolves.toMatchObject({ processed: 1, pending: 0 });
  expect(open.end(200)).toBe(false);
  expect(collector.getStats()).toMatchObject({ total: 2, processed: 1, dropped: 1 });
  expect(values(collector, 'c')).toEqual({ '': 1 });
});

test('its statistics are the line and the JSON of the original', async () => {
  const collector = await collecting();
  expect(String(collector.getStats())).toMatch(
    /^Batch Metrics Stats: 0 total, 0 processed, 0 dropped, 0 batches, last flush: [\d.]+(ms|s|µs) ago$/,
  );
  collector.recordCacheMetric('c', 'hit');
  await collector.flush();
  expect(JSON.parse(JSON.stringify(collector.getStats()))).toEqual({
    total_events: 1,
    processed_events: 1,
    dropped_events: 0,
    failed_events: 0,
    pending_events: 0,
    batch_count: 1,
    time_since_last_flush_ms: expect.any(Number),
  });
});

test('series that are no longer seen are not shown, and go on when they are seen again', async () => {
  const collector = await collecting({ expireAfterMs: 1500 });
  collector.recordCounter('old', {}, 1);
  await collector.flush();
  expect(values(collector, 'old')).toEqual({ '': 1 });
  await expect.poll(() => values(collector, 'old'), { timeout: 5000 }).toEqual({});
  collector.recordCounter('old', {}, 1);
  await collector.flush();
  expect(values(collector, 'old')).toEqual({ '': 2 });
});

test('settings that cannot work are errors', async () => {
  const wrong: CollectorSettings[] = [
    { batchSize: 0 },
    { batchSize: 100, bufferSize: 150 },
    { buckets: [] },
    { buckets: [2, 1] },
    { buckets: [Number.NaN] },
    { paths: [7] as never },
    { paths: ['users/:id'] },
    { backends: [{}] as never },
    { events: [{ sink: {} }] as never },
    { nonsense: 1 } as never,
  ];
  for (const settings of wrong) await expect(createCollector(settings)).rejects.toThrow(ConfigError);
});
