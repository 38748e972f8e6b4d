/**
 * The client of all HTTP sinks: what it sends, which answers it takes for what, and what it does not say in errors.
 */

import { inspect } from 'node:util';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadSink } from '../../../dist/src/flow/delivery/sink-loader.js';
import { defineSchema, t } from '../../../dist/src/index.js';
import { HttpClient } from '../../../dist/src/sinks/http/client/http-client.js';
import { type HttpSinkOptions, http } from '../../../dist/src/sinks/http/index.js';
import { settingsOf } from '../../../dist/src/sinks/http/options.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { HttpTarget, status } from '../../fixtures/http-target.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32() });
const open = (url: string, options: Partial<HttpSinkOptions> = {}) =>
  directSink(http({ url, ...options }), Events);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('requests', () => {
  it('have the method, the headers and the query of the options, and keep their connection', async () => {
    const target = await HttpTarget.start();
    const sink = await open(`${target.url}?a=%2F`, { method: 'PUT', headers: { 'X-Tenant': 'seven' } });
    await sink.write([{ id: 1 }]);
    await sink.write([{ id: 2 }]);
    expect(target.received[0]).toMatchObject({ method: 'PUT', url: '/in?a=%2F' });
    expect(target.received[0]?.headers).toMatchObject({
      host: `127.0.0.1:${target.port}`,
      'content-type': 'application/json',
      'x-tenant': 'seven',
      'content-length': '10',
    });
    expect(target.rows).toEqual([{ id: 1 }, { id: 2 }]);
    expect(target.connections).toBe(1);
  });

  it('are at most so many at a time as there may be connections', async () => {
    const target = await HttpTarget.start();
    const held: (() => void)[] = [];
    target.usual = (response) => void held.push(() => response.end());
    const sink = await open(target.url, { connections: 2 });
    const writes = [1, 2, 3, 4].map((id) => sink.write([{ id }]));
    await until(() => held.length === 2, 'two requests');
    expect(target.connections).toBe(2);
    for (let done = 0; done < 4; done++) {
      await until(() => held.length > 0, 'the next request');
      held.shift()?.();
    }
    await Promise.all(writes);
    expect(target.connections).toBe(2);
  });

  it.each(['gzip', 'none'] as const)('with compression %s', async (compression) => {
    const target = await HttpTarget.start();
    const sink = await open(target.url, { compression });
    const events = Array.from({ length: 1000 }, (_, id) => ({ id }));
    await sink.write(events);
    expect(target.rows).toEqual(events);
    const sent = Number(target.received[0]?.headers['content-length']);
    expect(sent < 5000).toBe(compression === 'gzip');
  });

  it('zstd is refused where Node has none', async () => {
    const zlib = await import('node:zlib');
    const opened = errorOf(open('http://127.0.0.1:9', { compression: 'zstd' }));
    const hasZstd = 'zstdCompress' in zlib;
    expect((await opened)?.message).toEqual(hasZstd ? undefined : expect.stringContaining('Node 22.15'));
  });

  it('have the type of the body, unless the options have another', async () => {
    const target = await HttpTarget.start();
    await (await open(target.url)).write([{ id: 1 }]);
    const type = 'application/cloudevents-batch+json';
    await (await open(target.url, { headers: { 'Content-Type': type } })).write([{ id: 1 }]);
    expect(target.received.map(({ headers }) => headers['content-type'])).toEqual(['application/json', type]);
  });
});

describe('health', () => {
  it('is a connection, or what the target answers to a path of its own', async () => {
    const target = await HttpTarget.start();
    const asked: (string | undefined)[] = [];
    target.usual = (response, { method, url, headers }) => {
      asked.push(`${method} ${url} ${headers['x-a']}`);
      response.writeHead(url?.startsWith('/sick') ? 500 : 204).end();
    };
    const healthOf = async (options: Partial<HttpSinkOptions>) => {
      const ref = http({ url: `${target.url}?key=1`, headers: { 'X-A': 'b' }, ...options });
      const sink = await loadSink({ ...ref, options: structuredClone(ref.options) });
      onTestFinished(async () => void (await sink.close?.()));
      await sink.health?.(new AbortController().signal);
    };
    await healthOf({});
    await healthOf({ healthPath: '/healthz' });
    await healthOf({ healthPath: '/well/now?deep=%201' });
    expect(asked).toEqual(['GET /healthz b', 'GET /well/now?deep=%201 b']);
    expect(await errorOf(healthOf({ healthPath: '/sick' }))).toMatchObject({ status: 500 });
  });
});

