/**
 * `Idempotency-Key`: a body that is sent again stores nothing twice, and the answer says what was there.
 */

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { defineSchema, t } from '../../dist/src/index.js';
import { SeenLines } from '../../dist/src/server/seen-lines.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { temporaryFolder } from '../bench/temporary-folder.js';
import { Gate } from '../fixtures/gate.js';
import {
  answer,
  event,
  gzip,
  type IngestSetup,
  json,
  lines,
  ndjson,
  start,
  streamed,
} from '../fixtures/ingest.js';
import { sql } from '../fixtures/letters.js';

const key = 'a-key-of-16-chars';
const keyed = (more: Record<string, string> = {}) => ({ 'idempotency-key': key, ...ndjson, ...more });
const committed = '?ack=committed';
const three = () => lines([event('/1'), event('/2'), event('/3')]);

/** A service that keeps identities, in a file that outlives it. */
async function keeping(setup: IngestSetup = {}, file = fileURLToPath(new URL('kept.db', temporaryFolder()))) {
  const sink = sqlite({ file, identityColumn: 'event_id' });
  const ingest = await start({ identity: 'given', sink, ...setup });
  const paths = () => sql(file, 'SELECT path FROM access_log ORDER BY rowid').flat();
  return { ...ingest, file, paths };
}

describe('a body that is sent again with its key', () => {
  test('stores nothing twice, and the answer says how much was there', async () => {
    const { post, paths, flow } = await keeping();
    const send = () => answer(post(three(), keyed(), committed));
    expect(await send()).toEqual([200, { committed: 3, duplicates: 0 }]);
    expect(await send()).toEqual([200, { committed: 3, duplicates: 3 }]);
    expect(await answer(post(three(), keyed()))).toEqual([202, { accepted: 3 }]);
    await flow.flush();
    expect(paths()).toEqual(['/1', '/2', '/3']);
    expect(flow.stats()).toMatchObject({ committed: 9, duplicatesAtTarget: 6 });
  });

  test('does so while the first rows are not stored yet, in one batch with them', async () => {
    const { post, paths, flow } = await keeping({ flushIntervalMs: 60_000 });
    await Promise.all([post(three(), keyed()), post(three(), keyed())]);
    await flow.flush();
    expect(paths()).toEqual(['/1', '/2', '/3']);
    expect(flow.stats()).toMatchObject({ committed: 6, duplicatesAtTarget: 3 });
  });

  test('is known after a restart, packed or not, as NDJSON or JSON, whatever white space it has', async () => {
    const first = await keeping();
    await answer(first.post(three(), keyed(), committed));
    const { post, paths } = await keeping({}, first.file);
    const array = JSON.stringify([event('/1'), event('/2'), event('/3')], undefined, 3);
    const bodies: [string | Uint8Array<ArrayBuffer>, Record<string, string>][] = [
      [new Uint8Array(gzipSync(three())), keyed(gzip)],
      [array, keyed(json)],
      [three().replaceAll(',', ' , ').replaceAll('\n', '\r\n'), keyed()],
    ];
    for (const [body, headers] of bodies) {
      expect(await answer(post(body, headers, committed))).toEqual([200, { committed: 3, duplicates: 3 }]);
    }
    expect(paths()).toEqual(['/1', '/2', '/3']);
  });

  test('is another one under another key, and under another token', async () => {
    const first = await keeping({ token: 'one' });
    const send = (ingest: typeof first, token: string, more: Record<string, string> = {}) =>
      answer(ingest.post(three(), keyed({ authorization: `Bearer ${token}`, ...more }), committed));
    const stored = [200, { committed: 3, duplicates: 0 }];
    expect(await send(first, 'one')).toEqual(stored);
    expect(await send(first, 'one', { 'idempotency-key': `${key}!` })).toEqual(stored);
    expect(await send(await keeping({ token: 'two' }, first.file), 'two')).toEqual(stored);
    expect(first.paths().length).toBe(9);
  });

  test('may lack the lines before Idempotency-First-Line, which number those that come', async () => {
    const { post, paths } = await keeping();
    await answer(post(lines([event('/1'), event('/2')]), keyed(), committed));
    const rest = lines([event('/2'), event('/3'), { bad: 1 }, event('/5')]);
    const [status, body] = await answer(post(rest, keyed({ 'idempotency-first-line': '2' }), committed));
    expect(status).toBe(400);
    expect(body).toMatchObject({ accepted: 3, committed: 3, duplicates: 1, rejected: [{ line: 4 }] });
    expect(
      await answer(post(lines([event('/5')]), keyed({ 'idempotency-first-line': '5' }), committed)),
    ).toEqual([200, { committed: 1, duplicates: 1 }]);
    expect(paths()).toEqual(['/1', '/2', '/3', '/5']);
  });

  test('goes on at the nextLine of a full ring, as it is or from there', async () => {
    const gate = new Gate();
    gate.shut();
    const { post, flow } = await start({
      identity: 'given',
      sink: gate.sink(),
      flushSize: 2,
      bufferSize: 4,
      fullWaitMs: 1,
    });
    const many = Array.from({ length: 12 }, (_, i) => event(`/${i + 1}`));
    const [status, body] = (await answer(post(lines(many), keyed()))) as [number, { nextLine: number }];
    expect(status).toBe(429);
    gate.open();
    await flow.flush();
    const { nextLine } = body;
    const rest = lines(many.slice(nextLine - 1));
    const again = await answer(post(rest, keyed({ 'idempotency-first-line': String(nextLine) }), committed));
    expect(again[0] === 200 || (again[1] as { nextLine: number }).nextLine > nextLine).toBe(true);
  });
});

