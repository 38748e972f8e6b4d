/**
 * Where the events themselves go, beside what is counted of them.
 */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createCollector } from '../../dist/src/collector/index.js';
import { ConfigError, handler } from '../../dist/src/index.js';
import { elasticsearch } from '../../dist/src/sinks/elasticsearch/index.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { folder } from '../fixtures/command.js';
import { ElasticsearchDouble } from '../fixtures/elasticsearch-double.js';
import { sql } from '../fixtures/letters.js';

test('each event is a row of its type in a database', async () => {
  const file = join(folder(), 'events.db');
  const collector = await createCollector({ events: [{ sink: sqlite({ file }), flushIntervalMs: 10 }] });
  onTestFinished(async () => void (await collector.close()));
  const before = Date.now();
  collector.recordHttpRequest('GET', '/users/17?x=1', 200, 1.5);
  collector.recordBackendRequest('openai', 'gpt-4', true, 20);
  collector.recordBackendRequest('openai', 'gpt-4', false, 20, 'timeout');
  collector.recordCounter('n', { region: 'us', ok: true }, 2);
  collector.recordCacheMetric('c', 'hit');
  await collector.close();
  expect(sql(file, 'SELECT method, path, status, durationMs FROM http_request')).toEqual([
    ['GET', '/users/17?x=1', 200, 1.5],
  ]);
  expect(sql(file, 'SELECT success, errorType FROM backend_request')).toEqual([
    [1, null],
    [0, 'timeout'],
  ]);
  expect(sql(file, 'SELECT name, labels, value FROM counter')).toEqual([
    ['n', '{"ok":"true","region":"us"}', 2],
  ]);
  const [[at]] = sql(file, 'SELECT at FROM cache') as [[number]];
  expect(Number(at)).toBeGreaterThanOrEqual(before);
});

test('a sink of events that is down holds up no count, and loses what its buffer cannot hold', async () => {
  const types = ['cache'];
  const words = new Int32Array(new SharedArrayBuffer(16));
  words[0] = 1;
  const sink = handler(new URL('../fixtures/sinks/remembering-events-sink.mjs', import.meta.url), {
    words,
    types,
  });
  const collector = await createCollector({
    flushIntervalMs: 10,
    events: [{ sink, types, flushSize: 10, bufferSize: 100, flushIntervalMs: 5 }],
  });
  onTestFinished(async () => void (await collector.close({ timeoutMs: 1000 }).catch(() => {})));
  for (let i = 0; i < 500; i++) collector.recordCacheMetric('c', 'hit');
  collector.recordHealthCheck('b', true, 1);
  await expect.poll(() => collector.getStats().processed).toBe(501);
  expect(collector.getStats().dropped).toBe(0);
  words[0] = 0;
  await expect.poll(() => collector.eventStats()[0]?.pending).toBe(0);
  const [stats] = collector.eventStats();
  expect(stats?.committed).toBe(words[1]);
  expect((stats?.committed ?? 0) + (stats?.dropped['drop-newest'] ?? 0)).toBe(500);
  expect(stats?.dropped['drop-newest']).toBeGreaterThan(0);
});

test('a type that is not known is an error', async () => {
  const events = [{ sink: sqlite({ file: join(folder(), 'e.db') }), types: ['nonsense'] }];
  await expect(createCollector({ events })).rejects.toThrow(ConfigError);
});

test('each event is a document of Elasticsearch, with its own id', async () => {
  const server = await ElasticsearchDouble.start();
  onTestFinished(() => server.stop());
  const sink = elasticsearch({ url: server.url, index: 'metric-events' });
  const collector = await createCollector({
    events: [{ sink, types: ['http_request'], flushIntervalMs: 10 }],
  });
  collector.recordHttpRequest('GET', '/a', 200, 1.5);
  collector.recordHttpRequest('GET', '/b', 404, 2);
  collector.recordCacheMetric('c', 'hit');
  await collector.close();
  const documents = server.sources('metric-events');
  expect(documents).toMatchObject([
    { method: 'GET', path: '/a', status: 200, durationMs: 1.5, at: expect.anything() },
    { method: 'GET', path: '/b', status: 404 },
  ]);
});
