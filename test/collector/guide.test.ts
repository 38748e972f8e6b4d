/**
 * The examples of the guides to hooks and to StatsD run as they stand, in a program that has this package installed,
 * and record what the guides say.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { install, programFolder, run } from '../package/installed-package.js';

const pages = ['collector', 'collector-middleware', 'statsd'].map((name) =>
  readFileSync(new URL(`../../docs/guide/${name}.md`, import.meta.url), 'utf8'),
);

/** The block of code that a comment marks. */
function example(name: string): string {
  const [, rest = ''] = pages.join('').split(`<!-- ${name}: `);
  return /```js\n([\s\S]*?)```/.exec(rest)?.[1] ?? '';
}

/** Starts a backend before the example asks it. */
const backend = `
  import { createServer as createBackend } from 'node:http';
  const backend = createBackend((request, response) => response.end('answer'));
  await new Promise((listening) => backend.listen(0, '127.0.0.1', listening));
  process.env.BACKEND = 'http://127.0.0.1:' + backend.address().port;
`;

/** Asks the example's server, and waits for its answers. */
const asking = (...paths: string[]) => `
  if (!server.listening) await new Promise((listening) => server.once('listening', listening));
  for (const path of ${JSON.stringify(paths)})
    await (await fetch('http://127.0.0.1:' + server.address().port + path)).text();
`;

/** Prints all series but those of buckets, and ends the program. */
const ending = `
  await collector.flush();
  const series = collector.metrics().split('\\n');
  console.log(series.filter((line) => line !== '' && !/^#|^batchflow_collector_|_bucket|_sum/.test(line)).join('\\n'));
  await collector.close();
  process.exit();
`;

/** The series that an example has made, after what it prints itself. */
function seriesOf(name: string, peers: readonly string[], before: string, after: string): string[] {
  const folder = programFolder();
  install(folder, peers);
  const code = example(name);
  expect(code).toContain('createCollector');
  const { status, stdout, stderr } = run(folder, [before, code, after, ending].join('\n'));
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim().split('\n');
}

it('the collector', () => {
  const [line, ...series] = seriesOf('collector', [], '', '');
  expect(line).toMatch(
    /^Batch Metrics Stats: 6 total, 6 processed, 0 dropped, 6 batches, last flush: .* ago$/,
  );
  expect(series).toEqual(
    expect.arrayContaining([
      'http_requests_total{method="GET",path="/api/data",status="200"} 1',
      'custom_counter{region="us-east"} 42',
      'response_time_count{region="us-east"} 1',
    ]),
  );
});

it('fastify', () => {
  expect(seriesOf('fastify', ['fastify'], '', '')).toEqual([
    'http_requests_total{method="GET",path="/users/:id",status="200"} 1',
    'http_request_duration_seconds_count{method="GET",path="/users/:id",status="200"} 1',
  ]);
});

it('express', () => {
  expect(seriesOf('express', ['express'], '', asking('/users/7', '/users/8'))).toEqual([
    'http_requests_total{method="GET",path="/users/:id",status="200"} 2',
    'http_request_duration_seconds_count{method="GET",path="/users/:id",status="200"} 2',
  ]);
});

it('a plain server', () => {
  const series = seriesOf('server', [], '', `${asking('/users/7', '/about?x')} stop();`);
  expect(series.filter((line) => line.startsWith('http_requests_total')).sort()).toEqual([
    'http_requests_total{method="GET",path="/about",status="200"} 1',
    'http_requests_total{method="GET",path="/users/:id",status="200"} 1',
  ]);
});

it('undici', () => {
  const [printed, total] = seriesOf('undici', ['undici'], backend, '');
  expect(printed).toBe('answer');
  expect(total).toMatch(
    /^backend_requests_total\{.*model="gpt-large",provider="127\.0\.0\.1:\d+",success="true"\} 1$/,
  );
});

it('fetch', () => {
  const [printed, total] = seriesOf('fetch', [], backend, '');
  expect(printed).toBe('answer');
  expect(total).toMatch(/^backend_requests_total\{.*provider="weather",success="true"\} 1$/);
});

it('caches', () => {
  expect(seriesOf('cache', ['lru-cache'], '', '').sort()).toEqual([
    'cache_operations_total{cache="users",operation="eviction"} 1',
    'cache_operations_total{cache="users",operation="hit"} 1',
    'cache_operations_total{cache="users",operation="miss"} 1',
  ]);
});

it('StatsD', () => {
  const sending = `
    const { createSocket } = await import('node:dgram');
    const client = createSocket('udp4');
    client.send('api.users-v2:2|c|#env:prod', statsd.port, statsd.host);
    while (statsd.stats().recorded === 0) await new Promise(setImmediate);
    client.close();
    await statsd.close();
  `;
  const folder = programFolder();
  install(folder);
  // The port may be taken on the machine of the test.
  const code = example('statsd').replace('port: 8125', 'port: 0');
  const { stdout, stderr } = run(folder, [code, sending, ending].join('\n'));
  expect([stdout, stderr]).toEqual(['api_users_v2{env="prod"} 2\n', '']);
});