describe('credentials', () => {
  const authorizationOf = async (options: Partial<HttpSinkOptions>, user = '') => {
    const target = await HttpTarget.start();
    const sink = await open(target.url.replace('//', `//${user}`), options);
    await sink.write([{ id: 1 }]);
    return target.received[0]?.headers.authorization;
  };
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  it.each([
    [{ token: 'abc' }, '', 'Bearer abc'],
    [{ username: 'ann', password: 'ü:x' }, '', basic('ann:ü:x')],
    [{}, 'ann:p%40ss@', basic('ann:p@ss')],
    [{ password: 'other' }, 'ann:p%40ss@', basic('ann:other')],
    [{ token: 'abc' }, 'ann:pass@', 'Bearer abc'],
    [{ headers: { Authorization: 'Own x' } }, '', 'Own x'],
    [
      {
        headersModule: new URL('data:text/javascript,export default async () => ({ Authorization: "M y" })'),
      },
      '',
      'M y',
    ],
  ])('%j with the user %j', async (options, user, expected) => {
    expect(await authorizationOf(options as Partial<HttpSinkOptions>, user)).toBe(expected);
  });

  it('come from the environment, and a variable that is not set is an error', async () => {
    vi.stubEnv('HTTP_SINK_TOKEN', 'from-env');
    expect(await authorizationOf({ tokenEnv: 'HTTP_SINK_TOKEN' })).toBe('Bearer from-env');
    const sink = await open('http://127.0.0.1:9', { tokenEnv: 'HTTP_SINK_NONE' });
    const error = await errorOf(sink.write([{ id: 1 }]));
    expect(error?.message).toContain('HTTP_SINK_NONE is not set');
    // No row is at fault: the batch is not halved.
    expect(error).toMatchObject({ verdict: 'retry', reason: 'auth' });
  });

  it('are never shown: not in errors, nor where the target repeats them', async () => {
    const target = await HttpTarget.start();
    target.usual = (response, { headers, url }) =>
      void response.writeHead(400).end(`no: ${headers.authorization} ${headers['x-api-key']} ${url}`);
    const url = `${target.url}/T0000/aaaabbbbccccddddeeee?key=query-secret&sig=a%2Bb%3D-signed&sig=second-sig`;
    const sink = await open(url.replace('//', '//ann:hunter2-pass@'), {
      headers: { 'X-Api-Key': 'key-in-header', 'X-Other-Key': 'key-in' },
    });
    const error = await errorOf(sink.write([{ id: 1 }]));
    const shown = inspect(error, { depth: 5 });
    const inAddress = ['query-secret', 'aaaabbbbccccddddeeee', 'a%2Bb', 'a+b', 'second-sig', '-header'];
    for (const secret of [
      ...inAddress,
      'hunter2-pass',
      basic('ann:hunter2-pass').slice(6),
      'key-in-header',
    ]) {
      expect(shown).not.toContain(secret);
    }
    expect(error?.message.split(' was answered')[0]).toBe(`POST http://127.0.0.1:${target.port}/in/T0000/…`);
    expect(() => http({ url: 'ftp://ann:hunter2-pass@host/' })).toThrow(/^(?!.*hunter2).*url: got/);
    expect(() => http({ url: 'http://h/', token: '' })).toThrow('token');
    expect(() => http({ url: 'http://h/', headers: { a: 'secret\nvalue' } })).toThrow(/^(?!.*secret)/);
  });
});

