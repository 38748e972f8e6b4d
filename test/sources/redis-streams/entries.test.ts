/**
 * What the source makes of entries: those that the sink has written, those of other programs, and those that are none.
 */
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { deadLetterSchema } from '../../../dist/src/flow/delivery/dead-letter.js';
import {
  createBatchFlow,
  defineSchema,
  type Flow,
  identityOf,
  t,
  withIdentity,
} from '../../../dist/src/index.js';
import { redis } from '../../../dist/src/sinks/redis/index.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { Numbered, type Reading, RedisStream } from '../../fixtures/redis-stream.js';
import { until } from '../../fixtures/until.js';

const All = defineSchema('all', {
  flag: t.bool(),
  i8: t.int8(),
  i16: t.int16(),
  i32: t.int32(),
  u8: t.uint8(),
  u16: t.uint16(),
  u32: t.uint32(),
  f32: t.float32(),
  f64: t.float64(),
  big: t.bigint64(),
  at: t.timestamp(),
  label: t.label(),
  text: t.string(),
  json: t.json(),
  bytes: t.bytes(),
  any: t.any(),
  none: t.string().optional(),
});

const usual = {
  ...{ flag: true, i8: -128, i16: -32_768, i32: -(2 ** 31), u8: 255, u16: 65_535, u32: 2 ** 32 - 1 },
  ...{ f32: 0.5, f64: 0.1, big: 2n ** 62n, at: Date.UTC(2026, 0, 31) + 0.5, label: 'eu', text: 'é🙂\r\n$5' },
  ...{ json: { a: [1, null] }, bytes: Uint8Array.of(0, 13, 10, 255), any: new Map([['a', 1n]]) },
};
const events = [
  usual,
  {
    ...usual,
    flag: false,
    f64: -0,
    f32: Number.NaN,
    big: -(2n ** 63n),
    at: 0,
    text: '',
    label: '',
    json: null,
  },
  { ...usual, f64: Number.POSITIVE_INFINITY, f32: Number.NEGATIVE_INFINITY, at: 8.64e15, none: 'there' },
  {
    ...usual,
    f64: 1e21,
    f32: Math.fround(1.5e-7),
    at: -62_198_755_200_000,
    bytes: new Uint8Array(100_000).fill(7),
  },
  {
    ...usual,
    f64: 5e-324,
    at: Date.UTC(2026, 0, 1) + 0.123,
    any: 'text',
    json: 'text',
    text: 'x'.repeat(70_000),
  },
];

