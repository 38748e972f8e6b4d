/**
 * Targets by HTTP that are away, slow, cut, talk nonsense or show the wrong certificate.
 */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { type HttpSinkOptions, http } from '../../../dist/src/sinks/http/index.js';
import { Certificates } from '../../fixtures/certificates.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { HttpTarget } from '../../fixtures/http-target.js';
import { answering, rawServer } from '../../fixtures/raw-server.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });
const open = (url: string, options: Partial<HttpSinkOptions> = {}) =>
  directSink(http({ url, ...options }), Events);
const one = [{ id: 1 }];

describe('a target', () => {
  it('that restarts: the next write has a new connection', async () => {
    const target = await HttpTarget.start();
    const sink = await open(target.url);
    await sink.write(one);
    await target.stop();
    const error = await errorOf(sink.write(one));
    expect(error).toMatchObject({ verdict: 'retry', reason: 'connection' });
    const again = await HttpTarget.start(undefined, target.port);
    await sink.write([{ id: 2 }]);
    expect(again.rows).toEqual([{ id: 2, text: null }]);
  });

  it('that closes connections between requests, through a flow: every row arrives', async () => {
    const target = await HttpTarget.start();
    target.usual = (response) => {
      response.end('{}', () => target.latest?.resetAndDestroy());
    };
    const flow = await createBatchFlow({
      schema: Events,
      sink: http({ url: target.url }),
      ...{ flushSize: 20, flushIntervalMs: 5 },
      retry: { maxAttempts: 50, backoffMs: 5, maxBackoffMs: 20 },
    });
    for (let id = 0; id < 400; id++) flow.push({ id });
    await flow.close();
    expect(flow.stats().committed).toBe(400);
    expect(new Set(target.rows.map(({ id }) => id)).size).toBe(400);
  });

  it.each([
    ['an answer that is cut', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
    ['nonsense', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['nothing', ''],
    ['a chunk of nonsense', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['headers without an end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`],
  ])('with %s is tried again', async (_, text) => {
    const error = await errorOf((await open(await answering(text))).write(one));
    expect(error).toMatchObject({ name: 'HttpRequestError', verdict: 'retry', reason: 'connection' });
  });

  it.each([0, 99, 199])(
    'with the status %i, which is none of success: nothing is committed',
    async (code) => {
      const line = `HTTP/1.1 ${String(code).padStart(3, '0')} Odd`;
      // An answer of 1xx is followed by another one; here the connection ends.
      const error = await errorOf(
        (await open(await answering(`${line}\r\ncontent-length: 0\r\n\r\n`))).write(one),
      );
      expect(error).toMatchObject({ verdict: 'retry' });
    },
  );

  it('with a change of the protocol that nobody has asked for', async () => {
    const url = await answering(
      'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
      false,
    );
    expect(await errorOf((await open(url)).write(one))).toMatchObject({ status: 101, verdict: 'retry' });
  });

  it('with a failure that is cut: the status counts', async () => {
    const url = await answering('HTTP/1.1 422 No\r\ncontent-length: 100\r\n\r\nhalf');
    expect(await errorOf((await open(url)).write(one))).toMatchObject({ status: 422, verdict: 'fatal' });
  });

  it('with a name that is not there', async () => {
    const error = await errorOf((await open('http://nowhere.invalid/')).write(one));
    expect(error).toMatchObject({ verdict: 'retry', reason: 'connection' });
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(error?.code);
  });

  it('that is too large a batch for: halves are sent, and a row alone is given up', async () => {
    const target = await HttpTarget.start();
    target.usual = (response, { body }) => void response.writeHead(body.length > 300 ? 413 : 200).end();
    const flow = await createBatchFlow({ schema: Events, sink: http({ url: target.url }), flushSize: 64 });
    const failed: unknown[] = [];
    flow.on('flushError', (error) => failed.push(error.rows, error.cause));
    for (let id = 0; id < 64; id++) flow.push({ id, ...(id === 9 && { text: 'x'.repeat(400) }) });
    await flow.close();
    expect(flow.stats()).toMatchObject({ accepted: 64, committed: 63 });
    expect(failed).toMatchObject([1, { code: 'ERR_HTTP_STATUS', reason: 'overload' }]);
    expect(target.rows).toHaveLength(63);
  });

  it('gets a batch in halves that is larger than maxBodyBytes', async () => {
    const target = await HttpTarget.start();
    const sink = http({ url: target.url, maxBodyBytes: 2048 });
    const flow = await createBatchFlow({ schema: Events, sink, flushSize: 64 });
    for (let id = 0; id < 64; id++) flow.push({ id, text: 'x'.repeat(100) });
    await flow.close();
    expect(flow.stats()).toMatchObject({ accepted: 64, committed: 64 });
    expect(target.rows.map(({ id }) => id)).toEqual(Array.from({ length: 64 }, (_, id) => id));
  });

  it('that refuses one row: it is found, and the others are committed', async () => {
    const target = await HttpTarget.start();
    target.usual = (response, { body }) => {
      const isBad = body.toString().includes('"id":13,');
      response.writeHead(isBad ? 422 : 200).end(isBad ? 'unlucky' : '');
    };
    const flow = await createBatchFlow({ schema: Events, sink: http({ url: target.url }), flushSize: 32 });
    const failed: unknown[] = [];
    flow.on('flushError', (error) => failed.push(error.rows, error.cause));
    for (let id = 0; id < 32; id++) flow.push({ id });
    await flow.close();
    expect(failed).toMatchObject([1, { code: 'ERR_HTTP_STATUS', reason: 'value' }]);
    expect(target.rows).toHaveLength(31);
  });
});

describe('time limits', () => {
  const silent = () => rawServer(() => {});

  it('of the head of an answer', async () => {
    const sink = await open(await silent(), { headersTimeoutMs: 50 });
    const error = await errorOf(sink.write(one));
    expect(error).toMatchObject({ code: 'ETIMEDOUT', reason: 'timeout', verdict: 'retry' });
    expect(error?.message).toContain('headersTimeoutMs');
  });

  it('of a pause within an answer', async () => {
    const url = await answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', false);
    const error = await errorOf((await open(url, { bodyTimeoutMs: 50 })).write(one));
    expect(error?.message).toContain('bodyTimeoutMs');
  });

  it('of the whole, however an answer trickles', async () => {
    const url = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
        const trickle = setInterval(() => socket.write('x'), 5);
        socket.once('close', () => clearInterval(trickle));
      });
    });
    const error = await errorOf((await open(url, { requestTimeoutMs: 100 })).write(one));
    expect(error?.message).toContain('requestTimeoutMs');
    expect(error).toMatchObject({ code: 'ETIMEDOUT', reason: 'timeout' });
  });

  it('of the connection, which TLS is a part of', async () => {
    const url = (await silent()).replace('http:', 'https:');
    const error = await errorOf((await open(url, { connectTimeoutMs: 50 })).write(one));
    expect(error?.message).toContain('connectTimeoutMs');
    expect(error).toMatchObject({ reason: 'timeout' });
  });

  it('of the flow: its signal ends a request, with its own reason', async () => {
    const sink = await open(await silent());
    const stop = new AbortController();
    const write = errorOf(sink.write(one, stop.signal));
    const reason = new Error('the flow stops');
    setImmediate(() => stop.abort(reason));
    expect(await write).toBe(reason);
  });

  // Node tells a request that is ended before it has a connection only when that is there, or has failed.
  describe('while a connection is being made', () => {
    const secure = async () => (await silent()).replace('http:', 'https:');
    const ways: [string, () => Promise<[string, Partial<HttpSinkOptions>]>][] = [
      ['with TLS', async () => [await secure(), {}]],
      ['by a proxy', async () => ['https://target.invalid/', { proxy: await silent() }]],
    ];

    it.each(ways)('%s: the signal ends the request', async (_, way) => {
      const [url, options] = await way();
      const sink = await open(url, { ...options, connectTimeoutMs: 600_000 });
      const stop = new AbortController();
      const write = errorOf(sink.write(one, stop.signal));
      const reason = new Error('the flow stops');
      setImmediate(() => stop.abort(reason));
      expect(await write).toBe(reason);
    });

    it.each(ways)('%s: requestTimeoutMs ends it', async (_, way) => {
      const [url, options] = await way();
      const sink = await open(url, { ...options, connectTimeoutMs: 600_000, requestTimeoutMs: 50 });
      const error = await errorOf(sink.write(one));
      expect(error?.message).toContain('requestTimeoutMs');
      expect(error).toMatchObject({ code: 'ETIMEDOUT', reason: 'timeout', verdict: 'retry' });
    });
  });

  it('leave no connection behind: those of ended requests are closed, and those of a closed sink', async () => {
    let left = 0;
    let made = 0;
    const url = await rawServer((socket) => {
      made++;
      left++;
      socket.once('close', () => left--).resume();
    });
    const sink = await open(url.replace('http:', 'https:'));
    const stop = new AbortController();
    const write = errorOf(sink.write(one, stop.signal));
    await until(() => made === 1, 'a connection');
    stop.abort();
    await write;
    await until(() => left === 0, 'its end');
    const other = errorOf(sink.write(one));
    await until(() => made === 2, 'another connection');
    await sink.close();
    expect(await other).toMatchObject({ verdict: 'retry' });
    await until(() => left === 0, 'its end');
  });
});

