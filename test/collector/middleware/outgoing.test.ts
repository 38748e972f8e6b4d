/**
 * Outgoing requests by undici and by fetch are recorded once, until the end of their answers.
 */
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Agent, interceptors, request, upgrade } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { observedFetch, undiciInterceptor } from '../../../dist/src/collector/middleware/index.js';
import { NotingRecorder } from '../../fixtures/noting-recorder.js';
import { listening } from '../../fixtures/raw-http.js';
import { until } from '../../fixtures/until.js';

/** A backend: the first part of a path is its status. `/200/break` ends in the midst, `/200/hang` waits. */
async function backend() {
  let end: () => void = () => {};
  const server = createServer((incoming, response) => {
    const [, status, way] = incoming.url?.split('/') ?? [];
    response.statusCode = Number(status);
    if (way === undefined) return void response.end(status === '304' ? undefined : 'answer');
    response.write('first');
    if (way === 'break') setImmediate(() => response.destroy());
    if (way === 'hang') end = () => response.end('last');
  });
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, end: () => end(), server };
}

/** A host where no server listens any more. */
async function closedHost(): Promise<string> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((closed) => server.close(closed));
  return `127.0.0.1:${port}`;
}

describe('the interceptor of undici', () => {
  const composed = (recorder: NotingRecorder, options?: Parameters<typeof undiciInterceptor>[1]) => {
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    return agent.compose(undiciInterceptor(recorder, options));
  };

  it('records success by the status, and errors by their codes', async () => {
    const recorder = new NotingRecorder();
    const dispatcher = composed(recorder);
    const { url, host } = await backend();
    for (const path of ['200', '304', '404', '503', '200/break']) {
      const { body } = await request(`${url}/${path}`, { dispatcher });
      await body.text().catch(() => {});
    }
    await request(`${url}/200`, { dispatcher, method: 'HEAD' });
    await request(`http://${await closedHost()}`, { dispatcher }).catch(() => {});
    expect(recorder.backendRequests).toEqual([
      `${host}/ true`,
      `${host}/ true`,
      `${host}/ false http_404`,
      `${host}/ false http_503`,
      `${host}/ false UND_ERR_SOCKET`,
      `${host}/ true`,
      expect.stringMatching(/^127.0.0.1:\d+\/ false ECONNREFUSED$/),
    ]);
  });

  it('measures until the end of the body', async () => {
    const recorder = new NotingRecorder();
    const { url, end } = await backend();
    const { body } = await request(`${url}/200/hang`, { dispatcher: composed(recorder) });
    const before = performance.now();
    await until(() => performance.now() - before > 20, '20 ms');
    expect(recorder.events).toEqual([]);
    end();
    expect(await body.text()).toBe('firstlast');
    expect(recorder.durations[0]).toBeGreaterThan(20);
  });

  it('names an aborted request so', async () => {
    const recorder = new NotingRecorder();
    const { url, host } = await backend();
    const aborting = new AbortController();
    const { body } = await request(`${url}/200/hang`, {
      ...{ dispatcher: composed(recorder), signal: aborting.signal },
    });
    aborting.abort();
    await body.text().catch(() => {});
    expect(recorder.backendRequests).toEqual([`${host}/ false UND_ERR_ABORTED`]);
  });

  it('records upgrades', async () => {
    const recorder = new NotingRecorder();
    const { url, host, server } = await backend();
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    });
    const { socket } = await upgrade(url, { dispatcher: composed(recorder), protocol: 'x' });
    socket.destroy();
    expect(recorder.backendRequests).toEqual([`${host}/ true`]);
  });

  it('takes names from texts and functions; one that throws gives the default', async () => {
    const recorder = new NotingRecorder();
    const { url, host } = await backend();
    const named = composed(recorder, { provider: 'openai', model: ({ path }) => `model${path.slice(0, 4)}` });
    await (await request(`${url}/200`, { dispatcher: named })).body.text();
    const fail = () => {
      throw new Error('no name');
    };
    const failing = composed(recorder, { provider: fail, model: fail });
    await (await request(`${url}/200`, { dispatcher: failing })).body.text();
    expect(recorder.backendRequests).toEqual(['openai/model/200 true', `${host}/ true`]);
  });

  it('records each attempt, or each request, by its place beside `retry`', async () => {
    const recorders = [new NotingRecorder(), new NotingRecorder()] as const;
    const { url, host } = await backend();
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const retry = interceptors.retry({ maxRetries: 1, minTimeout: 1 });
    const [attempts, requests] = recorders;
    const dispatcher = agent.compose(undiciInterceptor(attempts), retry, undiciInterceptor(requests));
    await request(`${url}/503`, { dispatcher }).catch(() => {});
    expect(attempts.backendRequests).toEqual([`${host}/ false http_503`, `${host}/ false http_503`]);
    expect(requests.backendRequests).toHaveLength(1);
  });

  it('serves the handlers of undici 6, which the fetch of Node 20 has', async () => {
    const recorder = new NotingRecorder();
    const { url, host, server } = await backend();
    const dispatcher = composed(recorder);
    // Handlers of `fetch` reach the interceptor as they are.
    const seen: string[] = [];
    const direct = undiciInterceptor(recorder)(
      (_request: object, handler: Record<string, (...args: unknown[]) => void>) => {
        seen.push(...Object.keys(handler));
        handler.onConnect?.(() => {});
        handler.onHeaders?.(503, [], () => {}, '');
        handler.onComplete?.([]);
        return true;
      },
    );
    const heard: unknown[] = [];
    const handler = {
      onConnect: () => heard.push('connect'),
      onHeaders: (status: number) => heard.push(status),
      onData: () => {},
      onComplete: () => heard.push('complete'),
      onError: () => {},
    };
    direct({ origin: 'https://api.example', path: '/', method: 'GET' }, handler as never);
    expect(heard).toEqual(['connect', 503, 'complete']);
    expect(seen.sort()).toEqual(Object.keys(handler).sort());
    expect(recorder.backendRequests).toEqual(['api.example/ false http_503']);
    const response = await fetch(`${url}/200`, { dispatcher } as object);
    expect(await response.text()).toBe('answer');
    server.closeAllConnections();
    await until(() => recorder.events.length === 2, 'the fetch');
    expect(recorder.backendRequests[1]).toBe(`${host}/ true`);
  });

  it('records a dispatch that throws, and throws it on', () => {
    const recorder = new NotingRecorder();
    const failing = undiciInterceptor(recorder)((_request: object, _handler: object): boolean => {
      throw Object.assign(new Error('bad'), { code: 'UND_ERR_INVALID_ARG' });
    });
    expect(() => failing({ path: '/', method: 'GET' }, {})).toThrow('bad');
    expect(recorder.backendRequests).toEqual(['/ false UND_ERR_INVALID_ARG']);
  });

  it('does not disturb a request when the recorder throws', async () => {
    const recorder = new NotingRecorder();
    recorder.answer = new Error('closed');
    const { url } = await backend();
    const { body } = await request(`${url}/200`, { dispatcher: composed(recorder) });
    expect(await body.text()).toBe('answer');
  });
});