describe('a key that comes with other content', () => {
  test('is answered 422, is counted, and hides nothing', async () => {
    const { post, paths, url } = await keeping();
    await answer(post(three(), keyed(), committed));
    const other = lines([event('/1'), event('/other'), event('/3')]);
    expect(await answer(post(other, keyed(), committed))).toEqual([
      422,
      {
        code: 'idempotency_key_reused',
        message: 'line 2 was another one when this Idempotency-Key was sent before',
        accepted: 1,
        committed: 1,
        duplicates: 1,
      },
    ]);
    expect(paths()).toEqual(['/1', '/2', '/3']);
    expect(await (await fetch(`${url}/stats`)).json()).toMatchObject({ idempotency: { mismatches: 1 } });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^batchflow_idempotency_mismatches_total 1$/m);
  });

  test('is stored where the process does not remember the key: nothing is lost', async () => {
    const first = await keeping();
    await answer(first.post(three(), keyed(), committed));
    const { post, paths } = await keeping({}, first.file);
    const other = lines([event('/1'), event('/other'), event('/3')]);
    expect(await answer(post(other, keyed(), committed))).toEqual([200, { committed: 3, duplicates: 2 }]);
    expect(paths()).toEqual(['/1', '/2', '/3', '/other']);
  });

  test('may mend a line that was refused', async () => {
    const { post, paths } = await keeping();
    const bad = lines([event('/1'), { ...event('/2'), status: -1 }]);
    expect((await answer(post(bad, keyed(), committed)))[0]).toBe(400);
    expect(await answer(post(lines([event('/1'), event('/2')]), keyed(), committed))).toEqual([
      200,
      { committed: 2, duplicates: 1 },
    ]);
    expect(paths()).toEqual(['/1', '/2']);
  });

  test('differs by digits that a double does not hold', async () => {
    const schema = defineSchema('ids', { id: t.bigint64() });
    const { post } = await keeping({ schema });
    await answer(post('{"id":9007199254740993}', keyed(), committed));
    expect((await answer(post('{"id":9007199254740992}', keyed(), committed)))[0]).toBe(422);
  });

  test('is found for as many lines as are remembered, those used last', () => {
    const seen = new SeenLines(2);
    for (const k of ['a', 'b']) seen.accept(k, 1, 7);
    expect(seen.differs('a', 1, 7)).toBe(false);
    seen.accept('c', 1, 7);
    expect(['a', 'b', 'c'].map((k) => seen.differs(k, 1, 8))).toEqual([true, false, true]);
    expect(seen.differs('a', 2, 8)).toBe(false);
    seen.accept('a', 3, 0);
    expect(seen.differs('a', 3, 0)).toBe(false);
    expect(seen.mismatches).toBe(2);
  });
});

describe('headers that cannot be', () => {
  test.each([
    ['too short', { 'idempotency-key': 'k'.repeat(15) }, /16 to 255 characters/],
    ['too long', { 'idempotency-key': 'k'.repeat(256) }, /16 to 255 characters/],
    ['a line without a key', { 'idempotency-first-line': '2' }, /16 to 255 characters/],
    ['line 0', { 'idempotency-key': key, 'idempotency-first-line': '0' }, /number of a line, from 1/],
    ['no line', { 'idempotency-key': key, 'idempotency-first-line': '1e3' }, /number of a line, from 1/],
  ] as [string, Record<string, string>, RegExp][])('are answered 400: %s', async (_, headers, message) => {
    const { post, flow } = await keeping();
    const [status, body] = await answer(post(three(), { ...ndjson, ...headers }));
    expect([status, body]).toMatchObject([400, { code: 'bad_idempotency_key', accepted: 0 }]);
    expect((body as { message: string }).message).toMatch(message);
    expect(flow.stats().accepted).toBe(0);
  });

  test('so is a key where rows have no identities', async () => {
    const { post } = await start();
    const [status, body] = await answer(post(three(), keyed()));
    expect([status, body]).toMatchObject([400, { code: 'bad_idempotency_key', accepted: 0 }]);
  });

  test('a request whose client goes in the middle is sent again whole', async () => {
    const ingest = await keeping();
    const { req, answer: gone } = streamed(ingest, keyed());
    gone.catch(() => {});
    req.write(lines([event('/1'), event('/2')]));
    await expect.poll(() => ingest.flow.stats().accepted).toBe(2);
    req.destroy();
    expect(await answer(ingest.post(three(), keyed(), committed))).toEqual([
      200,
      { committed: 3, duplicates: 2 },
    ]);
    expect(ingest.paths()).toEqual(['/1', '/2', '/3']);
  });
});
