/**
 * Requests that the service does not take: too large, of the wrong kind, not authorized, broken off.
 */
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../dist/src/errors.js';
import { createIngestService } from '../../dist/src/server/index.js';
import { answer, event, json, lines, ndjson, start, streamed, writeOn } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

describe('what is not taken', () => {
  test('413: a JSON body over the limit, by its length or as it comes', async () => {
    const ingest = await start({ bodyLimitBytes: 1000 });
    const fits = JSON.stringify(event('/', { client: 'x'.repeat(800) }));
    expect((await ingest.post(fits, json)).status).toBe(202);
    const tooLarge = { code: 'body_too_large', message: expect.stringContaining('1000'), accepted: 0 };
    expect(await answer(ingest.post(fits.padEnd(1001), json))).toEqual([413, tooLarge]);
    expect(await answer(ingest.post(fits.padEnd(1000), json))).toEqual([202, { accepted: 1 }]);
    // NDJSON has no such limit.
    expect(await answer(ingest.post(lines(Array(100).fill(event())), ndjson))).toEqual([
      202,
      { accepted: 100 },
    ]);
    // A client that never ends still gets its answer.
    const { req, answer: answered } = streamed(ingest, json);
    await writeOn(req, ' '.repeat(64 * 1024), answered);
    expect(await answered).toMatchObject({ status: 413, body: tooLarge, headers: { connection: 'close' } });
    req.destroy();
  });

  test('415: another content type or encoding', async () => {
    const ingest = await start();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'nonsense',
      'constructor',
    ]) {
      const response = await ingest.post(JSON.stringify(event()), { 'content-type': type });
      expect([type, response.status]).toEqual([type, 415]);
      expect(await response.json()).toHaveProperty('code');
    }
    const { req, answer: missing } = streamed(ingest, {});
    req.end('{}');
    expect(await missing).toMatchObject({ status: 415, body: { code: 'unsupported_type' } });
    const typed = await ingest.post('{}', { 'content-type': 'text/plain' });
    expect(typed.headers.get('accept-post')).toContain('application/x-ndjson');
    const packed = await ingest.post('{}', { ...json, 'content-encoding': 'br' });
    expect([packed.status, packed.headers.get('accept-encoding')]).toEqual([415, 'gzip']);
    expect(ingest.flow.stats().accepted).toBe(0);
  });

  test('401: without the token, or with another', async () => {
    const ingest = await start({ token: 'sésame' });
    const token = Buffer.from('sésame').toString('latin1');
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      'Bearer x',
      `Basic ${token}`,
      token,
      `Bearer ${token}x`,
    ]) {
      const response = await ingest.post(lines([event()]), {
        ...ndjson,
        ...(authorization && { authorization }),
      });
      expect([authorization, response.status]).toEqual([authorization, 401]);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.json()).toEqual({ code: 'unauthorized', message: expect.any(String) });
    }
    expect((await fetch(`${ingest.url}/stats`)).status).toBe(401);
    expect((await fetch(`${ingest.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${ingest.url}/readyz`)).status).toBe(200);
    expect(ingest.flow.stats().accepted).toBe(0);
    const authorized = { ...ndjson, authorization: `bearer ${token}` };
    expect(await answer(ingest.post(lines([event()]), authorized))).toEqual([202, { accepted: 1 }]);
    // An endless body is not read to its end first.
    const { req, answer: answered } = streamed(ingest, ndjson);
    await writeOn(req, lines([event()]).repeat(500), answered);
    expect(await answered).toMatchObject({ status: 401, headers: { connection: 'close' } });
    req.destroy();
  });

  test('404: any other place', async () => {
    const { url } = await start();
    for (const [method, path] of [
      ['GET', '/v1/events'],
      ['POST', '/v1/event'],
      ['GET', '/v1'],
    ] as const) {
      expect(await answer(fetch(`${url}${path}`, { method }))).toEqual([
        404,
        { code: 'not_found', message: expect.any(String) },
      ]);
    }
  });

  test('a body that breaks off: what came is kept, and others are served', async () => {
    const ingest = await start();
    const { req, answer: answered } = streamed(ingest, { ...ndjson, 'content-length': 100_000 });
    req.write(lines([event()]));
    await until(() => ingest.flow.stats().accepted === 1, 'the first event');
    req.destroy();
    await expect(answered).rejects.toThrow();
    expect(await answer(ingest.post(lines([event()]), ndjson, '?ack=committed'))).toEqual([
      200,
      { committed: 1 },
    ]);
    expect(ingest.rows().length).toBe(2);
  });

  test('settings that cannot work', async () => {
    const { flow } = await start();
    const schema = flow.producer().schema;
    for (const bad of [
      { bodyLimitBytes: 0 },
      { maxLineBytes: 1.5 },
      { fullWaitMs: -1 },
      { ackTimeoutMs: 2 ** 31 },
      { token: '' },
    ]) {
      expect(() => createIngestService({ flow, schema, ...bad })).toThrow(ConfigError);
      expect(() => createIngestService({ flow, schema, ...bad })).toThrow(Object.keys(bad)[0] as string);
    }
  });
});
