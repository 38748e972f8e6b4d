/**
 * The names by which a service without a token answers: what a page that rebinds its name to this address meets.
 */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { hostCheck, hostName } from '../../dist/src/server/host-names.js';
import { createIngestService, type IngestServiceOptions } from '../../dist/src/server/index.js';
import { event, json, start } from '../fixtures/ingest.js';

/** Status and body of a request with this `Host` header. */
async function ask(port: number, host: string, path = '/stats', method = 'GET', body?: string) {
  const headers = { host, ...(body !== undefined && { ...json, 'content-length': Buffer.byteLength(body) }) };
  const req = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    req.on('response', resolve).on('error', reject);
    req.end(body);
  });
  return { status: response.statusCode, body: await text(response) };
}

const refusal = (name: string) => ({
  status: 421,
  body: JSON.stringify({
    code: 'host_not_allowed',
    message:
      `"${name}" is no known name of this service; call it by its address or as localhost, ` +
      'name it with --allow-host (allowedHosts), or set a token',
  }),
});

describe('without a token', () => {
  test('addresses, names of the loopback and named ones are answered', async () => {
    const { port } = await start({ allowedHosts: ['Events.Internal', 'bücher.example'] });
    for (const host of [
      ...['127.0.0.1', '10.1.2.3:80', '[::1]', '[fe80::1]:8080', '127.1', 'localhost', 'LOCALHOST:8080'],
      ...[
        'localhost.',
        'a.b.localhost:1',
        'events.internal',
        'EVENTS.internal.:8080',
        'xn--bcher-kva.example',
      ],
    ]) {
      expect([host, (await ask(port, host)).status]).toEqual([host, 200]);
    }
  });

  test('no other name is, at any place, and nothing of a body is taken', async () => {
    const { port, flow } = await start({ allowedHosts: ['events.internal'] });
    for (const host of [
      ...[
        'evil.example',
        'localhost.evil.example',
        'notlocalhost',
        'x.events.internal',
        '127.0.0.1.evil.example',
      ],
      ...['localhost@evil.example', 'evil.example/localhost', '[::1]evil', '[x]', '%6cocalhost', 'a b'],
    ]) {
      expect(await ask(port, host)).toEqual(refusal(host));
    }
    for (const path of ['/', '/metrics', '/live/stream', '/live/main.js', '/healthz', '/readyz', '/none']) {
      expect(await ask(port, 'evil.example:8080', path)).toEqual(refusal('evil.example:8080'));
    }
    const body = JSON.stringify(event());
    expect(await ask(port, 'evil.example', '/v1/events', 'POST', body)).toEqual(refusal('evil.example'));
    expect(flow.stats().accepted).toBe(0);
    const long = `${'a'.repeat(200)}.example`;
    expect((await ask(port, long)).body.length).toBeLessThan(400);
    expect((await ask(port, 'a\u0085b')).body).toContain('\\\\u0085');
  });

  test('the target of the shipped Prometheus is a name that its example allows', async () => {
    const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    const target = /- targets: \['(.+):\d+'\]/.exec(read('test/integration/prometheus/prometheus.yml'))?.[1];
    const allowed = /serve .*--allow-host (\S+)/.exec(read('docs/metrics.md'))?.[1];
    expect(allowed).toBe(target);
    const { port } = await start({ allowedHosts: [allowed as string] });
    expect((await ask(port, `${target}:8080`, '/metrics')).status).toBe(200);
  });
});

test('with a token every name is answered', async () => {
  const { port, url } = await start({ token: 'secret' });
  expect((await ask(port, 'events.example', '/healthz')).status).toBe(200);
  expect((await ask(port, 'events.example', '/stats')).status).toBe(401);
  const headers = { authorization: 'Bearer secret' };
  expect((await fetch(`${url}/stats`, { headers })).status).toBe(200);
});

test('HTTP/1.0, which no browser speaks, needs no name', () => {
  expect(hostCheck([])(undefined)).toBe(true);
  expect(hostCheck([])('')).toBe(false);
});

test.each([
  ['EXAMPLE.com:80', 'example.com'],
  ['[::1]:80', '::1'],
  ['my_service', 'my_service'],
  ['a:b', undefined],
  ['a:80:80', undefined],
])('the name of %j is %j', (header, name) => {
  expect(hostName(header)).toBe(name);
});

test.each([['a:80'], ['http://a'], [''], ['a/b'], ['*'], [7], ['.'], ['999'], ['web.1'], ['127.1']])(
  'allowedHosts has no %j',
  async (name) => {
    const { flow } = await start();
    const schema = flow.producer().schema;
    const make = () =>
      createIngestService({ flow, schema, allowedHosts: [name] } as unknown as IngestServiceOptions);
    expect(make).toThrow(expect.objectContaining({ key: 'allowedHosts.0' }));
  },
);
