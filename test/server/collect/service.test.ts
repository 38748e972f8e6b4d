/**
 * The service for metric events takes them over HTTP into a collector, says what became of them, and shows the series.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type CollectorSettings, createCollector, listenStatsd } from '../../../dist/src/collector/index.js';
import { createCollectService } from '../../../dist/src/server/collect/service.js';
import { answer, gzip, json, lines, ndjson, onEnd, streamed } from '../../fixtures/ingest.js';
import { NotingRecorder } from '../../fixtures/noting-recorder.js';
import { until } from '../../fixtures/until.js';

type Options = Omit<Parameters<typeof createCollectService>[0], 'collector'>;

async function start(options: Options = {}, settings: CollectorSettings = {}) {
  const collector = await createCollector({ onFull: 'reject', ...settings });
  const service = createCollectService({ collector, ...options });
  const url = await service.listen({ host: '127.0.0.1', port: 0 });
  onEnd(async () => {
    await service.close();
    await collector.close();
  });
  return { collector, service, url, port: Number(new URL(url).port), post: posting(url) };
}

function posting(url: string) {
  return (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json, query = '') =>
    fetch(`${url}/events${query}`, { method: 'POST', body, headers });
}

const counter = (value = 1) => ({ type: 'counter', name: 'jobs_total', labels: { queue: 'mail' }, value });

describe('POST /events', () => {
  it('takes an event, an array, and NDJSON, plain and packed', async () => {
    const { collector, post } = await start();
    expect(await answer(post(JSON.stringify(counter())))).toEqual([202, { accepted: 1 }]);
    expect(await answer(post(JSON.stringify([counter(2), counter(3)])))).toEqual([202, { accepted: 2 }]);
    expect(await answer(post(lines([counter(4), counter(5)]), ndjson))).toEqual([202, { accepted: 2 }]);
    const packed = new Uint8Array(gzipSync(lines([counter(6)])));
    expect(await answer(post(packed, { ...ndjson, ...gzip }))).toEqual([202, { accepted: 1 }]);
    expect(await answer(post('[]'))).toEqual([202, { accepted: 0 }]);
    await collector.flush();
    expect(collector.metrics()).toContain('jobs_total{queue="mail"} 21\n');
  });

  it('takes all types of events', async () => {
    const { collector, post } = await start();
    const events = [
      { type: 'http_request', method: 'GET', path: '/users/17', status: 200, durationMs: 5 },
      {
        type: 'backend_request',
        provider: 'p',
        model: 'm',
        success: false,
        latencyMs: 5,
        errorType: 'timeout',
      },
      { type: 'health_check', backend: 'db', healthy: true, durationMs: 1 },
      { type: 'cache', cache: 'users', operation: 'miss' },
      { type: 'gauge', name: 'depth', value: -3 },
      { type: 'histogram', name: 'size_bytes', value: 512 },
    ];
    expect(await answer(post(JSON.stringify(events)))).toEqual([202, { accepted: 6 }]);
    await collector.flush();
    const text = collector.metrics();
    for (const line of [
      'http_requests_total{method="GET",path="/users/:id",status="200"} 1',
      'backend_requests_total{error_type="timeout",model="m",provider="p",success="false"} 1',
      'health_check_healthy{backend="db"} 1',
      'cache_operations_total{cache="users",operation="miss"} 1',
      'depth -3',
      'size_bytes_count 1',
    ])
      expect(text.split('\n')).toContain(line);
    expect(collector.getStats()).toMatchObject({ total: 6, failed: 0 });
  });

  it('names bad lines with their reasons, and keeps the good ones', async () => {
    const { collector, post } = await start();
    const body = [counter(), counter(-1), { type: 'nothing' }, counter()].map((each) => JSON.stringify(each));
    const [status, said] = await answer(post([...body, '{', ''].join('\n'), ndjson));
    expect([status, said]).toEqual([
      400,
      {
        accepted: 2,
        rejected: [
          { line: 2, code: 'range', message: expect.stringContaining('counter.value') },
          { line: 3, code: 'unknown', message: expect.stringContaining('nothing') },
          { line: 5, code: 'invalid_json', message: expect.any(String) },
        ],
      },
    ]);
    await collector.flush();
    expect(collector.getStats()).toMatchObject({ total: 2, processed: 2, dropped: 0, failed: 0 });
  });

  it('lists only some of very many bad lines, and counts all', async () => {
    const { post } = await start({ maxRejected: 2 });
    const body = lines([...Array(5).fill({ type: 'nothing' }), counter()]);
    const [status, said] = await answer(post(body, ndjson));
    expect(status).toBe(400);
    expect(said).toMatchObject({ accepted: 1, moreRejected: 3, rejected: [{ line: 1 }, { line: 2 }] });
  });

  it('refuses other content types, bodies over the limit, and waits for a commit', async () => {
    const { post } = await start({ bodyLimitBytes: 100 });
    expect(await answer(post('x', { 'content-type': 'text/plain' }))).toMatchObject([415, { accepted: 0 }]);
    expect(await answer(post(`[${JSON.stringify(counter())}]`.padEnd(101)))).toMatchObject([
      413,
      { code: 'body_too_large' },
    ]);
    expect(await answer(post('[]', json, '?ack=committed'))).toMatchObject([400, { code: 'bad_ack' }]);
  });

  it('answers 429 with the next line when the buffer stays full, and takes the rest when it has room', async () => {
    const recorder = new NotingRecorder();
    const collector = Object.assign(recorder, {
      ...{ name: 'c', contentType: 'text/plain', metrics: () => '', backends: () => [] },
      snapshot: () => ({ at: 0, startedAt: 0, families: [] }),
      getStats: () => ({ total: 0, processed: 0, dropped: 0, failed: 0, pending: 0, batches: 0 }),
    });
    const take = recorder.recordEvent.bind(recorder);
    let room = 1;
    let attempts = 0;
    recorder.recordEvent = (event) => {
      attempts++;
      return room-- > 0 && take(event);
    };
    const service = createCollectService({ collector, fullWaitMs: 20 });
    const post = posting(await service.listen({ host: '127.0.0.1', port: 0 }));
    onEnd(() => service.close());
    const response = await post(lines([counter(1), counter(2)]), ndjson);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await answer(response)).toMatchObject([429, { code: 'ring_full', accepted: 1, nextLine: 2 }]);
    const waiting = createCollectService({ collector, fullWaitMs: 60_000 });
    const rest = posting(await waiting.listen({ host: '127.0.0.1', port: 0 }));
    onEnd(() => waiting.close());
    const before = attempts;
    const late = rest(lines([counter(2)]), ndjson);
    await until(() => attempts > before + 2, 'attempts');
    room = 1;
    expect(await answer(late)).toEqual([202, { accepted: 1 }]);
    expect(recorder.events.map((event) => 'value' in event && event.value)).toEqual([1, 2]);
  });

  it('ends a body that is still coming with a 503 that says how much was taken', async () => {
    const ingest = await start();
    const { req, answer: answered } = streamed(ingest, ndjson, '/events');
    req.write(lines([counter()]));
    await until(() => ingest.collector.getStats().total === 1, 'the first line');
    const closed = ingest.service.close();
    expect(await answered).toMatchObject({
      status: 503,
      body: { code: 'stopping', accepted: 1, nextLine: 2 },
    });
    req.destroy();
    await closed;
  });
});

describe('what it shows', () => {
  it('/metrics: the series and the counts of StatsD, /stats and /monitoring: counts', async () => {
    const recorder = await createCollector();
    const statsd = await listenStatsd(recorder, { port: 0 });
    onEnd(async () => {
      await statsd.close();
      await recorder.close();
    });
    const { collector, url, post } = await start({ statsd });
    await post(JSON.stringify(counter(3)));
    await collector.flush();
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toBe(collector.contentType);
    const text = await metrics.text();
    expect(text).toContain('jobs_total{queue="mail"} 3\n');
    expect(text).toContain('# TYPE batchflow_statsd_lines_total counter\n');
    expect(text).toContain('batchflow_statsd_lines_total{result="rejected",reason="value"} 0\n');
    const counts = { total_events: 1, processed_events: 1, dropped_events: 0, batch_count: 1 };
    expect(await answer(fetch(`${url}/monitoring`))).toEqual([
      200,
      { batch_metrics: expect.objectContaining({ ...counts, time_since_last_flush_ms: expect.any(Number) }) },
    ]);
    expect(await answer(fetch(`${url}/stats`))).toMatchObject([
      200,
      { collector: 'collector', stats: counts, backends: [], statsd: { datagrams: 0 } },
    ]);
    expect(await answer(fetch(`${url}/healthz`))).toEqual([200, { status: 'ok' }]);
    expect(await answer(fetch(`${url}/readyz`))).toEqual([200, { status: 'ready' }]);
    expect(await answer(fetch(`${url}/nowhere`))).toMatchObject([404, { code: 'not_found' }]);
  });

  it('wants the token where there is one, and refuses other hosts and pages', async () => {
    const { url, post } = await start({ token: 'secret' });
    for (const path of ['events', 'metrics', 'stats', 'monitoring']) {
      const method = path === 'events' ? 'POST' : 'GET';
      expect((await fetch(`${url}/${path}`, { method })).status, path).toBe(401);
    }
    expect((await post('[]', { ...json, authorization: 'Bearer secret' })).status).toBe(202);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const open = await start();
    expect((await open.post('[]', { ...json, origin: 'https://evil.example' })).status).toBe(403);
  });
});
