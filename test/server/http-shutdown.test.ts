/**
 * The orderly end of the service: whoever is under way gets an answer, and nobody else holds it up.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { answer, event, lines, ndjson, onEnd, start, startGated, streamed } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

describe('while it shuts down', () => {
  test('a body that is still coming is ended with 503, and what it says is in the file', async () => {
    const ingest = await start();
    const { req, answer: answered } = streamed(ingest, ndjson, '/v1/events?ack=committed');
    req.write(lines([event('/1'), event('/2')]));
    await until(() => ingest.flow.stats().accepted === 2, 'both events');
    const closed = ingest.service.close();
    expect(await answered).toMatchObject({
      status: 503,
      headers: { connection: 'close' },
      body: { code: 'stopping', accepted: 2, committed: 2, nextLine: 3 },
    });
    req.destroy();
    await closed;
    expect(ingest.rows().length).toBe(2);
    await expect(fetch(ingest.url)).rejects.toThrow();
  });

  test('a request that waits for room is ended with 503, too', async () => {
    const { gate, post, flow, service } = await startGated({
      flushSize: 10,
      bufferSize: 20,
      fullWaitMs: 60_000,
    });
    const response = post(lines(Array(100).fill(event())), ndjson);
    await until(() => flow.stats().rejected > 0, 'a full ring');
    const closed = service.close();
    expect(await answer(response)).toMatchObject([
      503,
      { code: 'stopping', accepted: flow.stats().accepted },
    ]);
    gate.open();
    await closed;
  });

  test('who waits for a commit gets it; new requests get 503; nobody else is waited for', async () => {
    const ingest = await startGated();
    // Connections that are there before it begins, one of which will never say a word.
    const [first, second, silent] = await Promise.all(
      [1, 2, 3].map(async () => {
        const socket = connect(ingest.port, '127.0.0.1');
        onEnd(() => socket.destroy());
        await once(socket, 'connect');
        return socket.setEncoding('utf8');
      }),
    );
    if (first === undefined || second === undefined || silent === undefined) throw new Error('no sockets');
    expect(await answer(fetch(`${ingest.url}/readyz`))).toEqual([200, { status: 'ready' }]);
    const waiting = ingest.post(lines([event()]), ndjson, '?ack=committed');
    await until(() => ingest.gate.inside === 1, 'a batch at the gate');
    const closed = ingest.service.close();
    await until(() => !ingest.service.server.listening, 'the end of listening');

    first.write('GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect((await once(first, 'data'))[0]).toMatch(/^HTTP\/1\.1 503 .*connection: close.*"stopping"/is);
    const body = lines([event()]);
    const headers = `host: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: ${body.length}`;
    second.write(`POST /v1/events HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
    expect((await once(second, 'data'))[0]).toMatch(/^HTTP\/1\.1 503 .*"code":"stopping".*"accepted":0/s);
    expect(ingest.flow.stats().accepted).toBe(1);

    ingest.gate.open();
    expect((await waiting).headers.get('connection')).toBe('close');
    expect(await answer(waiting)).toEqual([200, { committed: 1 }]);
    const closing = once(silent, 'close');
    await closed;
    await closing;
  });

  test('a commit that would wait for its deadline comes now', async () => {
    const ingest = await start({ flushIntervalMs: 3_600_000 });
    const waiting = ingest.post(lines([event()]), ndjson, '?ack=committed');
    const { req, answer: answered } = streamed(ingest, ndjson, '/v1/events?ack=committed');
    req.write(lines([event()]));
    await until(() => ingest.flow.stats().accepted === 2, 'both events');
    const closed = ingest.service.close();
    expect(await answer(waiting)).toEqual([200, { committed: 1 }]);
    expect(await answered).toMatchObject({ status: 503, body: { committed: 1 } });
    req.destroy();
    await closed;
  });

  test('after the flow was closed: 503', async () => {
    const ingest = await start();
    await ingest.flow.close();
    expect(await answer(ingest.post(lines([event()]), ndjson))).toMatchObject([
      503,
      { code: 'flow_closed', accepted: 0 },
    ]);
    expect(await answer(fetch(`${ingest.url}/readyz`))).toEqual([
      503,
      { status: 'stopping', code: 'stopping', message: 'the service is shutting down' },
    ]);
    expect(await answer(fetch(`${ingest.url}/healthz`))).toEqual([200, { status: 'ok' }]);
  });
});