describe('fetch', () => {
  it('records success by the status, and errors by their codes', async () => {
    const recorder = new NotingRecorder();
    const observed = observedFetch(recorder);
    const { url, host } = await backend();
    for (const path of ['200', '304', '404', '503', '200/break'])
      await (await observed(`${url}/${path}`)).text().catch(() => {});
    await observed(new URL(`${url}/200`), { method: 'HEAD' });
    await expect(observed(new Request(`http://${await closedHost()}`))).rejects.toThrow('fetch failed');
    await expect(observed('no address')).rejects.toThrow();
    expect(recorder.backendRequests).toEqual([
      `${host}/ true`,
      `${host}/ true`,
      `${host}/ false http_404`,
      `${host}/ false http_503`,
      `${host}/ false UND_ERR_SOCKET`,
      `${host}/ true`,
      expect.stringMatching(/^127.0.0.1:\d+\/ false ECONNREFUSED$/),
      '/ false ERR_INVALID_URL',
    ]);
  });

  it.each([
    [
      'no stream of the web',
      () => Object.assign(Object.create({ status: 200 }), { body: Readable.from(['a']) }),
    ],
    [
      'read by another already',
      () => {
        const response = new Response('a');
        response.body?.getReader();
        return response;
      },
    ],
  ])('gives an answer back as it is whose body is %s', async (_name, make) => {
    const recorder = new NotingRecorder();
    const given = make() as Response;
    const observed = observedFetch(recorder, async () => given);
    expect(await observed('http://host/a')).toBe(given);
    expect(recorder.backendRequests).toEqual(['host/ true']);
  });

  it('gives an answer that is like the original', async () => {
    const { url } = await backend();
    const plain = await fetch(`${url}/404`);
    const response = await observedFetch(new NotingRecorder())(`${url}/404`);
    expect(response).toBeInstanceOf(Response);
    for (const key of ['status', 'statusText', 'ok', 'url', 'redirected', 'type'] as const)
      expect(response[key], key).toBe(plain[key]);
    expect(response.headers.get('content-length')).toBe('6');
    const copy = response.clone();
    expect([copy.url, await copy.text(), await response.text()]).toEqual([plain.url, 'answer', 'answer']);
    expect(response.bodyUsed).toBe(true);
  });

  it('serves readers with buffers of their own', async () => {
    const recorder = new NotingRecorder();
    const { url } = await backend();
    const response = await observedFetch(recorder)(`${url}/200`);
    const reader = response.body?.getReader({ mode: 'byob' }) as ReadableStreamBYOBReader;
    const first = await reader.read(new Uint8Array(64));
    expect(Buffer.from(first.value as Uint8Array).toString()).toBe('answer');
    expect((await reader.read(new Uint8Array(64))).done).toBe(true);
    expect(recorder.events).toHaveLength(1);
  });

  it('measures until the end of the body, or until it is cancelled', async () => {
    const recorder = new NotingRecorder();
    const { url, host, end } = await backend();
    const observed = observedFetch(recorder);
    const response = await observed(`${url}/200/hang`);
    const before = performance.now();
    await until(() => performance.now() - before > 20, '20 ms');
    expect(recorder.events).toEqual([]);
    end();
    expect(await response.text()).toBe('firstlast');
    expect(recorder.durations[0]).toBeGreaterThan(20);
    const unwanted = await observed(`${url}/200/hang`);
    await unwanted.body?.cancel();
    expect(recorder.backendRequests).toEqual([`${host}/ true`, `${host}/ true`]);
  });

  it('names an aborted body so', async () => {
    const recorder = new NotingRecorder();
    const { url, host } = await backend();
    const aborting = new AbortController();
    const response = await observedFetch(recorder)(`${url}/200/hang`, { signal: aborting.signal });
    aborting.abort();
    await expect(response.text()).rejects.toThrow();
    expect(recorder.backendRequests).toEqual([`${host}/ false AbortError`]);
  });

  it('records an answer whose body nobody reads when it is collected', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const recorder = new NotingRecorder();
    const { url, host } = await backend();
    await (async () => void (await observedFetch(recorder)(`${url}/503`)))();
    await until(async () => {
      await new Promise(setImmediate);
      collect();
      return recorder.events.length > 0;
    }, 'the collection');
    expect(recorder.backendRequests).toEqual([`${host}/ false http_503`]);
  });

  it('takes names of the provider and the model', async () => {
    const recorder = new NotingRecorder();
    const { url } = await backend();
    const model = ({ method }: { method: string }) => (method === 'PUT' ? 'large' : undefined);
    const observed = observedFetch(recorder, fetch, { provider: 'openai', model });
    await (await observed(`${url}/200`, { method: 'PUT' })).text();
    await (await observed(new Request(`${url}/200`, { method: 'PUT' }))).text();
    await (await observed(`${url}/200`)).text();
    expect(recorder.backendRequests).toEqual(['openai/large true', 'openai/large true', 'openai/ true']);
  });
});
