/**
 * Memory over all requests: what unfinished lines and JSON bodies hold together, counted in bytes.
 */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
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

const full = { code: 'buffers_full', message: expect.stringContaining('100000 bytes') };

/** An event that lacks its end, with so many blanks before that. */
const opening = (bytes: number) => JSON.stringify(event('/long')).slice(0, -1) + ' '.repeat(bytes);
const closing = '}';

/** Send the start of a body that goes on, over many connections. @returns the statuses that come for them. */
function sendStarts(port: number, count: number, type: string, start: Buffer): number[] {
  const statuses: number[] = [];
  const length = start.length + 1;
  const headers = [
    'host: localhost',
    `content-type: ${type}`,
    'content-encoding: gzip',
    `content-length: ${length}`,
  ];
  for (let n = 0; n < count; n++) {
    const socket = connect(port, '127.0.0.1');
    onEnd(() => socket.destroy());
    socket.on('error', () => {});
    socket.setEncoding('utf8').once('data', (text: string) => statuses.push(Number(text.slice(9, 12))));
    socket.write(`POST /v1/events HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    socket.write(start);
  }
  return statuses;
}

describe('maxBufferedBytes', () => {
  test('503 for a request that needs more than is left, with where to go on; others get theirs', async () => {
    const ingest = await start({ maxBufferedBytes: 100_000 });
    const sockets = connectionsOf(ingest);
    const first = streamed(ingest, ndjson);
    first.req.write(lines([event('/1')]) + opening(80_000));
    await until(() => (sockets[0]?.bytesRead ?? 0) > 80_000, 'the first body');
    const second = streamed(ingest, ndjson);
    second.req.write(`${lines([event('/2')])}x\n${opening(80_000)}`);
    const { status, headers, body } = await second.answer;
    expect([status, headers['retry-after'], headers.connection]).toEqual([503, '1', 'close']);
    expect(body).toEqual({
      ...full,
      accepted: 1,
      nextLine: 3,
      rejected: [{ line: 2, code: 'invalid_json', message: expect.any(String) }],
    });
    second.req.destroy();
    // JSON alike; and what is small is taken as ever.
    expect(await answer(ingest.post(opening(80_000) + closing, json))).toEqual([
      503,
      { ...full, accepted: 0, nextLine: 1 },
    ]);
    expect(await answer(ingest.post(opening(5000) + closing, json))).toEqual([202, { accepted: 1 }]);
    expect(await answer(ingest.post(lines(Array(2000).fill(event())), ndjson))).toEqual([
      202,
      { accepted: 2000 },
    ]);

    first.req.end(closing);
    expect(await first.answer).toMatchObject({ status: 202, body: { accepted: 2 } });
    // What it held is free again.
    expect(await answer(ingest.post(opening(80_000) + closing, json))).toEqual([202, { accepted: 1 }]);
  });

  test('does not stop a request that is alone, whatever it needs within its own limits', async () => {
    const { post } = await start({ maxBufferedBytes: 1, bodyLimitBytes: 500_000, maxLineBytes: 500_000 });
    const long = opening(400_000) + closing;
    for (let n = 0; n < 3; n++) {
      expect(await answer(post(long, json))).toEqual([202, { accepted: 1 }]);
      expect(await answer(post(`${long}\n${long}\n${long}`, ndjson))).toEqual([202, { accepted: 3 }]);
    }
  });

  test('is given back however a request ends', async () => {
    const ingest = await start({ maxBufferedBytes: 100_000, bodyLimitBytes: 200_000, maxLineBytes: 200_000 });
    const long = opening(150_000) + closing;
    const packed = { ...json, ...gzip };
    const none = `${' '.repeat(150_000)}{}`;
    // Too long, cut off, bad JSON, no event, gone.
    expect((await ingest.post(opening(300_000), json)).status).toBe(413);
    expect((await ingest.post(opening(300_000), ndjson)).status).toBe(400);
    expect((await ingest.post(gzipSync(long).subarray(0, -1), packed)).status).toBe(400);
    expect((await ingest.post(opening(150_000), json)).status).toBe(400);
    expect((await ingest.post(none, json)).status).toBe(400);
    const sockets = connectionsOf(ingest);
    const gone = streamed(ingest, ndjson);
    gone.req.write(lines([event()]) + opening(150_000));
    await until(() => ingest.flow.stats().accepted === 1, 'the first line');
    gone.req.destroy();
    await expect(gone.answer).rejects.toThrow();
    await until(() => sockets[0]?.closed === true, 'the end of its connection');
    const one = streamed(ingest, json);
    one.req.write(opening(150_000));
    const other = streamed(ingest, json);
    other.req.end(opening(5000) + closing);
    expect((await other.answer).status).toBe(202);
    one.req.end(closing);
    expect((await one.answer).status).toBe(202);
  });

  test('holds for bodies that wait for room in the ring, too', async () => {
    const { gate, post, flow } = await startGated({
      ...{ flushSize: 10, bufferSize: 40, publishEvery: 1, fullWaitMs: 60_000 },
      maxBufferedBytes: 100_000,
    });
    const body = JSON.stringify(Array(1000).fill(event()));
    const waiting = post(body, json);
    await until(() => flow.stats().rejected > 0, 'a full ring');
    expect(await answer(post(body, json))).toMatchObject([503, { code: 'buffers_full', accepted: 0 }]);
    gate.open();
    expect(await answer(waiting)).toEqual([202, { accepted: 1000 }]);
  });
});

describe('hundreds of bodies that never end', () => {
  const megabyte = 1024 * 1024;
  const most = 16 * megabyte;
  /** Cut so that all of the text comes, and the end does not. */
  const unfinished = (text: string) => gzipSync(text, { level: 9 }).subarray(0, -12);

  test.each([
    ['a line', 'application/x-ndjson', unfinished(`{"client":"${'x'.repeat(megabyte - 100)}`), 1],
    ['a JSON body', 'application/json', unfinished(`{"client":"${'x'.repeat(4 * megabyte - 100)}`), 4],
  ])(
    'of %s in 4 kB hold no more than the budget, and others are served',
    async (_, type, body, megabytes) => {
      expect(body.length).toBeLessThan(5000);
      const ingest = await start({ maxBufferedBytes: most });
      const count = 300;
      const statuses = sendStarts(ingest.port, count, type, body);
      await until(() => statuses.length >= count - 16 / megabytes, 'the refusals');
      expect(new Set(statuses)).toEqual(new Set([503]));
      expect(await answer(ingest.post(lines([event(), event()]), ndjson))).toEqual([202, { accepted: 2 }]);
    },
  );
});