describe('certificates', () => {
  let certificates: Certificates;
  let fits: { cert: string; key: string };
  beforeAll(() => {
    certificates = new Certificates();
    fits = certificates.sign('server', ['IP:127.0.0.1', 'DNS:target.test']);
  });
  const files = ({ cert, key }: { cert: string; key: string }) => ({
    cert: readFileSync(cert),
    key: readFileSync(key),
  });

  it('of a known authority are taken, also by another name', async () => {
    const target = await HttpTarget.start(files(fits));
    await (await open(target.url, { tls: { caFile: certificates.caFile } })).write(one);
    const tls = { ca: readFileSync(certificates.caFile, 'utf8'), servername: 'target.test' };
    await (await open(target.url, { tls })).write(one);
    expect(target.received).toHaveLength(2);
    const careless = await open(target.url, { tls: { rejectUnauthorized: false } });
    await careless.write(one);
  });

  it('that do not fit are errors of the configuration', async () => {
    const target = await HttpTarget.start(files(fits));
    const unknown = await errorOf((await open(target.url)).write(one));
    expect(unknown).toMatchObject({ reason: 'auth', verdict: 'retry' });
    const other = { caFile: certificates.caFile, servername: 'other.test' };
    const wrongName = await errorOf((await open(target.url, { tls: other })).write(one));
    expect(wrongName).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', reason: 'auth' });
    const file = await errorOf((await open(target.url, { tls: { caFile: '/nowhere.pem' } })).write(one));
    expect(file?.message).toContain('caFile cannot be read');
    expect(target.received).toHaveLength(0);
  });

  it('of a client are shown where the target asks for them', async () => {
    const ca = readFileSync(certificates.caFile);
    const target = await HttpTarget.start({
      ...files(fits),
      ca,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const { cert, key } = certificates.sign('client');
    const tls = { caFile: certificates.caFile };
    expect(await errorOf((await open(target.url, { tls })).write(one))).toMatchObject({ verdict: 'retry' });
    await (await open(target.url, { tls: { ...tls, certFile: cert, keyFile: key } })).write(one);
    expect(target.received).toHaveLength(1);
  });
});