describe.skipIf(noRedis)(`entries of a stream ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });

  /** The texts, messages and identities of dead letters. */
  const lettersOf = ({ letters }: Reading) =>
    letters.rows(deadLetterSchema).map(({ row, message, identity }) => {
      const { text, schema } = JSON.parse(row as string);
      return { entry: JSON.parse(text), schema, message, identity };
    });

  it.each(['iso', 'ms'] as const)(
    'what the sink writes comes back as it was pushed, times as %s',
    async (timestamps) => {
      const stream = new RedisStream(server);
      const writing = await createBatchFlow({
        schema: All,
        sink: redis({ url: server.url, stream: stream.key, timestamps }),
      });
      for (const event of events) writing.push(event as never);
      await writing.close();
      expect(writing.stats().committed).toBe(events.length);
      const reading = await stream.read({}, { schema: All });
      await until(() => reading.memory.stored === events.length, 'all rows');
      const expected = events.map((event) => ({ none: null, ...event, bytes: Buffer.from(event.bytes) }));
      const rows = reading.memory
        .rows(All)
        .map((row) => ({ ...row, at: Number(row.at), bytes: Buffer.from(row.bytes) }));
      // Microseconds, as the sink writes them.
      for (const [i, row] of rows.entries()) {
        const { at, ...others } = expected[i] as (typeof expected)[0];
        expect(row).toEqual({ ...others, at: expect.closeTo(at, 3) });
      }
    },
  );

  it('events of a flow without a schema', async () => {
    const stream = new RedisStream(server);
    const writing = await createBatchFlow({ sink: redis({ url: server.url, stream: stream.key }) });
    const values = [{ a: 1 }, 'text', [new Date(5)], undefined];
    for (const value of values) writing.push(value);
    await writing.close();
    const reading = await stream.read({}, { schema: undefined } as never);
    await until(() => reading.memory.stored === values.length, 'all rows');
    expect(reading.memory.rows()).toEqual(values);
  });

  it('entries of other programs: as fields, and as JSON', async () => {
    const Loose = defineSchema('loose', { n: t.int32(), ok: t.bool(), at: t.timestamp(), doc: t.json() });
    const stream = new RedisStream(server);
    await stream.add(
      'n',
      '7',
      'ok',
      'true',
      'at',
      '1700000000000',
      'doc',
      ' { "id": 12345678901234567890 } ',
    );
    await stream.add('ok', 'false', 'n', '-1', 'at', '2026-01-31T12:00:00+01:00', 'doc', 'null');
    const reading = await stream.read({}, { schema: Loose });
    await until(() => reading.memory.stored === 2, 'rows');
    const asJson = new RedisStream(server);
    const at = '2026-01-31T11:00:00Z';
    await asJson.add('source', 'web', 'event', JSON.stringify({ n: -1, ok: false, at, doc: null }));
    const json = await asJson.read({ jsonField: 'event' }, { schema: Loose });
    await until(() => json.memory.stored === 1, 'a row');
    const [first, second] = reading.memory.rows(Loose);
    expect(first).toMatchObject({ n: 7, ok: true });
    expect(Number(first?.at)).toBe(1_700_000_000_000);
    expect(json.memory.rows(Loose)).toEqual([second]);
    const doc = reading.memory.batches(Loose)[0]?.batch.columns.doc as { text: { get(i: number): string } };
    expect(doc.text.get(0)).toBe('{"id":12345678901234567890}');
  });

  it('what is no event becomes a dead letter with its identity, and others go on', async () => {
    const bad: [fields: (string | Buffer)[], message: RegExp][] = [
      [['n', 'one', 'text', ''], /n: got "one" \(string\); expected a text of type int32/],
      [['n', '3000000000', 'text', ''], /n: got 3000000000 \(number\)/],
      [['n', '', 'text', ''], /n: got ""/],
      [['n', '1'], /text: missing/],
      [['n', '1', 'text', '', 'more', '2'], /more: unknown column/],
      [['n', '1', 'text', '', '__proto__', '2'], /__proto__: unknown column/],
      [['n', '1', 'text', 'a', 'text', 'b'], /the field "text" is there twice/],
      [['n', '1', 'text', Buffer.of(0xff)], /text: got an object; expected a text of type string/],
    ];
    const stream = new RedisStream(server);
    const ids: string[] = [];
    for (const [fields] of bad) ids.push(await stream.add(...fields));
    await stream.addNumbers(1);
    const reading = await stream.read();
    const isDone = async () => reading.memory.stored === 1 && (await stream.pending()) === 0;
    await until(isDone, 'the end of all');
    const letters = lettersOf(reading);
    expect(letters).toHaveLength(bad.length);
    for (const [i, [fields, message]] of bad.entries()) {
      const id = ids[i] as string;
      const shown = fields.map((field) =>
        Buffer.isBuffer(field) ? { base64: field.toString('base64') } : field,
      );
      const pairs = shown.flatMap((name, k) => (k % 2 === 0 ? [[name, shown[k + 1]]] : []));
      const identity = Buffer.from(identityOf('redis-streams', stream.key, id)).toString('base64url');
      expect(letters[i]).toEqual({
        entry: { stream: stream.key, id, fields: pairs },
        ...{ schema: 'numbered', message: expect.stringMatching(message), identity },
      });
    }
    expect(reading.errors).toEqual([]);
  });

  it('as JSON: what is no event becomes a dead letter', async () => {
    const bad: [fields: (string | Buffer)[], message: RegExp][] = [
      [['event', '{"n":'], /JSON/],
      [['event', '[1]'], /expected an object/],
      [['other', '{}'], /it has no field "event"/],
      [['event', Buffer.of(0x22, 0xff, 0x22)], /the field "event" is no UTF-8/],
    ];
    const stream = new RedisStream(server);
    for (const [fields] of bad) await stream.add(...fields);
    const reading = await stream.read({ jsonField: 'event' });
    const isDone = async () => (await stream.pending()) === 0 && reading.letters.stored === bad.length;
    await until(isDone, 'all letters');
    const letters = lettersOf(reading);
    for (const [i, [, message]] of bad.entries())
      expect(letters[i]).toMatchObject({ schema: 'numbered', message: expect.stringMatching(message) });
  });

  it('a schema by a field', async () => {
    const Other = defineSchema('other', { name: t.string() });
    const stream = new RedisStream(server);
    await stream.add('type', 'numbered', 'n', '1', 'text', 'one');
    await stream.add('name', 'two', 'type', 'other');
    await stream.add('type', 'third', 'name', 'three');
    await stream.add('name', 'four');
    const schemas = { schema: undefined, schemas: [Numbered, Other] };
    const reading = await stream.read({ schemaField: 'type' }, schemas as never);
    const isDone = async () => (await stream.pending()) === 0 && reading.letters.stored === 2;
    await until(isDone, 'all ends');
    expect(reading.memory.rows(Numbered)).toEqual([{ n: 1, text: 'one' }]);
    expect(reading.memory.rows(Other)).toEqual([{ name: 'two' }]);
    expect(lettersOf(reading).map(({ message }) => message)).toEqual([
      'the flow has no schema "third" (string)',
      'it has no field "type"',
    ]);
    await expect(stream.read({}, schemas as never)).rejects.toThrow(/schema/);
    await expect(stream.read({ schema: 'third' }, schemas as never)).rejects.toThrow(/schema/);
  });

  it('identities: of a field, whoever made it, or of the place', async () => {
    const stream = new RedisStream(server);
    const given = identityOf('order', 1);
    const writing = await createBatchFlow({
      schema: Numbered,
      sink: redis({ url: server.url, stream: { key: stream.key, identityField: '_id' } }),
      identity: 'given',
    });
    onTestFinished(async () => void (await (writing as unknown as Flow).destroy()));
    writing.push(withIdentity({ n: 0, text: 'of the sink' }, given));
    await writing.flush();
    await stream.add('n', '1', 'text', 'of another program', '_id', 'order-5309');
    const id = await stream.add('n', '2', 'text', 'without one');
    const identities = async (settings: object, options: object = {}) => {
      const reading = await stream.read({ identityField: '_id', ...options }, settings);
      await until(() => reading.memory.stored === 3, 'all rows');
      return reading.memory
        .batches(Numbered)
        .flatMap(({ batch }) => Array.from({ length: batch.length }, (_, i) => batch.identity(i)));
    };
    const texts = [
      given,
      identityOf('redis-streams', 'order-5309'),
      identityOf('redis-streams', stream.key, id),
    ];
    expect(await identities({ identity: 'given' })).toEqual(
      texts.map((each) => Buffer.from(each).toString('base64url')),
    );
    // Without it the flow gives its own, and the field is no column.
    const own = await identities({}, { group: 'other' });
    expect(own).toHaveLength(3);
    expect(own).not.toContain(Buffer.from(given).toString('base64url'));
  });
});
