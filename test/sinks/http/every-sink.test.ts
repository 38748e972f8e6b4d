/**
 * Each sink over HTTP before targets that are no targets: names that are not there, certificates that do not fit,
 * answers that are cut, slow, endless or nonsense. No row is taken for stored, and none for bad.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBatchFlow, defineSchema, type SinkRef, t } from '../../../dist/src/index.js';
import { elasticsearch } from '../../../dist/src/sinks/elasticsearch/index.js';
import { type HttpOptions, http } from '../../../dist/src/sinks/http/index.js';
import { influx } from '../../../dist/src/sinks/influx/index.js';
import { memorySink } from '../../../dist/src/testing/index.js';
import { Certificates } from '../../fixtures/certificates.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { HttpTarget, status } from '../../fixtures/http-target.js';
import { answering, rawServer } from '../../fixtures/raw-server.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });
const event = { id: 1, text: 'a secret of the row' };
type SinkAt = (url: string, options?: HttpOptions) => SinkRef;

const sinks: [string, SinkAt][] = [
  ['http', (url, options) => http({ url, ...options })],
  ['influx', (url, options) => influx({ url, database: 'test', ...options })],
  ['elasticsearch', (url, options) => elasticsearch({ url, ...options })],
];
const head = (code: string, rest: string) => `HTTP/1.1 ${code}\r\n${rest}\r\n\r\n`;
const large = 10 * 2 ** 20;

describe.each(sinks)('%s', (_, sinkAt) => {
  /** The error of a write, which may say nothing of a row. */
  const failureAt = async (url: string, options: HttpOptions = {}) => {
    const sink = await directSink(sinkAt(url, options), Events);
    const error = await errorOf(sink.write([event]));
    expect(error).toMatchObject({ message: expect.any(String) });
    expect(error?.message).not.toContain(event.text);
    expect(error?.message.length).toBeLessThan(1000);
    expect(sink.classify(error)).toBeUndefined();
    return error;
  };

  it('a name that is not there', async () => {
    const error = await failureAt('http://nowhere.invalid/');
    expect(error).toMatchObject({ verdict: 'retry', reason: 'connection' });
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(error?.code);
  });

  it.each([
    ['an answer that is cut', `${head('200 OK', 'content-length: 100')}{"errors":fal`],
    ['a chunk that is cut', `${head('200 OK', 'transfer-encoding: chunked')}5\r\n{"er`],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['nothing', ''],
    ['a length that is none', head('200 OK', 'content-length: many')],
  ])('%s', async (_, bytes) => {
    const error = await failureAt(await answering(bytes));
    expect(error).toMatchObject({ name: 'HttpRequestError', verdict: 'retry', reason: 'connection' });
  });

  it('a page of 10 MB with an error', async () => {
    const target = await HttpTarget.start();
    target.usual = status(500, `<html>${'x'.repeat(large)}`);
    expect(await failureAt(target.url)).toMatchObject({ status: 500, verdict: 'retry' });
  });

  it('a page of 10 MB with an error that is cut', async () => {
    const page = `${head('503 Busy', `content-length: ${large}`)}${'x'.repeat(large / 2)}`;
    expect(await failureAt(await answering(page))).toMatchObject({
      ...{ status: 503, verdict: 'retry', reason: 'overload' },
    });
  });

  it('an answer that does not come, or comes byte by byte', async () => {
    const silent = await failureAt(await rawServer(() => {}), { headersTimeoutMs: 50 });
    expect(silent).toMatchObject({ code: 'ETIMEDOUT', verdict: 'retry', reason: 'timeout' });
    const url = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write(head('200 OK', 'content-length: 100000'));
        const trickle = setInterval(() => socket.write(' '), 5);
        socket.once('close', () => clearInterval(trickle));
      });
    });
    const slow = await failureAt(url, { requestTimeoutMs: 100 });
    expect(slow).toMatchObject({ code: 'ETIMEDOUT', verdict: 'retry', reason: 'timeout' });
  });

  describe('a certificate', () => {
    let certificates: Certificates;
    beforeAll(() => {
      certificates = new Certificates();
    });

    it('of another name, or of an authority that is not known', async () => {
      const { cert, key } = certificates.sign('server', ['DNS:other.test']);
      const target = await HttpTarget.start({ cert: readFileSync(cert), key: readFileSync(key) });
      const unknown = await failureAt(target.url);
      expect(unknown).toMatchObject({ verdict: 'retry', reason: 'auth' });
      const otherName = await failureAt(target.url, { tls: { caFile: certificates.caFile } });
      expect(otherName).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', reason: 'auth' });
      expect(target.received).toHaveLength(0);
    });
  });

  it('through a flow: what is given up is a dead letter, and the accounts add up', async () => {
    const target = await HttpTarget.start();
    target.usual = status(500, '<html>'.padEnd(large, 'x'));
    const letters = memorySink();
    const flow = await createBatchFlow({
      ...{ schema: Events, sink: sinkAt(target.url), deadLetters: letters.sink, circuit: false },
      retry: { maxAttempts: 3, backoffMs: 1 },
    });
    flow.on('flushError', () => {});
    for (let id = 0; id < 20; id++) flow.push({ id });
    await flow.close();
    expect(flow.stats()).toMatchObject({ accepted: 20, committed: 0, deadLettered: 20, dropped: {} });
    expect(letters.rows()).toHaveLength(20);
  });
});
