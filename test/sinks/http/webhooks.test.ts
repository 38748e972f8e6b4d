/**
 * Webhooks: signatures, keys of batches, and bodies of a module of the user's.
 */

import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { type HttpSinkOptions, http } from '../../../dist/src/sinks/http/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { HttpTarget, status } from '../../fixtures/http-target.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });
const open = (url: string, options: Partial<HttpSinkOptions> = {}) =>
  directSink(http({ url, ...options }), Events);
const one = [{ id: 1 }];

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('webhooks', () => {
  it('have a signature of the time and the body, and a key of the batch', async () => {
    const target = await HttpTarget.start();
    vi.stubEnv('HOOK_SECRET', 'shared');
    const sink = await open(target.url, {
      ...{ signature: { secretEnv: 'HOOK_SECRET' }, identityHeader: 'Idempotency-Key', encode: 'ndjson' },
    });
    await sink.write(one);
    await sink.write(one);
    const [first, second] = target.received as [(typeof target.received)[0], (typeof target.received)[0]];
    const [, time, mac] =
      /^t=(\d+),v1=([\da-f]{64})$/.exec(String(first.headers['x-batchflow-signature'])) ?? [];
    expect(mac).toBe(createHmac('sha256', 'shared').update(`${time}.`).update(first.body).digest('hex'));
    expect(first.body.toString()).toBe('{"id":1,"text":null}\n');
    expect(first.headers['idempotency-key']).toMatch(/^[\w-]{34}$/);
    expect(second.headers['idempotency-key']).not.toBe(first.headers['idempotency-key']);
  });

  it.each([{ signature: { secretEnv: 'HOOK_SECRET' } }, { tokenEnv: 'HOOK_SECRET' }])(
    'with an empty secret are not sent: %j',
    async (options) => {
      const target = await HttpTarget.start();
      vi.stubEnv('HOOK_SECRET', '');
      const sink = await open(target.url, options);
      expect((await errorOf(sink.write(one)))?.message).toContain('HOOK_SECRET is empty');
      vi.stubEnv('HOOK_SECRET', 'shared');
      await sink.write(one);
      expect(target.received).toHaveLength(1);
    },
  );

  it.each(['json', 'ndjson', 'msgpack'])(
    'as %s need a member of its own for the identity',
    async (encode) => {
      const options = { encode, identityField: 'id' };
      const message = 'identityField: "id" is a column of "events"';
      expect((await errorOf(open('http://127.0.0.1:9', options)))?.message).toBe(message);
      const flow = createBatchFlow({ sink: http({ url: 'http://127.0.0.1:9', ...options }) });
      expect((await errorOf(flow))?.message).toContain('are any values, and have no columns');
    },
  );

  it("of a module of the user's, which reads rows out of answers", async () => {
    const target = await HttpTarget.start();
    const source = `
      export const encode = (batch) => ({
        body: batch.rows().map(({ id }) => id).join(),
        contentType: 'text/csv',
        headers: { 'x-rows': String(batch.length) },
      });
      const error = Object.assign(new Error('no'), { verdict: 'fatal' });
      export const rowsOf = ({ status, body }) =>
        status === 400 || status === 207 ? JSON.parse(body).map((index) => ({ index, error })) : undefined;`;
    const encode = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    const sink = await open(target.url, { encode });
    const rows = [{ id: 5 }, { id: 6 }];
    expect(await sink.write(rows)).toBeUndefined();
    expect(target.received[0]?.body.toString()).toBe('5,6');
    expect(target.received[0]?.headers).toMatchObject({ 'content-type': 'text/csv', 'x-rows': '2' });
    for (const code of [207, 400]) {
      target.next.push(status(code, '[1]'));
      expect((await sink.write(rows))?.failed.map(({ index }) => index)).toEqual([1]);
    }
    target.next.push(status(422, '[1]'));
    expect(await errorOf(sink.write(rows))).toMatchObject({ status: 422 });
    const broken = errorOf(open(target.url, { encode: new URL('data:text/javascript,export default 1') }));
    expect((await broken)?.message).toContain('exports no function encode');
  });
});
