/**
 * Proxies between a sink and its target: those of the options and of the environment.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { defineSchema, t } from '../../../dist/src/index.js';
import { type HttpSinkOptions, http } from '../../../dist/src/sinks/http/index.js';
import { Certificates } from '../../fixtures/certificates.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { HttpTarget } from '../../fixtures/http-target.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });
const open = (url: string, options: Partial<HttpSinkOptions> = {}) =>
  directSink(http({ url, ...options }), Events);
const one = [{ id: 1 }];

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('proxies', () => {
  /** A proxy that wants a password, and what it was asked. */
  async function proxy() {
    const asked: string[] = [];
    const isKnown = ({ headers }: IncomingMessage) =>
      headers['proxy-authorization'] === `Basic ${Buffer.from('pat:p@ss').toString('base64')}`;
    const server = createHttp((incoming, response) => {
      asked.push(`${incoming.method} ${incoming.url}`);
      if (!isKnown(incoming)) return void response.writeHead(407).end();
      const { authorization = '' } = incoming.headers;
      const headers = { 'content-type': 'application/json', authorization };
      const onward = request(incoming.url as string, { method: incoming.method, headers }, (answer) => {
        response.writeHead(answer.statusCode as number);
        answer.pipe(response);
      });
      incoming.pipe(onward);
    });
    server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
      asked.push(`CONNECT ${incoming.url}`);
      socket.on('error', () => {});
      if (!isKnown(incoming)) return void socket.end('HTTP/1.1 407 No\r\n\r\n');
      const [host, port] = (incoming.url as string).split(':') as [string, string];
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket);
        socket.pipe(onward);
      });
      onward.on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    return { asked, url: `http://pat:p%40ss@127.0.0.1:${port}`, wrong: `http://127.0.0.1:${port}` };
  }

  it('take requests without TLS whole, and tunnel those with it', async () => {
    const { asked, url } = await proxy();
    const plain = await HttpTarget.start();
    const certificates = new Certificates();
    const { cert, key } = certificates.sign('server', ['IP:127.0.0.1']);
    const secure = await HttpTarget.start({ cert: readFileSync(cert), key: readFileSync(key) });
    await (await open(plain.url, { proxy: url, token: 'abc' })).write(one);
    await (await open(secure.url, { proxy: url, tls: { caFile: certificates.caFile } })).write(one);
    expect(asked).toEqual([`POST ${plain.url}`, `CONNECT 127.0.0.1:${secure.port}`]);
    expect(plain.received[0]?.headers.authorization).toBe('Bearer abc');
    // What is for the proxy stays there.
    expect(secure.received[0]?.headers['proxy-authorization']).toBeUndefined();
  });

  it('come from the environment, which names exceptions', async () => {
    const { asked, url } = await proxy();
    const target = await HttpTarget.start();
    vi.stubEnv('http_proxy', url);
    await (await open(target.url)).write(one);
    expect(asked).toHaveLength(1);
    for (const exception of ['*', '127.0.0.1', `x,127.0.0.1:${target.port}`]) {
      vi.stubEnv('NO_PROXY', exception);
      await (await open(target.url)).write(one);
    }
    await (await open(target.url, { proxy: false })).write(one);
    expect(asked).toHaveLength(1);
    vi.stubEnv('NO_PROXY', '127.0.0.1:1');
    await (await open(target.url)).write(one);
    expect(asked).toHaveLength(2);
  });

  it('that refuse are errors of the way, and show no password', async () => {
    const { wrong } = await proxy();
    const target = await HttpTarget.start();
    const plain = await errorOf((await open(target.url, { proxy: wrong })).write(one));
    expect(plain).toMatchObject({ status: 407, verdict: 'retry', reason: 'auth' });
    const secure = await errorOf((await open('https://127.0.0.1:9/', { proxy: wrong })).write(one));
    expect(secure?.message).toContain('the proxy answered 407 to CONNECT');
    expect(secure).toMatchObject({ verdict: 'retry' });
    expect(() => http({ url: target.url, proxy: 'socks5://u:hidden-pass@h' })).toThrow(/^(?!.*hidden-pass)/);
  });
});
