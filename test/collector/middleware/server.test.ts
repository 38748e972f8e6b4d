/**
 * The hook of a plain http.Server counts each request once, with its status and until its end, and changes nothing.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { observeServer } from '../../../dist/src/collector/middleware/index.js';
import { NotingRecorder } from '../../fixtures/noting-recorder.js';
import { listening, sendBytes, textOf } from '../../fixtures/raw-http.js';
import { until } from '../../fixtures/until.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function observed(handler: Handler, options?: Parameters<typeof observeServer>[2]) {
  const server = createServer(handler);
  const recorder = new NotingRecorder();
  const stop = observeServer(server, recorder, options);
  const port = await listening(server);
  return { server, recorder, stop, port, url: `http://127.0.0.1:${port}` };
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const ok: Handler = (_request, response) => void response.end('ok');

it('counts a request once, by its path without the query', async () => {
  const { recorder, url } = await observed(ok);
  await (await fetch(`${url}/users/7?token=secret#part`)).text();
  await until(() => recorder.events.length > 0, 'the request');
  expect(recorder.requests).toEqual(['GET /users/7 200']);
});

it('counts answers without a body: HEAD, 204, 304, and an answer to Expect', async () => {
  const { recorder, url, port } = await observed((incoming, response) => {
    response.statusCode = Number(incoming.url?.slice(1));
    response.end(incoming.method === 'GET' ? undefined : 'body');
  });
  await fetch(`${url}/200`, { method: 'HEAD' });
  await fetch(`${url}/204`);
  await fetch(`${url}/304`);
  const expecting = request({
    port,
    host: '127.0.0.1',
    path: '/201',
    method: 'PUT',
    headers: { expect: '100-continue' },
  });
  expecting.end('x');
  await once(expecting, 'response');
  await until(() => recorder.events.length === 4, 'four requests');
  expect(recorder.requests).toEqual(['HEAD /200 200', 'GET /204 204', 'GET /304 304', 'PUT /201 201']);
});

it('counts a request whose listener of checkContinue passes it on as one', async () => {
  const { server, recorder, port } = await observed(ok);
  server.on('checkContinue', (incoming, response) => {
    response.writeContinue();
    server.emit('request', incoming, response);
  });
  const expecting = request({ port, host: '127.0.0.1', method: 'PUT', headers: { expect: '100-continue' } });
  expecting.end('x');
  await once(expecting, 'response');
  await until(() => recorder.events.length > 0, 'the request');
  expect(recorder.requests).toEqual(['PUT / 200']);
});

it('counts each request of a pipeline, also those whose turn has not come when the connection breaks', async () => {
  let answerFirst: (() => void) | undefined;
  const { recorder, port } = await observed((incoming, response) => {
    if (incoming.url === '/0') answerFirst = () => response.end();
    else if (incoming.url === '/1') response.end();
  });
  const socket = await sendBytes(port, Array.from({ length: 20 }, (_, i) => get(`/${i}`)).join(''));
  await until(() => answerFirst !== undefined, 'the first request');
  answerFirst?.();
  await until(() => recorder.events.length === 2, 'two answers');
  socket.destroy();
  await until(() => recorder.events.length === 20, 'all requests');
  const rest = Array.from({ length: 18 }, (_, i) => `GET /${i + 2} 499`);
  expect(recorder.requests.slice(0, 2)).toEqual(['GET /0 200', 'GET /1 200']);
  expect(recorder.requests.slice(2).sort()).toEqual(rest.sort());
});

it('adds one listener to a connection, however many requests it carries', async () => {
  const { server, recorder, port } = await observed(ok);
  const listeners: number[] = [];
  server.on('request', ({ socket }) => listeners.push(socket.listenerCount('close')));
  const socket = await sendBytes(port, get('/first'));
  for (let i = 0; i < 20; i++) {
    await until(() => recorder.events.length > i, 'an answer');
    socket.write(get(`/${i}`));
  }
  await until(() => listeners.length > 20, 'all requests');
  expect(Math.max(...listeners.slice(1))).toBeLessThanOrEqual(listeners[0] as number);
});

it('counts 499 when the client goes before the end of a body, measured until then', async () => {
  let began: (() => void) | undefined;
  const begun = new Promise<void>((resolve) => {
    began = resolve;
  });
  const { recorder, url } = await observed((_request, response) => {
    response.write('the first part');
    began?.();
  });
  const aborting = new AbortController();
  const response = await fetch(url, { signal: aborting.signal });
  await begun;
  const before = performance.now();
  expect(recorder.events).toEqual([]);
  await until(() => performance.now() - before > 20, '20 ms');
  aborting.abort();
  await response.text().catch(() => {});
  await until(() => recorder.events.length > 0, 'the request');
  expect(recorder.requests).toEqual(['GET / 499']);
  expect(recorder.durations[0]).toBeGreaterThan(20);
});

it('measures a streamed body to its end', async () => {
  let end: (() => void) | undefined;
  const { recorder, url } = await observed((_request, response) => {
    response.write('first');
    end = () => response.end('last');
  });
  const response = await fetch(url);
  const before = performance.now();
  await until(() => performance.now() - before > 20, '20 ms');
  expect(recorder.events).toEqual([]);
  end?.();
  expect(await response.text()).toBe('firstlast');
  await until(() => recorder.events.length > 0, 'the request');
  expect(recorder.durations[0]).toBeGreaterThan(20);
});

it('counts 500 for a response that its handler destroys with an error', async () => {
  const { recorder, url } = await observed((_request, response) => {
    response.on('error', () => {});
    response.destroy(new Error('no more'));
  });
  await fetch(url).catch(() => {});
  await until(() => recorder.events.length > 0, 'the request');
  expect(recorder.requests).toEqual(['GET / 500']);
});

it.each([
  ['write', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n', 101],
  ['end', 'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n', 401],
] as const)(
  'counts an upgrade with the status that its handler gives to %s()',
  async (method, head, status) => {
    const { server, recorder, port } = await observed(ok);
    server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
      socket[method](head);
      if (method === 'write') socket.end('and more');
    });
    const socket = await sendBytes(port, get('/chat?x', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'));
    const text = await textOf(socket);
    expect(text).toBe(method === 'write' ? `${head}and more` : head);
    expect(recorder.requests).toEqual([`GET /chat ${status}`]);
  },
);

it('counts an upgrade for each of two recorders', async () => {
  const { server, recorder, port } = await observed(ok);
  const second = new NotingRecorder();
  observeServer(server, second);
  let own: string[] = [];
  server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    own = Object.keys(socket).filter((name) => name === 'write' || name === 'end');
    socket.end();
  });
  await textOf(await sendBytes(port, get('/chat', 'Connection: Upgrade\r\nUpgrade: x\r\n')));
  await until(() => recorder.events.length === 1 && second.events.length === 1, 'both');
  expect([recorder.requests, second.requests]).toEqual([['GET /chat 101'], ['GET /chat 101']]);
  expect(own).toEqual([]);
});

it('leaves a request for an upgrade that nobody listens for to the handler', async () => {
  const { recorder, port } = await observed(ok);
  const upgrade = get('/', 'Connection: Upgrade, close\r\nUpgrade: h2c\r\n');
  const socket = await sendBytes(port, upgrade);
  expect(await textOf(socket)).toMatch(/^HTTP\/1.1 200/);
  expect(recorder.requests).toEqual(['GET / 200']);
});

it('takes the path from `route`, and from the URL where that throws nothing or gives nothing', async () => {
  const route = ({ url = '' }: IncomingMessage) => (url.startsWith('/users/') ? '/users/:id' : undefined);
  const { recorder, url } = await observed(ok, { route });
  await fetch(`${url}/users/1`);
  await fetch(`${url}/other`);
  await until(() => recorder.events.length === 2, 'two requests');
  expect(recorder.requests).toEqual(['GET /users/:id 200', 'GET /other 200']);
});

it('answers when `route` or the recorder throws', async () => {
  const route = () => {
    throw new Error('no route');
  };
  const first = await observed(ok, { route });
  expect(await (await fetch(first.url)).text()).toBe('ok');
  await until(() => first.recorder.events.length > 0, 'the request');
  expect(first.recorder.requests).toEqual(['GET / 200']);
  const second = await observed(ok);
  second.recorder.answer = new Error('closed');
  expect(await (await fetch(second.url)).text()).toBe('ok');
});

it('counts a request once for a recorder with two hooks, and once for each of two recorders', async () => {
  const { server, recorder, url } = await observed(ok);
  const other = new NotingRecorder();
  observeServer(server, recorder);
  observeServer(server, other);
  await fetch(url);
  await until(() => recorder.events.length + other.events.length >= 2, 'the request');
  expect([recorder.requests, other.requests]).toEqual([['GET / 200'], ['GET / 200']]);
});

it('counts nothing once it has ended', async () => {
  const { server, stop, recorder, url } = await observed(ok);
  stop();
  await (await fetch(url)).text();
  expect(recorder.events).toEqual([]);
  expect(Object.hasOwn(server, 'emit')).toBe(false);
});

it('refuses what is no recorder, and unknown options', () => {
  const server: Server = createServer();
  onTestFinished(() => void server.close());
  expect(() => observeServer(server, {} as never)).toThrow(/^recorder: .*recordHttpRequest/);
  expect(() => observeServer(server, new NotingRecorder(), { routes: 1 } as never)).toThrow('routes');
});
