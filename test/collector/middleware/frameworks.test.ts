/**
 * The plugin for fastify and the handler for express name requests by their routes, and count each once.
 */
import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import express from 'express';
import { fastify } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectMetrics, fastifyMetrics } from '../../../dist/src/collector/middleware/index.js';
import { NotingRecorder } from '../../fixtures/noting-recorder.js';
import { listening, sendBytes } from '../../fixtures/raw-http.js';
import { until } from '../../fixtures/until.js';

describe('the plugin for fastify', () => {
  async function served(options?: Parameters<typeof fastifyMetrics>[1]) {
    const recorder = new NotingRecorder();
    const app = fastify();
    app.register(fastifyMetrics(recorder, options));
    app.get('/users/:id', async () => ({ ok: true }));
    app.get('/fails', async () => {
      throw new Error('no');
    });
    app.get('/hangs', (_request, reply) => {
      reply.hijack();
      reply.raw.write('first');
    });
    app.get('/streams', (_request, reply) => reply.send(Readable.from(['a', 'b'])));
    app.register(async (inner) => void inner.get('/deep/*', async () => 'deep'), { prefix: '/v1' });
    onTestFinished(() => app.close());
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { app, recorder, url };
  }

  it('counts requests by the templates of routes, with those that no route takes as one', async () => {
    const { recorder, url } = await served();
    for (const path of ['users/1', 'users/2?x=1', 'fails', 'streams', 'v1/deep/a/b', 'a', 'b?c', 'users/%E0'])
      await (await fetch(`${url}/${path}`)).text();
    await fetch(`${url}/users/3`, { method: 'HEAD' });
    await until(() => recorder.events.length >= 8, 'all requests');
    expect(recorder.requests).toEqual([
      'GET /users/:id 200',
      'GET /users/:id 200',
      'GET /fails 500',
      'GET /streams 200',
      'GET /v1/deep/* 200',
      'GET unmatched 404',
      'GET unmatched 404',
      // What is no URL does not get as far as hooks do.
      'HEAD /users/:id 200',
    ]);
  });

  it('counts an aborted client as 499', async () => {
    const { recorder, url } = await served();
    const socket = await sendBytes(Number(new URL(url).port), 'GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await until(() => recorder.events.length > 0, 'the request');
    expect(recorder.requests).toEqual(['GET /hangs 499']);
  });

  it('counts injected requests', async () => {
    const { app, recorder } = await served({ unmatched: 'none' });
    await app.inject('/users/1');
    await app.inject('/nowhere');
    expect(recorder.requests).toEqual(['GET /users/:id 200', 'GET none 404']);
  });

  it('refuses unknown options', () => {
    expect(() => fastifyMetrics(new NotingRecorder(), { unmatch: 'x' } as never)).toThrow('unmatched');
  });
});

describe('the handler for express', () => {
  async function served() {
    const recorder = new NotingRecorder();
    const app = express();
    app.use(connectMetrics(recorder));
    app.get('/users/:id', (_request, response) => void response.json({ ok: true }));
    app.get('/throws', () => {
      throw new Error('no');
    });
    app.get(['/one', '/two'], (_request, response) => void response.send('x'));
    app.get(/^\/re(x|y)$/, (_request, response) => void response.send('x'));
    const router = express.Router();
    router.use(connectMetrics(recorder));
    router.get('/', (_request, response) => void response.send('all'));
    router.get('/:item/rows', (_request, response) => void response.sendStatus(204));
    router.get('/:item/broken', (_request, _response, next) => next(new Error('no')));
    app.use('/api/items', router);
    app.use('/files', (_request, response) => void response.send('file'));
    app.use(((_error, _request, response, _next) => {
      response.status(503).end();
    }) as express.ErrorRequestHandler);
    const server = createServer(app);
    const port = await listening(server);
    return { recorder, url: `http://127.0.0.1:${port}` };
  }

  it('counts requests by the templates of routes, with those of routers in front of them', async () => {
    const { recorder, url } = await served();
    const paths = [
      'users/1?x',
      'throws',
      'one',
      'rex',
      'api/items',
      'api/items/7/rows',
      'api/items/7/broken',
    ];
    for (const path of [...paths, 'files/a.txt?v=1', 'nowhere']) await (await fetch(`${url}/${path}`)).text();
    await until(() => recorder.events.length === 9, 'all requests');
    expect(recorder.requests).toEqual([
      'GET /users/:id 200',
      'GET /throws 503',
      'GET /one,/two 200',
      'GET /^\\/re(x|y)$/ 200',
      'GET /api/items 200',
      'GET /api/items/:item/rows 204',
      'GET /api/items/:item/broken 503',
      'GET /files/a.txt 200',
      'GET /nowhere 404',
    ]);
  });

  it('counts a request that an adapter has made without a connection', async () => {
    const recorder = new NotingRecorder();
    // As adapters for functions in a cloud make them.
    const request = new IncomingMessage({ encrypted: true, end: () => {} } as never);
    Object.assign(request, { method: 'GET', url: '/a?b' });
    const response = new ServerResponse(request);
    response.assignSocket(new PassThrough().resume() as never);
    connectMetrics(recorder)(request, response, () => response.end());
    await until(() => recorder.events.length > 0, 'the request');
    expect(recorder.requests).toEqual(['GET /a 200']);
  });

  it('takes the path of the URL where there are no routes, as with connect', async () => {
    const recorder = new NotingRecorder();
    const handler = connectMetrics(recorder);
    const server = createServer((request, response) => {
      Object.assign(request, { originalUrl: request.url, url: '/b' });
      handler(request, response, () => response.end());
    });
    const port = await listening(server);
    await fetch(`http://127.0.0.1:${port}/a/b?c`);
    await until(() => recorder.events.length > 0, 'the request');
    expect(recorder.requests).toEqual(['GET /a/b 200']);
  });

  it('lets requests pass when the recorder throws', async () => {
    const { recorder, url } = await served();
    recorder.answer = new Error('closed');
    expect((await fetch(`${url}/users/1`)).status).toBe(200);
  });
});
