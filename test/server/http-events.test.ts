/**
 * `POST /v1/events`: what is taken, which lines are bad. Over real HTTP, into a real SQLite file.
 */
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { t } from '../../dist/src/schema/columns/columns.js';
import { defineSchema } from '../../dist/src/schema/columns/schema.js';
import { answer, event, gzip, json, lines, ndjson, start, streamed } from '../fixtures/ingest.js';

/** The data of the events with long numbers, as it is stored. */
const dataText = '{"big":[12345678901234567890,"],"]}';

describe('events are taken', () => {
  test('as a JSON object, an array, NDJSON: 202 says how many, and they get into the file', async () => {
    const ingest = await start();
    expect(await answer(ingest.post(JSON.stringify(event('/one')), json))).toEqual([202, { accepted: 1 }]);
    expect(await answer(ingest.post(JSON.stringify([event('/two'), event('/three')]), json))).toEqual([
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

  test('with all digits of their numbers, in NDJSON and in any place of a JSON array', async () => {
    const schema = defineSchema('digits', { big: t.bigint64(), data: t.json() });
    const ingest = await start({ schema, maxRejected: 1 });
    const digits = ['9007199254740993', '-9223372036854775808', '1e3'];
    const sent = digits.map((big) => `{"big": ${big},"data":{ "big":[12345678901234567890, "]," ] }}`);
    const bad = ['{"big":1.5,"data":0}', '5', '{"big":9223372036854775808,"data":0}'];
    const [one, two, three] = sent as [string, string, string];
    const bodies: [string, Record<string, string>][] = [
      [`\ufeff \n[ ${one} ,${bad.join(' , ')},\t${two},${three} ]\n`, json],
      [`${one}\n${bad.join('\n')}\n \t${two} \r\n${three}`, ndjson],
    ];
    for (const [body, headers] of bodies) {
      const [status, answered] = await answer(ingest.post(body, headers, '?ack=committed'));
      expect(status).toBe(400);
      expect(answered).toMatchObject({
        committed: 3,
        rejected: [{ line: 2, code: 'type' }],
        moreRejected: 2,
      });
    }
    expect(await answer(ingest.post(` ${one}`, json, '?ack=committed'))).toEqual([200, { committed: 1 }]);
    const db = new Database(ingest.file, { readonly: true });
    const stored = db.prepare('SELECT CAST(big AS TEXT), data FROM digits ORDER BY rowid').raw().all();
    db.close();
    const rows = [digits[0], digits[1], '1000'].map((big) => [big, dataText]);
    expect(stored).toEqual([...rows, ...rows, rows[0]]);
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

  test('none of them, too: empty NDJSON and [] are fine, empty JSON is not JSON', async () => {
    const ingest = await start();
    expect(await answer(ingest.post('', ndjson))).toEqual([202, { accepted: 0 }]);
    expect(await answer(ingest.post('\n\r\n', ndjson))).toEqual([202, { accepted: 0 }]);
    expect(await answer(ingest.post('[]', json))).toEqual([202, { accepted: 0 }]);
    expect(await answer(ingest.post('[]', json, '?ack=committed'))).toEqual([200, { committed: 0 }]);
    const rejected = [{ line: 1, code: 'invalid_json', message: 'the body is empty' }];
    expect(await answer(ingest.post('', json))).toEqual([400, { accepted: 0, rejected }]);
  });
});

describe('a byte order mark', () => {
  const mark = '\ufeff';

  test.each([
    ['NDJSON', `${mark}${lines([event('/1'), event('/2')])}`, ndjson],
    [
      'NDJSON that was put together of files',
      `${mark}${lines([event('/1')])}${mark}${lines([event('/2')])}`,
      ndjson,
    ],
    ['a JSON array', mark + JSON.stringify([event('/1'), event('/2')]), json],
  ])('is skipped: %s', async (_, body, headers) => {
    const { post, rows } = await start();
    expect(await answer(post(body, headers, '?ack=committed'))).toEqual([200, { committed: 2 }]);
    expect(await answer(post(gzipSync(body), { ...headers, ...gzip }, '?ack=committed'))).toEqual([
      200,
      { committed: 2 },
    ]);
    expect(rows().map(({ path }) => path)).toEqual(['/1', '/2', '/1', '/2']);
  });

  test('alone is an empty body; two of them are none', async () => {
    const { post } = await start();
    const rejected = (message: unknown) => [
      400,
      { accepted: 0, rejected: [{ line: 1, code: 'invalid_json', message }] },
    ];
    expect(await answer(post(mark, ndjson))).toEqual([202, { accepted: 0 }]);
    expect(await answer(post(mark, json))).toEqual(rejected('the body is empty'));
    expect(await answer(post(`${mark}${mark}[]`, json))).toEqual(rejected(expect.any(String)));
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
    expect(await answer(post(body, json))).toEqual([
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
    expect(await answer(post('{"at":', json))).toEqual([400, { accepted: 0, rejected }]);
    expect(await answer(post('5', json))).toEqual([
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
    expect(await answer(ingest.post(latin1, json))).toMatchObject([
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

test('/stats shows what the flow counts', async () => {
  const ingest = await start();
  await ingest.post(lines([event(), event(), event()]), ndjson, '?ack=committed');
  const [status, body] = await answer(fetch(`${ingest.url}/stats`));
  expect(status).toBe(200);
  expect(body).toEqual({
    stats: {
      ...ingest.flow.stats(),
      accepted: 3,
      committed: 3,
      pending: 0,
      sinceLastFlushMs: expect.any(Number),
    },
    ring: expect.objectContaining({ rows: 0, blocks: ingest.flow.ring().blocks }),
    lateness: expect.objectContaining({ meanMs: expect.any(Number) }),
    deadLetters: 'ok',
    circuit: 'closed',
  });
});