describe('answers', () => {
  it.each([
    [400, 'fatal', 'value'],
    [401, 'retry', 'auth'],
    [403, 'retry', 'auth'],
    [404, 'retry', 'syntax'],
    [405, 'retry', 'syntax'],
    [408, 'retry', 'timeout'],
    [409, 'fatal', 'value'],
    [415, 'retry', 'syntax'],
    [418, 'retry', 'syntax'],
    [422, 'fatal', 'value'],
    [425, 'retry', 'overload'],
    [429, 'retry', 'overload'],
    [500, 'retry', 'unknown'],
    [502, 'retry', 'connection'],
    [503, 'retry', 'overload'],
    [504, 'retry', 'timeout'],
    [599, 'retry', 'unknown'],
  ])('%i is %s, for %s', async (code, verdict, reason) => {
    const target = await HttpTarget.start();
    target.usual = status(code, 'because');
    const error = await errorOf((await open(target.url)).write([{ id: 1 }]));
    expect(error).toMatchObject({ status: code, verdict, reason, split: false });
    expect(error?.message).toContain(`was answered with ${code}: because`);
  });

  it('413 says that there was too much', async () => {
    const target = await HttpTarget.start();
    target.usual = status(413);
    const error = await errorOf((await open(target.url)).write([{ id: 1 }]));
    expect(error).toMatchObject({ verdict: 'fatal', split: true, reason: 'overload' });
  });

  it('a redirect is an error that says where to, and is not followed', async () => {
    const target = await HttpTarget.start();
    target.usual = status(307, '', { location: 'https://u:secret@other.example/new?token=secret' });
    const error = await errorOf((await open(target.url)).write([{ id: 1 }]));
    expect(error?.message).toContain('307: a redirect to https://other.example/new, which is not followed');
    expect(inspect(error)).not.toContain('secret');
    expect(error).toMatchObject({ verdict: 'retry', reason: 'syntax' });
  });

  it.each([
    ['7', 7000],
    ['0.5', 500],
    ['a date', 60_000],
    ['soon', undefined],
  ])('Retry-After: %s', async (header, expected) => {
    const target = await HttpTarget.start();
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    target.usual = status(503, '', { 'retry-after': header === 'a date' ? inAMinute : header });
    const error = await errorOf((await open(target.url)).write([{ id: 1 }]));
    if (expected === undefined) expect(error?.retryAfterMs).toBeUndefined();
    else {
      expect(error?.retryAfterMs).toBeGreaterThan(expected - 5000);
      expect(error?.retryAfterMs).toBeLessThanOrEqual(expected);
    }
  });

  it('a wrong address or password is a warning of the process, once, and is tried again slowly', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error) => void warnings.push(warning.message);
    process.on('warning', listen);
    const target = await HttpTarget.start();
    target.usual = status(403, 'not you');
    const sink = await open(target.url);
    const error = await errorOf(sink.write([{ id: 1 }]));
    await errorOf(sink.write([{ id: 1 }]));
    await until(() => warnings.length > 0, 'the warning');
    process.off('warning', listen);
    expect(warnings.filter((text) => text.includes('403: not you'))).toHaveLength(1);
    expect(error?.retryAfterMs).toBeGreaterThanOrEqual(2000);
  });

  it('of 10 MB are read within a bound, and shown in 300 characters', async () => {
    const target = await HttpTarget.start();
    target.usual = status(500, '<html>\n'.padEnd(10 * 2 ** 20, 'x'));
    const sink = await open(target.url);
    const error = await errorOf(sink.write([{ id: 1 }]));
    expect(error?.message.length).toBeLessThan(400);
    const { answer } = error as unknown as { answer: { body: Buffer; isCut: boolean } };
    expect(answer.body.length).toBe(2 ** 20);
    expect(answer.isCut).toBe(true);
    target.usual = status(200, 'y'.repeat(10 * 2 ** 20));
    await sink.write([{ id: 2 }]);
    expect(target.connections).toBeGreaterThan(1);
  });

  it('before the end of a request count, though the connection ends', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 4\r\nconnection: close\r\n\r\nmuch');
        socket.pause();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const client = new HttpClient(`http://127.0.0.1:${port}/`, settingsOf({ url: 'http://h/' }));
    const body = new Uint8Array(20 * 2 ** 20);
    const error = await errorOf(client.send({ body, signal: AbortSignal.timeout(10_000) }));
    client.close();
    server.close();
    expect(error).toMatchObject({ status: 413, split: true });
  });
});
