/**
 * `?ack=committed` and the full ring: an answer never says more than is true.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { FlushError } from '../../dist/src/errors.js';
import { handler } from '../../dist/src/sink.js';
import {
  answer,
  event,
  json,
  lines,
  ndjson,
  onEnd,
  start,
  startGated,
  streamed,
  writeOn,
} from '../fixtures/ingest.js';
import { Script } from '../fixtures/script.js';
import { until } from '../fixtures/until.js';

describe('?ack=committed', () => {
  test('answers 200 when the rows are in the file, not before', async () => {
    const ingest = await start();
    for (let i = 1; i <= 20; i++) {
      expect(await answer(ingest.post(lines([event(), event()]), ndjson, '?ack=committed'))).toEqual([
        200,
        { committed: 2 },
      ]);
      expect(ingest.rows().length).toBe(2 * i);
    }
  });

  test('does not wait for the interval', async () => {
    const ingest = await start({ flushIntervalMs: 3_600_000 });
    for (let i = 1; i <= 3; i++) {
      expect(await answer(ingest.post(lines([event()]), ndjson, '?ack=committed'))).toEqual([
        200,
        { committed: 1 },
      ]);
    }
    expect(ingest.flow.stats().batches).toMatchObject({ demand: 3, deadline: 0 });
  });

  test('waits for the sink', async () => {
    const { gate, post } = await startGated();
    let answered = false;
    const response = post(lines([event()]), ndjson, '?ack=committed').finally(() => {
      answered = true;
    });
    await until(() => gate.inside === 1, 'a batch at the gate');
    // Others are served meanwhile, so an answer would have had its time.
    for (let i = 0; i < 5; i++) expect((await post(lines([event()]), ndjson)).status).toBe(202);
    expect(answered).toBe(false);
    gate.open();
    expect(await answer(response)).toEqual([200, { committed: 1 }]);
  });

  test('answers 500 when rows were given up', async () => {
    const sink = handler(new URL('../fixtures/sinks/refusing-sink.mjs', import.meta.url));
    const { post, flow } = await start({ sink, retry: { maxAttempts: 1 } });
    const [status, body] = await answer(post(lines([event('/refused')]), ndjson, '?ack=committed'));
    expect([status, body]).toEqual([
      500,
      {
        code: 'not_committed',
        message: '1 of 1 accepted events were given up',
        accepted: 1,
        committed: 0,
        failed: [{ line: 1, deadLettered: false, message: 'the sink is out of order' }],
      },
    ]);
    // Nobody asked, so nobody is told.
    expect(await answer(post(lines([event('/refused')]), ndjson))).toEqual([202, { accepted: 1 }]);
    await flow.flush();
    // A failure that is over is not the next client's.
    expect(await answer(post(lines([event('/fine')]), ndjson, '?ack=committed'))).toEqual([
      200,
      { committed: 1 },
    ]);
    expect(flow.stats()).toMatchObject({ accepted: 3, committed: 1, dropped: { failed: 2 } });
  });

  test('names the lines that were given up; all others are committed', async () => {
    const sink = handler(new URL('../fixtures/sinks/refusing-sink.mjs', import.meta.url));
    const { post, flow } = await start({ sink, retry: { maxAttempts: 1 }, maxRejected: 3 });
    const paths = ['/a', '/refused', '/b', '/c', '/refused'];
    const body = `${lines(paths.map((path) => event(path)))}bad\n${lines([event('/d'), event('/refused')])}`;
    const failed = (line: number) => ({ line, deadLettered: false, message: 'the sink is out of order' });
    expect(await answer(post(body, ndjson, '?ack=committed'))).toEqual([
      500,
      {
        code: 'not_committed',
        message: '3 of 7 accepted events were given up',
        accepted: 7,
        committed: 4,
        failed: [failed(2), failed(5), failed(8)],
        rejected: [{ line: 6, code: 'invalid_json', message: expect.any(String) }],
      },
    ]);
    const many = lines(Array(5).fill(event('/refused')));
    expect((await answer(post(many, ndjson, '?ack=committed')))[1]).toMatchObject({
      committed: 0,
      failed: [failed(1), failed(2), failed(3)],
      moreFailed: 2,
    });
    expect(flow.stats()).toMatchObject({ accepted: 12, committed: 4, dropped: { failed: 8 } });
  });

  test('remembers no more lines than it needs: with bad lines between the good ones, however many', async () => {
    const sink = handler(new URL('../fixtures/sinks/refusing-sink.mjs', import.meta.url));
    const { post, flow } = await start({ sink, retry: { maxAttempts: 1 } });
    const count = 20_000;
    const given = new Set([0, 4095, 4096, 4097, 12_345, count - 1]);
    const good = lines([event('/fine')]);
    const refused = lines([event('/refused')]);
    const body = Array.from({ length: count }, (_, n) => `${given.has(n) ? refused : good}x\n`).join('');
    const [status, answered] = await answer(post(body, ndjson, '?ack=committed'));
    expect([status, answered]).toMatchObject([
      500,
      { code: 'not_committed', accepted: count, committed: count - given.size, moreRejected: count - 100 },
    ]);
    const { failed } = answered as { failed: { line: number }[] };
    expect(failed.map(({ line }) => line)).toEqual([...given].map((n) => 2 * n + 1));
    expect(flow.stats()).toMatchObject({ accepted: count, committed: count - given.size });
  });

  test("says nothing of other requests' failures", async () => {
    const sink = handler(new URL('../fixtures/sinks/refusing-sink.mjs', import.meta.url));
    const { post } = await start({ sink, retry: { maxAttempts: 1 }, flushIntervalMs: 50 });
    const [bad, good] = await Promise.all([
      answer(post(lines(Array(20).fill(event('/refused'))), ndjson, '?ack=committed')),
      answer(post(lines(Array(20).fill(event('/fine'))), ndjson, '?ack=committed')),
    ]);
    expect(good).toEqual([200, { committed: 20 }]);
    expect(bad).toMatchObject([500, { accepted: 20, committed: 0 }]);
  });

  test('readyz says so while the circuit is open', async () => {
    const sink = handler(new URL('../fixtures/sinks/refusing-sink.mjs', import.meta.url));
    const circuit = { failures: 1, coolDownMs: 200 };
    const { post, url, flow } = await start({ sink, retry: { maxAttempts: 1 }, circuit });
    const ready = async () => {
      const response = await fetch(`${url}/readyz`);
      return [response.status, await response.json()];
    };
    expect(await ready()).toEqual([200, { status: 'ready' }]);
    await post(lines([event('/refused')]), ndjson, '?ack=committed');
    // The circuit is told of after its batch: who waits for the rows may be quicker.
    await until(() => flow.circuit() === 'open', 'an open circuit');
    expect(await ready()).toEqual([
      503,
      {
        status: 'circuit_open',
        code: 'circuit_open',
        message: 'the sink takes nothing; rows wait in the ring',
      },
    ]);
    // Events are taken all the same; the next batch is the trial.
    expect(await answer(post(lines([event('/fine')]), ndjson, '?ack=committed'))).toEqual([
      200,
      { committed: 1 },
    ]);
    await until(() => flow.circuit() === 'closed', 'a closed circuit');
    expect(await ready()).toEqual([200, { status: 'ready' }]);
  });

  test('readyz says so while dead letters cannot be written, until the rows have ended', async () => {
    const sink = new Script(({ words, rows, store }) => {
      if (Atomics.load(words, 8000) === 0) throw new Error('the disk is full');
      store(rows.map((_, i) => ({ i, text: '' })));
    });
    const letters = new Script(() => {
      throw new Error('no letters today');
    });
    const { post, url, flow } = await start({
      sink: sink.sink,
      deadLetters: letters.sink,
      retry: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 5 },
    });
    const failures: FlushError[] = [];
    flow.on('flushError', (error) => failures.push(error));
    const ready = async () => answer(fetch(`${url}/readyz`));
    expect(await ready()).toEqual([200, { status: 'ready' }]);
    await post(lines([event('/1')]), ndjson);
    await until(() => flow.deadLetters() === 'failing', 'a letter that cannot be written');
    expect(await ready()).toEqual([
      503,
      {
        status: 'dead_letters_failing',
        code: 'dead_letters_failing',
        message: 'dead letters cannot be written; rows that were given up wait in the ring',
      },
    ]);
    expect(await answer(fetch(`${url}/stats`))).toMatchObject([200, { deadLetters: 'failing' }]);
    // Both errors are told: why it could not be kept, and why it was to be.
    expect(failures[0]).toMatchObject({ reason: 'dead-letters', rows: 1 });
    expect(failures[0]?.message).toMatch(/no letters today; .* for this error: the disk is full$/);
    Atomics.store(sink.words, 8000, 1);
    await flow.committed();
    await until(() => flow.deadLetters() === 'ok', 'the end of the flush');
    expect(await ready()).toEqual([200, { status: 'ready' }]);
  });

  test('answers 500 when rows were given up long before the end of the body', async () => {
    const sink = handler(new URL('../fixtures/sinks/refusing-sink.mjs', import.meta.url));
    const ingest = await start({ sink });
    const { req, answer: answered } = streamed(ingest, ndjson, '/v1/events?ack=committed');
    req.write(lines([event('/refused')]));
    await until(() => ingest.flow.stats().dropped.failed === 1, 'the failure');
    req.end(lines([event('/fine')]));
    expect(await answered).toMatchObject({ status: 500, body: { code: 'not_committed', accepted: 2 } });
  });

  test('answers 504 when the commit takes too long', async () => {
    const { post } = await startGated({ ackTimeoutMs: 50 });
    const body = { code: 'commit_timeout', message: expect.stringContaining('50 ms'), accepted: 1 };
    expect(await answer(post(lines([event()]), ndjson, '?ack=committed'))).toEqual([504, body]);
  });

  test('of any other kind is a 400, and nothing is taken', async () => {
    const { post, flow } = await start();
    for (const query of ['?ack=yes', '?ack=', '?ack=committed&ack=committed', '?ack=__proto__']) {
      const [status, body] = await answer(post(lines([event()]), ndjson, query));
      expect([status, body]).toEqual([400, { code: 'bad_ack', message: expect.any(String), accepted: 0 }]);
    }
    expect(flow.stats().accepted).toBe(0);
  });
});

describe('a full ring', () => {
  const small = { flushSize: 10, bufferSize: 40, publishEvery: 1, fullWaitMs: 50 };

  test('429 says when to come again, how many were accepted and where to go on', async () => {
    const { gate, post, flow } = await startGated(small);
    const events = Array.from({ length: 200 }, (_, i) => event(`/${i}`));
    const body = `\nbad\n${lines(events)}`;
    const response = await post(body, ndjson);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    const full = (await response.json()) as { accepted: number; nextLine: number };
    expect(full).toEqual({
      code: 'ring_full',
      message: expect.any(String),
      accepted: expect.any(Number),
      nextLine: expect.any(Number),
      rejected: [{ line: 2, code: 'invalid_json', message: expect.any(String) }],
    });
    expect(full.accepted).toBeGreaterThanOrEqual(10);
    expect(full.accepted).toBeLessThanOrEqual(40);
    expect(full.nextLine).toBe(full.accepted + 3);
    expect(flow.stats()).toMatchObject({ accepted: full.accepted, committed: 0 });
    // JSON alike.
    expect(await answer(post(JSON.stringify(events), json))).toMatchObject([
      429,
      { accepted: 0, nextLine: 1 },
    ]);

    gate.open();
    const rest = body
      .split('\n')
      .slice(full.nextLine - 1)
      .join('\n');
    expect(await answer(post(rest, ndjson, '?ack=committed'))).toEqual([
      200,
      { committed: 200 - full.accepted },
    ]);
    expect(gate.rows).toBe(200);
  });

  test('is waited for first', async () => {
    const { gate, post, flow } = await startGated({ ...small, fullWaitMs: 30_000 });
    const response = post(lines(Array(200).fill(event())), ndjson, '?ack=committed');
    await until(() => flow.stats().rejected > 0, 'a full ring');
    gate.open();
    expect(await answer(response)).toEqual([200, { committed: 200 }]);
  });

  test('several requests share what room there is', async () => {
    const { gate, post, flow } = await startGated({ ...small, fullWaitMs: 30_000 });
    const responses = Array.from({ length: 10 }, () =>
      post(lines(Array(100).fill(event())), ndjson, '?ack=committed'),
    );
    await until(() => flow.stats().rejected > 0, 'a full ring');
    gate.open();
    for (const response of responses) expect(await answer(response)).toEqual([200, { committed: 100 }]);
    expect(gate.rows).toBe(1000);
  });

  test('a client that goes on sending can read its 429', async () => {
    const ingest = await startGated(small);
    const { req, answer: answered } = streamed(ingest, ndjson);
    await writeOn(req, lines(Array(500).fill(event())), answered);
    const { status, headers, body } = await answered;
    expect(status).toBe(429);
    expect(headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
    expect((body as { accepted: number }).accepted).toBe(ingest.flow.stats().accepted);
    // The service lets the connection go, even if the client does not.
    const server = ingest.service.server;
    const connections = () => new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)));
    await until(async () => (await connections()) === 0, 'no connection');
  });

  test('a client that reads only when it has sent all can read its 429', async () => {
    const ingest = await startGated(small);
    const socket = connect(ingest.port, '127.0.0.1');
    onEnd(() => socket.destroy());
    const body = lines(Array(300_000).fill(event()));
    const headers = `host: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: ${body.length}`;
    await new Promise((resolve) =>
      socket.write(`POST /v1/events HTTP/1.1\r\n${headers}\r\n\r\n${body}`, resolve),
    );
    expect((await once(socket.setEncoding('utf8'), 'data'))[0]).toMatch(/^HTTP\/1\.1 429 /);
  });

  test('with ?ack=committed 504 says where to go on, too', async () => {
    const { gate, post } = await startGated({ ...small, ackTimeoutMs: 300 });
    const [status, body] = await answer(post(lines(Array(200).fill(event())), ndjson, '?ack=committed'));
    const { accepted, nextLine } = body as { accepted: number; nextLine: number };
    expect([status, nextLine]).toEqual([504, accepted + 1]);
    gate.open();
  });

  test('with ?ack=committed the 429 waits for the commit of what was accepted', async () => {
    const { gate, post, flow } = await startGated(small);
    let answered = false;
    const response = post(lines(Array(200).fill(event())), ndjson, '?ack=committed').finally(() => {
      answered = true;
    });
    // Another request meets the full ring later, and has its answer.
    await until(() => flow.stats().rejected > 0, 'a full ring');
    expect((await post(lines([event()]), ndjson)).status).toBe(429);
    expect((await post(lines([event()]), ndjson)).status).toBe(429);
    expect(answered).toBe(false);
    gate.open();
    const [status, body] = await answer(response);
    const { accepted, committed } = body as { accepted: number; committed: number };
    expect(status).toBe(429);
    expect(committed).toBe(accepted);
    expect(gate.rows).toBe(accepted);
  });
});
