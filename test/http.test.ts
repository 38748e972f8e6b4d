/**
 * The ingest service over real HTTP, into a real flow and a real SQLite file: every answer it can give.
 */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../dist/src/errors.js';
import { t } from '../dist/src/schema/columns.js';
import { defineSchema } from '../dist/src/schema/schema.js';
import { createIngestService } from '../dist/src/server/index.js';
import { handler } from '../dist/src/sink.js';
import {
  event,
  gatedSink,
  type Ingest,
  type IngestSetup,
  lines,
  startIngest,
  until,
} from './fixtures/ingest.js';

const json_ = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };
const gzip = { 'content-encoding': 'gzip' };

/** Run after a test, last first. */
const ends: (() => unknown)[] = [];
afterEach(async () => {
  while (ends.length > 0) await ends.pop()?.();
});

async function start(setup?: IngestSetup): Promise<Ingest> {
  const ingest = await startIngest(setup);
  ends.push(() => ingest.end());
  return ingest;
}

/** A service whose sink waits at a gate; the gate opens before the service ends. */
async function startGated(setup?: IngestSetup) {
  const gate = new Gate();
  gate.shut();
  const ingest = await start({ ...setup, sink: gate.sink() });
  ends.push(() => gate.open());
  return { gate, ...ingest };
}

async function answer(response: Promise<Response> | Response): Promise<[number, unknown]> {
  const { status, ...rest } = { status: (await response).status, body: await (await response).json() };
  return [status, rest.body];
}

/** A request whose body is sent piece by piece. */
function streamed({ port }: { port: number }, headers: object, path = '/v1/events') {
  const req = request({ host: '127.0.0.1', port, path, method: 'POST', headers: { ...headers } });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    req.on('response', resolve);
    req.on('error', reject);
  });
  return {
    req,
    answer: response.then(async (res) => ({
      status: res.statusCode,
      headers: res.headers,
      body: await json(res),
    })),
  };
}

/** Write without end until the other side answers; respects backpressure. */
async function writeOn(req: ClientRequest, chunk: string, answered: Promise<unknown>): Promise<number> {
  let written = 0;
  let done = false;
  const stop = () => {
    done = true;
  };
  void answered.then(stop, stop);
  while (!done) {
    written += chunk.length;
    if (!req.write(chunk)) await Promise.race([once(req, 'drain'), answered.catch(() => {})]);
    else await new Promise(setImmediate);
  }
  return written;
}

