/**
 * How long the service waits for a client, and how long a client may wait for the service.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Command, folder } from '../fixtures/command.js';
import {
  answer,
  connectionsOf,
  event,
  gzip,
  json,
  lines,
  ndjson,
  onEnd,
  start,
  startGated,
  streamed,
} from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

const silent = (ms: number) => ({
  code: 'client_timeout',
  message: expect.stringContaining(`${ms} ms`),
});

describe('408: a client that stops sending', () => {
  test('is told what was taken and where to go on, and the connection ends', async () => {
    const ingest = await start({ clientTimeoutMs: 50 });
    const { req, answer: answered } = streamed(ingest, ndjson, '/v1/events?ack=committed');
    req.write(`${lines([event('/1')])}x\n${lines([event('/2')])}{"at"`);
    const { status, headers, body } = await answered;
    expect([status, headers.connection]).toEqual([408, 'close']);
    expect(body).toEqual({
      ...silent(50),
      accepted: 2,
      committed: 2,
      nextLine: 4,
      rejected: [{ line: 2, code: 'invalid_json', message: expect.any(String) }],
    });
    expect(ingest.rows().length).toBe(2);
    await once(req, 'close');
  });

  test('alike with a body that is packed, JSON, or short; with nothing at all', async () => {
    const ingest = await start({ clientTimeoutMs: 50 });
    const packed = gzipSync(lines([event()]));
    for (const [headers, start] of [
      [{ ...ndjson, ...gzip }, packed.subarray(0, 20)],
      [json, '[{'],
      [{ ...ndjson, 'content-length': 100 }, '{'],
      [{ ...ndjson, 'content-length': 100 }, ''],
    ] as const) {
      const { req, answer: answered } = streamed(ingest, headers);
      req.flushHeaders();
      if (start.length > 0) req.write(start);
      expect(await answered).toMatchObject({
        status: 408,
        headers: { connection: 'close' },
        body: { ...silent(50), accepted: 0, nextLine: 1 },
      });
      req.destroy();
    }
  });
});

describe('a request whose rows wait for their target', () => {
  test.each(['', '?ack=committed'])(
    'is not ended because nothing moves on its connection: %j',
    async (query) => {
      const setup = {
        flushSize: 10,
        bufferSize: 40,
        publishEvery: 1,
        fullWaitMs: 3_600_000,
        clientTimeoutMs: 200,
      };
      const ingest = await startGated(setup);
      const { gate, post, flow } = ingest;
      const sockets = connectionsOf(ingest);
      const response = post(lines(Array(200).fill(event())), ndjson, query);
      await until(() => flow.stats().rejected > 0, 'a full ring');
      // What Node says of a connection when it has been quiet for too long.
      for (const socket of sockets) socket.emit('timeout');
      // Others are served meanwhile, and their silence counts, so the time of this one would have come.
      const { req, answer: answered } = streamed(ingest, ndjson);
      req.write(' ');
      expect((await answered).status).toBe(408);
      req.destroy();
      gate.open();
      expect(await answer(response)).toEqual(query ? [200, { committed: 200 }] : [202, { accepted: 200 }]);
    },
  );

  test('nor while it waits for the commit', async () => {
    const ingest = await startGated();
    const { gate, post } = ingest;
    const sockets = connectionsOf(ingest);
    const response = post(lines([event()]), ndjson, '?ack=committed');
    await until(() => gate.inside === 1, 'a batch at the gate');
    for (const socket of sockets) socket.emit('timeout');
    gate.open();
    expect(await answer(response)).toEqual([200, { committed: 1 }]);
  });

  test('but a connection on which no request is under way is', async () => {
    const ingest = await start();
    const sockets = connectionsOf(ingest);
    const socket = connect(ingest.port, '127.0.0.1');
    onEnd(() => socket.destroy());
    await until(() => sockets.length === 1, 'the connection');
    sockets[0]?.emit('timeout');
    await once(socket, 'close');
  });
});

test('`batchflow serve` has options for it, and for the memory that it may take', async () => {
  const options = ['--client-timeout-ms', '3000', '--max-buffered-bytes', '1000'];
  const command = new Command(['serve', '--port', '0', '--sink', 'sqlite:events.db', ...options], folder());
  const port = Number(new URL(await command.url()).port);
  // Both need more than there is: one of them is alone and can have it, and says nothing more.
  const streams = [1, 2].map(() => streamed({ port }, json));
  for (const { req } of streams) req.write(' '.repeat(100_000));
  const answers = await Promise.all(streams.map((stream) => stream.answer));
  expect(answers.map(({ status }) => status).sort()).toEqual([408, 503]);
});
