/**
 * Requests that browsers send for web pages: of the service's own page, of other origins, and of those that
 * `allowedOrigins` names.
 */
import { once } from 'node:events';
import { get } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { foreignOrigin, originOf } from '../../dist/src/server/origins.js';
import { event, json, start } from '../fixtures/ingest.js';

const shop = 'https://shop.example';
const body = JSON.stringify(event());

async function refused(response: Response | Promise<Response>, page: string): Promise<void> {
  const { status } = await response;
  expect([status, await (await response).json()]).toEqual([
    403,
    {
      code: 'origin_not_allowed',
      message: `${page} may not use this service; --allow-origin (allowedOrigins) names the origins that may`,
    },
  ]);
  expect((await response).headers.get('access-control-allow-origin')).toBe(null);
}

/** Sent without fetch, which sets headers of its own. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const [response] = await once(get(url, { headers, agent: false }), 'response');
  response.resume();
  return response.statusCode;
}

describe('a page of another origin', () => {
  test.each([undefined, 'secret'])('is refused everywhere, also with the token %j', async (token) => {
    const { url, flow, post } = await start({ token });
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    for (const path of ['/', '/stats', '/metrics', '/live/stream', '/healthz', '/none']) {
      await refused(fetch(url + path, { headers: { ...headers, origin: shop } }), `a page of ${shop}`);
      for (const site of ['cross-site', 'same-site']) {
        const sent = fetch(url + path, { headers: { ...headers, 'sec-fetch-site': site } });
        await refused(sent, 'a page of another origin');
      }
    }
    await refused(post(body, { ...json, ...headers, origin: shop }), `a page of ${shop}`);
    await refused(post(body, { ...json, ...headers, origin: 'null' }), 'a page of another origin');
    await refused(post(body, { ...json, ...headers, origin: '' }), 'a page of another origin');
    const preflight = { origin: shop, 'access-control-request-method': 'POST' };
    await refused(fetch(`${url}/v1/events`, { method: 'OPTIONS', headers: preflight }), `a page of ${shop}`);
    expect(flow.stats().accepted).toBe(0);
  });

  test('that another port of the same machine serves is another origin', async () => {
    const { post, port, url } = await start();
    await refused(
      post(body, { ...json, origin: `http://127.0.0.1:${port + 1}` }),
      `a page of http://127.0.0.1:${port + 1}`,
    );
    expect((await post(body, { ...json, origin: url })).status).toBe(202);
  });

  test('may have a link to the live page, and only to that', async () => {
    const { url } = await start();
    const visit = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect(await statusOf(`${url}/?a`, visit)).toBe(200);
    expect(await statusOf(`${url}/live/stream`, visit)).toBe(403);
    expect(await statusOf(url, { ...visit, 'sec-fetch-dest': 'iframe' })).toBe(403);
    expect(await statusOf(url, { ...visit, origin: shop })).toBe(403);
  });
});

describe('an origin that is allowed', () => {
  const setup = { allowedOrigins: ['https://Shop.example:443/', 'chrome-extension://abc'], token: 'secret' };
  const page = { origin: shop, 'sec-fetch-site': 'cross-site' };

  test('gets its answers, errors too, with the headers that a browser wants', async () => {
    const { url, post } = await start(setup);
    const authorization = 'Bearer secret';
    for (const [response, status] of [
      [await post(body, { ...json, ...page, authorization }, '?ack=committed'), 200],
      [await fetch(`${url}/stats`, { headers: { ...page, authorization } }), 200],
      [await fetch(`${url}/stats`, { headers: page }), 401],
      [await fetch(`${url}/none`, { headers: page }), 404],
    ] as const) {
      expect(response.status).toBe(status);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'access-control-allow-origin': shop,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'retry-after',
        vary: 'Origin',
      });
    }
    // An answer without them must not be taken out of a cache for that page.
    expect((await fetch(`${url}/healthz`)).headers.get('vary')).toBe('Origin');
    await refused(
      fetch(`${url}/stats`, { headers: { origin: 'https://other.example' } }),
      'a page of https://other.example',
    );
    expect((await post(body, { ...json, authorization, origin: 'chrome-extension://abc' })).status).toBe(202);
  });

  test('gets the answer to its preflight, which carries no token', async () => {
    const { url } = await start(setup);
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    };
    const response = await fetch(`${url}/v1/events`, { method: 'OPTIONS', headers: { ...page, ...asked } });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '600',
    });
    // No preflight: there is no such place.
    expect((await fetch(`${url}/v1/events`, { method: 'OPTIONS', headers: page })).status).toBe(404);
  });

  test('may read the event stream, and its streams take no place from the page', async () => {
    const { url } = await start({ allowedOrigins: [shop] });
    const open = async (headers: Record<string, string>) => {
      const end = new AbortController();
      onTestFinished(() => end.abort());
      const response = await fetch(`${url}/live/stream`, { headers, signal: end.signal });
      // Held: fetch ends the stream of a response that is garbage.
      held.push(response);
      return response;
    };
    const held: Response[] = [];
    onTestFinished(() => void held.splice(0));
    const own = { 'x-batchflow-page': '1', 'sec-fetch-site': 'same-origin' };
    for (let i = 0; i < 32; i++) {
      const response = await open(i % 2 === 0 ? { ...page, 'x-batchflow-page': '1' } : {});
      expect(response.status).toBe(200);
      expect(response.headers.get('access-control-allow-origin')).toBe(i % 2 === 0 ? shop : null);
    }
    expect((await open(page)).status).toBe(503);
    // Where a browser sends no Sec-Fetch-Site, the page's header tells.
    for (let i = 0; i < 32; i++) {
      expect((await open(i % 2 === 0 ? own : { 'x-batchflow-page': '1' })).status).toBe(200);
    }
    expect((await open(own)).status).toBe(503);
  });
});

describe('the page of a request', () => {
  const host = 'localhost:8080';
  test.each([
    ['no browser', {}, undefined],
    ['the address bar', { 'sec-fetch-site': 'none' }, undefined],
    ['the own page', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8080' }, undefined],
    ['the own page of an old browser', { origin: 'http://localhost:8080' }, undefined],
    ['the own page behind TLS', { origin: 'https://events.example', host: 'events.example' }, undefined],
    [
      'the own page behind TLS, with the port',
      { origin: 'https://a.example', host: 'A.example:443' },
      undefined,
    ],
    [
      'the own page behind a proxy that changes Host',
      { 'sec-fetch-site': 'same-origin', origin: shop },
      undefined,
    ],
    ['another', { origin: shop }, shop],
    ['another port', { origin: 'http://localhost:3000' }, 'http://localhost:3000'],
    ['another of the same site', { 'sec-fetch-site': 'same-site' }, 'null'],
    ['an extension', { 'sec-fetch-site': 'none', origin: 'chrome-extension://a' }, 'chrome-extension://a'],
    ['a frame without an origin', { origin: 'null' }, 'null'],
    ['nonsense', { origin: 'localhost:8080' }, 'localhost:8080'],
    ['another scheme', { origin: 'app://localhost:8080' }, 'app://localhost:8080'],
  ])('of %s is told', (_, headers, origin) => {
    expect(foreignOrigin({ host, ...headers })).toBe(origin);
  });

  test.each([
    ['HTTPS://Shop.example:443/', shop],
    ['http://a:8080', 'http://a:8080'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['null', undefined],
    ['*', undefined],
    ['shop.example', undefined],
    ['https://shop.example/path', undefined],
    ['https://user@shop.example', undefined],
    ['https://', undefined],
    ['https://*.shop.example', undefined],
    ['https://shop.example,https://b.example', undefined],
    ['"https://shop.example"', undefined],
    ['https://shop.example"', undefined],
    ["https://shop.example'", undefined],
    ['https://<shop>', undefined],
  ])('the origin %j is %j', (text, origin) => {
    expect(originOf(text)).toBe(origin);
  });
});