describe('events are taken', () => {
  test('as a JSON object, an array, NDJSON: 202 says how many, and they get into the file', async () => {
    const ingest = await start();
    expect(await answer(ingest.post(JSON.stringify(event('/one')), json_))).toEqual([202, { accepted: 1 }]);
    expect(await answer(ingest.post(JSON.stringify([event('/two'), event('/three')]), json_))).toEqual([
      202,
      { accepted: 2 },
    ]);
    expect(await answer(ingest.post(lines([event('/four'), event('/five')]), ndjson))).toEqual([
      202,
      { accepted: 2 },
    ]);
    const headers = { 'content-type': 'Application/NDJSON; charset=utf-8' };
    expect(await answer(ingest.post(JSON.stringify(event('/six')), headers))).toEqual([202, { accepted: 1 }]);
    await ingest.flow.flush();
    expect(ingest.rows().map((row) => row.path)).toEqual([
      '/one',
      '/two',
      '/three',
      '/four',
      '/five',
      '/six',
    ]);
  });

  test('with every value as it was sent', async () => {
    const schema = defineSchema('kinds', {
      at: t.timestamp(),
      big: t.bigint64(),
      raw: t.bytes(),
      on: t.bool(),
      ratio: t.float64(),
      note: t.string().optional(),
      extra: t.json(),
    });
    const ingest = await start({ schema });
    const sent = [
      {
        at: '2025-01-31T12:00:00.250+01:00',
        big: '9007199254740993',
        raw: 'AP8=',
        on: true,
        ratio: -0.5,
        note: 'añ€😀中\u2028',
        extra: { a: [1] },
      },
      { at: 1.5, big: -7, raw: '', on: false, ratio: 1e300, extra: null },
    ];
    expect(await answer(ingest.post(lines(sent), ndjson, '?ack=committed'))).toEqual([200, { committed: 2 }]);
    expect(ingest.rows()).toEqual([
      {
        at: Date.UTC(2025, 0, 31, 11, 0, 0, 250),
        big: 9007199254740992 + 1,
        raw: Buffer.from([0, 255]),
        on: 1,
        ratio: -0.5,
        note: 'añ€😀中\u2028',
        extra: '{"a":[1]}',
      },
      { at: 1.5, big: -7, raw: Buffer.alloc(0), on: 0, ratio: 1e300, note: null, extra: 'null' },
    ]);
  });

  test('of any number in one body: through a ring much smaller than it, chunk borders anywhere', async () => {
    const ingest = await start({ flushSize: 100, bufferSize: 400 });
    const total = 30_000;
    const body = Buffer.from(
      lines(Array.from({ length: total }, (_, i) => event(`/é€😀/${i % 7}`, { bytes: i }))),
    );
    const { req, answer: answered } = streamed(ingest, ndjson, '/v1/events?ack=committed');
    for (let at = 0, size = 1; at < body.length; at += size, size = ((size * 31) % 4093) + 1) {
      if (!req.write(body.subarray(at, at + size))) await once(req, 'drain');
    }
    req.end();
    expect(await answered).toMatchObject({ status: 200, body: { committed: total } });
    const rows = ingest.rows();
    expect(rows.length).toBe(total);
    for (const row of rows) expect(row.path).toBe(`/é€😀/${(row.bytes as number) % 7}`);
    expect(new Set(rows.map((row) => row.bytes)).size).toBe(total);
    expect(ingest.flow.stats()).toMatchObject({ accepted: total, committed: total, pending: 0 });
  });

  test('none of them, too: an empty NDJSON body and [] are fine, an empty JSON body is not JSON', async () => {
    const ingest = await start();
    expect(await answer(ingest.post('', ndjson))).toEqual([202, { accepted: 0 }]);
    expect(await answer(ingest.post('\n\r\n', ndjson))).toEqual([202, { accepted: 0 }]);
    expect(await answer(ingest.post('[]', json_))).toEqual([202, { accepted: 0 }]);
    expect(await answer(ingest.post('[]', json_, '?ack=committed'))).toEqual([200, { committed: 0 }]);
    const rejected = [{ line: 1, code: 'invalid_json', message: 'the body is empty' }];
    expect(await answer(ingest.post('', json_))).toEqual([400, { accepted: 0, rejected }]);
  });
});

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
    const sink = handler(new URL('./fixtures/refusing-sink.mjs', import.meta.url));
    const { post, flow } = await start({ sink });
    const [status, body] = await answer(post(lines([event('/refused')]), ndjson, '?ack=committed'));
    expect([status, body]).toEqual([
      500,
      { code: 'not_committed', message: expect.stringContaining('1 row'), accepted: 1 },
    ]);
    // Nobody asked, so nobody is told.
    expect(await answer(post(lines([event('/refused')]), ndjson))).toEqual([202, { accepted: 1 }]);
    await flow.flush();
    // A failure that is over is not the next client's.
    expect(await answer(post(lines([event('/fine')]), ndjson, '?ack=committed'))).toEqual([
      200,
      { committed: 1 },
    ]);
    expect(flow.stats()).toMatchObject({ accepted: 3, committed: 1, failed: 2 });
  });

  test('answers 500 when rows were given up long before the end of the body', async () => {
    const sink = handler(new URL('./fixtures/refusing-sink.mjs', import.meta.url));
    const ingest = await start({ sink });
    const { req, answer: answered } = streamed(ingest, ndjson, '/v1/events?ack=committed');
    req.write(lines([event('/refused')]));
    await until(() => ingest.flow.stats().failed === 1, 'the failure');
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

describe('bad lines', () => {
  test('are listed by number, the good ones are kept', async () => {
    const ingest = await start();
    const good = JSON.stringify(event('/good'));
    const body = [
      good,
      '{"at":1',
      '',
      JSON.stringify(event('/bad', { status: 70_000 })),
      `${good}\r`,
      JSON.stringify({ ...event('/bad'), at: 'yesterday' }),
      '[]',
      JSON.stringify(event('/bad', { extra: 1 })),
      '{"at":1}',
      good,
    ].join('\n');
    const [status, answered] = await answer(ingest.post(body, ndjson));
    expect(status).toBe(400);
    expect(answered).toEqual({
      accepted: 3,
      rejected: [
        { line: 2, code: 'invalid_json', message: expect.any(String) },
        { line: 4, code: 'range', message: expect.stringMatching(/status.*70000.*0 to 65535/) },
        { line: 6, code: 'type', message: expect.stringMatching(/at.*"yesterday".*2025/) },
        { line: 7, code: 'type', message: expect.stringContaining('expected an object') },
        { line: 8, code: 'unknown', message: expect.stringContaining('extra') },
        { line: 9, code: 'missing', message: expect.stringContaining('method') },
      ],
    });
    await ingest.flow.flush();
    expect(ingest.rows().map((row) => row.path)).toEqual(['/good', '/good', '/good']);
  });

  test('of an array go by place, from 1', async () => {
    const { post } = await start();
    const body = JSON.stringify([event(), event('/bad', { status: -1 }), null, event()]);
    expect(await answer(post(body, json_))).toEqual([
      400,
      {
        accepted: 2,
        rejected: [
          { line: 2, code: 'range', message: expect.any(String) },
          { line: 3, code: 'type', message: expect.any(String) },
        ],
      },
    ]);
    const rejected = [{ line: 1, code: 'invalid_json', message: expect.any(String) }];
    expect(await answer(post('{"at":', json_))).toEqual([400, { accepted: 0, rejected }]);
    expect(await answer(post('5', json_))).toEqual([
      400,
      { accepted: 0, rejected: [{ line: 1, code: 'type', message: expect.any(String) }] },
    ]);
  });

  test('are listed up to a bound, and counted beyond it', async () => {
    const { post } = await start({ maxRejected: 3 });
    const [status, body] = await answer(post(`${'x\n'.repeat(10)}${lines([event()])}`, ndjson));
    expect(status).toBe(400);
    expect(body).toMatchObject({ accepted: 1, moreRejected: 7 });
    expect((body as { rejected: { line: number }[] }).rejected.map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  test('with ?ack=committed: 400 when the good ones are committed', async () => {
    const ingest = await start();
    const [status, body] = await answer(ingest.post(`x\n${lines([event()])}`, ndjson, '?ack=committed'));
    expect([status, body]).toMatchObject([400, { accepted: 1, committed: 1, rejected: [{ line: 1 }] }]);
    expect(ingest.rows().length).toBe(1);
  });

  test('are those that are too long, not UTF-8 or too large for a block, and no others', async () => {
    const ingest = await start({ maxLineBytes: 5000, blockTextBytes: 4096 });
    const body = Buffer.concat([
      Buffer.from(lines([event('/1', { client: 'x'.repeat(6000) })])),
      Buffer.from(lines([event('/2')])),
      Buffer.from(lines([event('/3', { client: 'PLACE' })]).replace('PLACE', '\xff'), 'latin1'),
      Buffer.from(lines([event('/4')])),
      Buffer.from(lines([event('/5', { client: 'x'.repeat(4500) })])),
      Buffer.from(lines([event('/6')])),
    ]);
    const [status, answered] = await answer(ingest.post(body, ndjson));
    expect(status).toBe(400);
    expect(answered).toEqual({
      accepted: 3,
      rejected: [
        { line: 1, code: 'line_too_long', message: expect.stringContaining('5000') },
        { line: 3, code: 'invalid_utf8', message: expect.any(String) },
        { line: 5, code: 'too_large', message: expect.any(String) },
      ],
    });
    await ingest.flow.flush();
    expect(ingest.rows().map((row) => row.path)).toEqual(['/2', '/4', '/6']);
    const latin1 = Buffer.from(JSON.stringify(event('/é')), 'latin1');
    expect(await answer(ingest.post(latin1, json_))).toMatchObject([
      400,
      { accepted: 0, rejected: [{ line: 1, code: 'invalid_utf8' }] },
    ]);
  });

  test('with hostile keys do no harm, and their messages are short', async () => {
    const schema = defineSchema('hostile', {
      __proto__: t.string(),
      '"];process.exit()//': t.string().optional(),
    } as never);
    const ingest = await start({
      schema: defineSchema('hostile', {
        ['__proto__']: t.string(),
        '"];process.exit()//': t.string().optional(),
      }),
    });
    expect(schema).toBeDefined();
    const body = [
      '{"__proto__":"a"}',
      '{"__proto__":{"polluted":1}}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{}',
      `{"__proto__":"b","${'k'.repeat(100_000)}":1}`,
    ];
    const [status, answered] = await answer(ingest.post(body.join('\n'), ndjson, '?ack=committed'));
    expect([status, answered]).toMatchObject([
      400,
      { accepted: 1, rejected: [{ line: 2 }, { line: 3 }, { line: 4 }, { line: 5 }] },
    ]);
    expect(JSON.stringify(answered).length).toBeLessThan(3000);
    expect(({} as { polluted?: 1 }).polluted).toBeUndefined();
    expect(ingest.rawRows()).toEqual([['a', null]]);
  });
});

describe('gzip', () => {
  test('works for each kind of body', async () => {
    const ingest = await start();
    const many = lines(Array.from({ length: 20_000 }, (_, i) => event('/é', { bytes: i })));
    expect(await answer(ingest.post(gzipSync(JSON.stringify(event())), { ...json_, ...gzip }))).toEqual([
      202,
      { accepted: 1 },
    ]);
    expect(
      await answer(ingest.post(gzipSync(JSON.stringify([event(), event()])), { ...json_, ...gzip })),
    ).toEqual([202, { accepted: 2 }]);
    expect(await answer(ingest.post(gzipSync(many), { ...ndjson, ...gzip }, '?ack=committed'))).toEqual([
      200,
      { committed: 20_000 },
    ]);
    const twoMembers = Buffer.concat([gzipSync(lines([event()])), gzipSync(lines([event()]))]);
    expect(await answer(ingest.post(twoMembers, { ...ndjson, 'content-encoding': 'x-gzip' }))).toEqual([
      202,
      { accepted: 2 },
    ]);
    await ingest.flow.flush();
    expect(ingest.rows().length).toBe(20_005);
  });

  test.each([
    ['cut off', (packed: Buffer) => packed.subarray(0, packed.length / 2)],
    [
      'corrupt',
      (packed: Buffer) =>
        Buffer.concat([packed.subarray(0, packed.length / 2), Buffer.alloc(packed.length / 2, 0xff)]),
    ],
  ])('%s: 400 says how many were accepted before, and exactly those are in the file', async (_, spoil) => {
    const ingest = await start();
    const many = Array.from({ length: 20_000 }, (_, i) => event(`/${Math.sin(i)}`, { bytes: i }));
    const [status, body] = await answer(ingest.post(spoil(gzipSync(lines(many))), { ...ndjson, ...gzip }));
    expect([status, body]).toMatchObject([400, { code: 'bad_gzip' }]);
    const { accepted } = body as { accepted: number };
    expect(accepted).toBeGreaterThan(1000);
    expect(accepted).toBeLessThan(20_000);
    await ingest.flow.flush();
    expect(ingest.rows().map((row) => row.bytes)).toEqual(Array.from({ length: accepted }, (_, i) => i));
  });

  test('that is none, or of a JSON body cut off: 400, nothing accepted', async () => {
    const { post, flow } = await start();
    const none = { code: 'bad_gzip', message: expect.any(String), accepted: 0 };
    expect(await answer(post(lines([event()]), { ...ndjson, ...gzip }))).toEqual([400, none]);
    expect(await answer(post('', { ...ndjson, ...gzip }))).toEqual([400, none]);
    expect(
      await answer(post(gzipSync(JSON.stringify(event())).subarray(0, 30), { ...json_, ...gzip })),
    ).toEqual([400, none]);
    expect(flow.stats().accepted).toBe(0);
  });

  test('of a bomb: 413 for JSON, long before it is unpacked', async () => {
    const { post, url } = await start({ bodyLimitBytes: 100_000 });
    // 2 GiB of blanks in 2 MB.
    const member = gzipSync(Buffer.alloc(32 * 1024 * 1024, 0x20));
    const bomb = Buffer.concat(Array.from({ length: 64 }, () => member));
    const before = process.memoryUsage().rss;
    expect(await answer(post(bomb, { ...json_, ...gzip }))).toMatchObject([
      413,
      { code: 'body_too_large', accepted: 0 },
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('of one endless line: it is rejected, and takes no memory', async () => {
    const { post } = await start({ maxLineBytes: 100_000 });
    const bomb = gzipSync(
      Buffer.concat([Buffer.alloc(300 * 1024 * 1024, 0x78), Buffer.from(`\n${lines([event()])}`)]),
    );
    const before = process.memoryUsage().rss;
    const rejected = [{ line: 1, code: 'line_too_long', message: expect.any(String) }];
    expect(await answer(post(bomb, { ...ndjson, ...gzip }))).toEqual([400, { accepted: 1, rejected }]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });
});

describe('what is not taken', () => {
  test('413: a JSON body over the limit, by its length or as it comes', async () => {
    const ingest = await start({ bodyLimitBytes: 1000 });
    const fits = JSON.stringify(event('/', { client: 'x'.repeat(800) }));
    expect((await ingest.post(fits, json_)).status).toBe(202);
    const tooLarge = { code: 'body_too_large', message: expect.stringContaining('1000'), accepted: 0 };
    expect(await answer(ingest.post(fits.padEnd(1001), json_))).toEqual([413, tooLarge]);
    expect(await answer(ingest.post(fits.padEnd(1000), json_))).toEqual([202, { accepted: 1 }]);
    // NDJSON has no such limit.
    expect(await answer(ingest.post(lines(Array(100).fill(event())), ndjson))).toEqual([
      202,
      { accepted: 100 },
    ]);
    // A client that never ends still gets its answer.
    const { req, answer: answered } = streamed(ingest, json_);
    await writeOn(req, ' '.repeat(64 * 1024), answered);
    expect(await answered).toMatchObject({ status: 413, body: tooLarge, headers: { connection: 'close' } });
    req.destroy();
  });

  test('415: another content type or encoding', async () => {
    const ingest = await start();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'nonsense',
      'constructor',
    ]) {
      const response = await ingest.post(JSON.stringify(event()), { 'content-type': type });
      expect([type, response.status]).toEqual([type, 415]);
      expect(await response.json()).toHaveProperty('code');
    }
    const { req, answer: missing } = streamed(ingest, {});
    req.end('{}');
    expect(await missing).toMatchObject({ status: 415, body: { code: 'unsupported_type' } });
    const typed = await ingest.post('{}', { 'content-type': 'text/plain' });
    expect(typed.headers.get('accept-post')).toContain('application/x-ndjson');
    const packed = await ingest.post('{}', { ...json_, 'content-encoding': 'br' });
    expect([packed.status, packed.headers.get('accept-encoding')]).toEqual([415, 'gzip']);
    expect(ingest.flow.stats().accepted).toBe(0);
  });

  test('401: without the token, or with another', async () => {
    const ingest = await start({ token: 'sésame' });
    const token = Buffer.from('sésame').toString('latin1');
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      'Bearer x',
      `Basic ${token}`,
      token,
      `Bearer ${token}x`,
    ]) {
      const response = await ingest.post(lines([event()]), {
        ...ndjson,
        ...(authorization && { authorization }),
      });
      expect([authorization, response.status]).toEqual([authorization, 401]);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.json()).toEqual({ code: 'unauthorized', message: expect.any(String) });
    }
    expect((await fetch(`${ingest.url}/stats`)).status).toBe(401);
    expect((await fetch(`${ingest.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${ingest.url}/readyz`)).status).toBe(200);
    expect(ingest.flow.stats().accepted).toBe(0);
    const authorized = { ...ndjson, authorization: `bearer ${token}` };
    expect(await answer(ingest.post(lines([event()]), authorized))).toEqual([202, { accepted: 1 }]);
    // An endless body is not read to its end first.
    const { req, answer: answered } = streamed(ingest, ndjson);
    await writeOn(req, lines([event()]).repeat(500), answered);
    expect(await answered).toMatchObject({ status: 401, headers: { connection: 'close' } });
    req.destroy();
  });

  test('404: any other place', async () => {
    const { url } = await start();
    for (const [method, path] of [
      ['GET', '/v1/events'],
      ['POST', '/v1/event'],
      ['GET', '/'],
    ] as const) {
      expect(await answer(fetch(`${url}${path}`, { method }))).toEqual([
        404,
        { code: 'not_found', message: expect.any(String) },
      ]);
    }
  });

  test('a body that breaks off: what came is kept, and others are served', async () => {
    const ingest = await start();
    const { req, answer: answered } = streamed(ingest, { ...ndjson, 'content-length': 100_000 });
    req.write(lines([event()]));
    await until(() => ingest.flow.stats().accepted === 1, 'the first event');
    req.destroy();
    await expect(answered).rejects.toThrow();
    expect(await answer(ingest.post(lines([event()]), ndjson, '?ack=committed'))).toEqual([
      200,
      { committed: 1 },
    ]);
    expect(ingest.rows().length).toBe(2);
  });

  test('settings that cannot work', async () => {
    const { flow } = await start();
    const schema = flow.producer().schema;
    for (const bad of [
      { bodyLimitBytes: 0 },
      { maxLineBytes: 1.5 },
      { fullWaitMs: -1 },
      { ackTimeoutMs: 2 ** 31 },
      { token: '' },
    ]) {
      expect(() => createIngestService({ flow, schema, ...bad })).toThrow(ConfigError);
      expect(() => createIngestService({ flow, schema, ...bad })).toThrow(Object.keys(bad)[0] as string);
    }
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
    expect(await answer(post(JSON.stringify(events), json_))).toMatchObject([
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
    const written = await writeOn(req, lines(Array(500).fill(event())), answered);
    const { status, headers, body } = await answered;
    expect(status).toBe(429);
    expect(headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
    expect((body as { accepted: number }).accepted).toBe(ingest.flow.stats().accepted);
    expect(written).toBeGreaterThan(0);
    // The service lets the connection go, even if the client does not.
    await until(
      async () =>
        (await new Promise<number>((resolve) =>
          ingest.service.server.getConnections((_, n) => resolve(n)),
        )) === 0,
    );
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

  test('a request that waits for its commit gets it; new ones get 503; nobody else is waited for', async () => {
    const ingest = await startGated();
    // Connections that are there before it begins, one of which will never say a word.
    const [first, second, silent] = await Promise.all(
      [1, 2, 3].map(async () => {
        const socket = connect(ingest.port, '127.0.0.1');
        ends.push(() => socket.destroy());
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

    first.write('GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n');
    expect((await once(first, 'data'))[0]).toMatch(/^HTTP\/1\.1 503 [^]*connection: close[^]*"stopping"/i);
    const body = lines([event()]);
    second.write(
      `POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect((await once(second, 'data'))[0]).toMatch(/^HTTP\/1\.1 503 [^]*"code":"stopping"[^]*"accepted":0/);
    expect(ingest.flow.stats().accepted).toBe(1);

    ingest.gate.open();
    expect(await answer(waiting)).toEqual([200, { committed: 1 }]);
    const closing = once(silent, 'close');
    await closed;
    await closing;
  });

  test('after the flow was closed: 503', async () => {
    const ingest = await start();
    await ingest.flow.close();
    expect(await answer(ingest.post(lines([event()]), ndjson))).toMatchObject([
      503,
      { code: 'stopping', accepted: 0 },
    ]);
    expect(await answer(fetch(`${ingest.url}/readyz`))).toEqual([503, { status: 'stopping' }]);
    expect(await answer(fetch(`${ingest.url}/healthz`))).toEqual([200, { status: 'ok' }]);
  });
});

test('/stats shows what the flow counts', async () => {
  const ingest = await start();
  await ingest.post(lines([event(), event(), event()]), ndjson, '?ack=committed');
  const [status, body] = await answer(fetch(`${ingest.url}/stats`));
  expect(status).toBe(200);
  expect(body).toEqual({
    stats: { ...ingest.flow.stats(), accepted: 3, committed: 3, pending: 0 },
    ring: expect.objectContaining({ rows: 0, blocks: ingest.flow.ring().blocks }),
    lateness: expect.objectContaining({ meanMs: expect.any(Number) }),
  });
});
