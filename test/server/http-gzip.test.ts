/**
 * Packed bodies: every kind of them, spoiled ones, and bombs.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { answer, event, gzip, json, lines, ndjson, start, streamed } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

describe('gzip', () => {
  test('works for each kind of body', async () => {
    const ingest = await start();
    const many = lines(Array.from({ length: 20_000 }, (_, i) => event('/é', { bytes: i })));
    expect(await answer(ingest.post(gzipSync(JSON.stringify(event())), { ...json, ...gzip }))).toEqual([
      202,
      { accepted: 1 },
    ]);
    expect(
      await answer(ingest.post(gzipSync(JSON.stringify([event(), event()])), { ...json, ...gzip })),
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

  test('that is corrupt says where to go on: with the rest sent again, each event is in the file once', async () => {
    const { post, rows } = await start();
    const all = Array.from({ length: 20_000 }, (_, i) => event(`/${Math.sin(i)}`, { bytes: i }));
    const text = `x\n\n${lines(all)}`;
    const packed = gzipSync(text);
    const [status, body] = await answer(
      post(packed.subarray(0, packed.length / 2), { ...ndjson, ...gzip }, '?ack=committed'),
    );
    const { accepted, nextLine } = body as { accepted: number; nextLine: number };
    expect([status, nextLine]).toEqual([400, accepted + 3]);
    const rest = text
      .split('\n')
      .slice(nextLine - 1)
      .join('\n');
    expect(await answer(post(gzipSync(rest), { ...ndjson, ...gzip }, '?ack=committed'))).toEqual([
      200,
      { committed: 20_000 - accepted },
    ]);
    expect(rows().map((row) => row.bytes)).toEqual(all.map((_, i) => i));
  });

  describe('with something behind a member that is no member', () => {
    const member = (path: string) => gzipSync(lines([event(path)]));
    const behind: [string, Buffer][] = [
      ['text', Buffer.from('garbage')],
      ['zeros', Buffer.alloc(10)],
      ['one zero', Buffer.alloc(1)],
      ['zeros and a member', Buffer.concat([Buffer.alloc(3), member('/behind')])],
      ['half a member', member('/behind').subarray(0, 15)],
      ['the first byte of a member', Buffer.from([0x1f])],
    ];

    test.each(behind)('refuses the rest: %s', async (_, garbage) => {
      const ingest = await start();
      // In one piece, and in two.
      const together = await answer(
        ingest.post(Buffer.concat([member('/1'), garbage]), { ...ndjson, ...gzip }, '?ack=committed'),
      );
      const { req, answer: answered } = streamed(ingest, { ...ndjson, ...gzip }, '/v1/events?ack=committed');
      req.write(member('/2'));
      await until(() => ingest.rows().some((row) => row.path === '/2'), 'the first member');
      req.end(garbage);
      const { status, body } = await answered;
      let accepted = 0;
      for (const [code, told] of [together, [status, body]] as [
        number,
        { accepted: number; nextLine: number },
      ][]) {
        expect([code, told]).toMatchObject([400, { code: 'bad_gzip', nextLine: told.accepted + 1 }]);
        accepted += told.accepted;
      }
      // What comes in a piece of its own before the garbage is taken.
      expect(body).toMatchObject({ accepted: 1, committed: 1 });
      expect(ingest.rows().length).toBe(accepted);
      expect(ingest.rows().some((row) => row.path === '/behind')).toBe(false);
    });

    test('also when more comes behind that', async () => {
      const ingest = await start();
      const { req, answer: answered } = streamed(ingest, { ...ndjson, ...gzip });
      req.write(Buffer.concat([member('/1'), Buffer.alloc(2)]));
      for (let n = 0; n < 100; n++) req.write(member('/2'));
      expect(await answered).toMatchObject({
        status: 400,
        body: { code: 'bad_gzip', accepted: 1, nextLine: 2 },
      });
      req.destroy();
      expect(ingest.flow.stats().accepted).toBe(1);
    });

    test('and takes nothing of a JSON body', async () => {
      const { post, flow } = await start();
      const body = Buffer.concat([gzipSync(JSON.stringify(event())), Buffer.alloc(1)]);
      expect(await answer(post(body, { ...json, ...gzip }))).toMatchObject([
        400,
        { code: 'bad_gzip', accepted: 0 },
      ]);
      expect(flow.stats().accepted).toBe(0);
    });
  });

  test('that is none, or of a JSON body cut off: 400, nothing accepted', async () => {
    const { post, flow } = await start();
    const none = { code: 'bad_gzip', message: expect.any(String), accepted: 0, nextLine: 1 };
    expect(await answer(post(lines([event()]), { ...ndjson, ...gzip }))).toEqual([400, none]);
    expect(await answer(post('', { ...ndjson, ...gzip }))).toEqual([400, none]);
    expect(
      await answer(post(gzipSync(JSON.stringify(event())).subarray(0, 30), { ...json, ...gzip })),
    ).toEqual([400, none]);
    expect(flow.stats().accepted).toBe(0);
  });

  test('of a bomb: 413 for JSON, long before it is unpacked', async () => {
    const { post, url } = await start({ bodyLimitBytes: 100_000 });
    // 2 GiB of blanks in 2 MB.
    const member = gzipSync(Buffer.alloc(32 * 1024 * 1024, 0x20));
    const bomb = Buffer.concat(Array.from({ length: 64 }, () => member));
    const before = process.memoryUsage().rss;
    expect(await answer(post(bomb, { ...json, ...gzip }))).toMatchObject([
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
