/**
 * What the Redis sink stores: values of every column type, by every way, as a server has them then.
 */
import { deserialize } from 'node:v8';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, createBatchFlow, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { type RowOptions, redis } from '../../../dist/src/sinks/redis/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';

const Everything = defineSchema('everything', {
  id: t.int32(),
  bool: t.bool().optional(),
  int8: t.int8().optional(),
  int16: t.int16().optional(),
  uint8: t.uint8().optional(),
  uint16: t.uint16().optional(),
  uint32: t.uint32().optional(),
  int32: t.int32().optional(),
  float32: t.float32().optional(),
  float64: t.float64().optional(),
  bigint64: t.bigint64().optional(),
  timestamp: t.timestamp().optional(),
  label: t.label().optional(),
  string: t.string().optional(),
  json: t.json().optional(),
  bytes: t.bytes().optional(),
  any: t.any().optional(),
});

const values = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint8: fc.integer({ min: 0, max: 255 }),
  uint16: fc.integer({ min: 0, max: 65_535 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  float32: fc.float(),
  float64: fc.oneof(fc.double(), fc.constantFrom(-0, 1e21, 0.1, 2 ** 31, -(2 ** 31), 2 ** 53)),
  bigint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  timestamp: fc.oneof(
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
    fc.constantFrom(
      0,
      -1,
      -62_167_219_200_001,
      253_402_300_800_000,
      1_700_000_000_000.25,
      -0.5,
      8.64e15,
      -8.64e15,
    ),
  ),
  label: fc.string({ unit: 'binary' }),
  string: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '\r\n', '$5\r\nhello\r\n', '\0', '€\ud83d\ude00'),
  ),
  json: fc.jsonValue(),
  bytes: fc.uint8Array({ maxLength: 300 }),
  any: fc.oneof(fc.jsonValue(), fc.date({ noInvalidDate: true })),
};
const events = fc.array(fc.record(values, { requiredKeys: [] }), { minLength: 1, maxLength: 20 });

/** The text that is documented for a value. */
function textOf(name: string, value: never): Buffer {
  if (name === 'bool') return Buffer.from(value ? '1' : '0');
  if (name === 'bytes') return Buffer.from(value);
  if (name === 'timestamp') return Buffer.from(isoOf(value));
  if (name === 'json') return Buffer.from(JSON.stringify(value));
  if (name === 'float32') return Buffer.from(numberText(Math.fround(value)));
  if (name === 'float64') return Buffer.from(numberText(value));
  return Buffer.from(String(value).toWellFormed());
}
const numberText = (value: number) => (Object.is(value, -0) ? '-0' : String(value));
/** Digits behind the milliseconds only where there are some. */
function isoOf(ms: number): string {
  const micros = Math.round((ms - Math.floor(ms)) * 1000);
  const text = new Date(Math.floor(ms)).toISOString();
  return micros === 0 ? text : text.replace('Z', `${String(micros).padStart(3, '0')}Z`);
}

function pairsOf(list: Buffer[]): Map<string, Buffer> {
  const pairs = new Map<string, Buffer>();
  for (let i = 0; i < list.length; i += 2) pairs.set(String(list[i]), list[i + 1] as Buffer);
  return pairs;
}

describe.skipIf(noRedis)(`what is stored in Redis ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  beforeEach(async () => {
    await server.raw('FLUSHALL');
  });

  const open = <S extends Schema>(rows: RowOptions, schema: S) =>
    directSink(redis({ url: server.url, ...rows }), schema);
  const command = (...args: string[]) => server.command(...args) as Promise<unknown>;

  it.each(['hash', 'stream'] as const)('every column type, absent values left out: %s', async (way) => {
    const sink = await open({ [way]: 'row:{id}' }, Everything);
    await fc.assert(
      fc.asyncProperty(events, async (rows) => {
        await server.raw('FLUSHALL');
        await sink.write(rows.map((row, id) => ({ id, ...row })) as never);
        for (const [id, row] of rows.entries()) {
          const found =
            way === 'hash'
              ? await server.raw('HGETALL', `row:${id}`)
              : ((await server.raw('XRANGE', `row:${id}`, '-', '+')) as [[unknown, Buffer[]]])[0][1];
          const pairs = pairsOf(found as Buffer[]);
          const given = Object.entries(row).filter(([, value]) => value !== undefined && value !== null);
          const there = new Map(given as [string, never][]);
          expect([...pairs.keys()].sort()).toEqual(['id', ...there.keys()].sort());
          for (const [name, value] of there) {
            if (name === 'any') expect(deserialize(pairs.get(name) as Buffer)).toEqual(value);
            else
              expect(pairs.get(name)?.toString('latin1'), name).toBe(textOf(name, value).toString('latin1'));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  const Events = defineSchema('events', {
    id: t.int32(),
    name: t.string().optional(),
    place: t.label().optional(),
    score: t.float64().optional(),
    at: t.timestamp().optional(),
  });

  it('a lone surrogate becomes U+FFFD, in keys, too', async () => {
    const sink = await open({ hash: 'k:{place}:{name}' }, Events);
    await sink.write([{ id: 1, name: 'a\ud800', place: '\udc00b' }]);
    expect(await command('HGETALL', 'k:\ufffdb:a\ufffd')).toEqual([
      'id',
      '1',
      'name',
      'a\ufffd',
      'place',
      '\ufffdb',
    ]);
  });

  it('entries of a stream have the identity, about so many are kept, and keys are of columns', async () => {
    const sink = await open(
      { stream: { key: '{{{place}}}:{id}', identityField: '_id', columns: ['name'] } },
      Events,
    );
    const batch = batchOf(Events, [{ id: 7, place: 'eu', name: 'x' }]);
    await sink.deliver(batch);
    await sink.deliver(batch);
    const entries = (await command('XRANGE', '{eu}:7', '-', '+')) as [string, string[]][];
    expect(entries.map(([, fields]) => fields)).toEqual([
      ['_id', batch.identity(0), 'name', 'x'],
      ['_id', batch.identity(0), 'name', 'x'],
    ]);
    const short = await open({ stream: { key: 's', maxLength: 10 } }, Events);
    await short.write(Array.from({ length: 2000 }, (_, id) => ({ id })));
    expect(await command('XLEN', 's')).toBeLessThan(500);
  });

  it('a hash lives for its time from the last row, and keeps fields that a row lacks', async () => {
    const sink = await open({ hash: { key: 'h:{id}', ttlMs: 60_000 } }, Events);
    await sink.write([{ id: 1, name: 'first', place: 'eu' }]);
    await server.raw('PEXPIRE', 'h:1', '1000');
    await sink.write([{ id: 1, name: 'second' }]);
    expect(await command('HGETALL', 'h:1')).toEqual(['id', '1', 'name', 'second', 'place', 'eu']);
    expect(await command('PTTL', 'h:1')).toBeGreaterThan(50_000);
  });

  it('a text: the row as JSON, or one column; its time; only where the key is absent or present', async () => {
    const json = await open({ string: 'j:{id}' }, Events);
    await json.write([{ id: 1, name: 'x', at: 1000.5 }]);
    expect(JSON.parse((await command('GET', 'j:1')) as string)).toEqual({
      ...{ id: 1, name: 'x', place: null, score: null, at: 1000.5 },
    });
    const once = await open(
      { string: { key: 'c:{id}', value: 'name', ttlMs: 60_000, onlyIf: 'absent' } },
      Events,
    );
    expect(await once.write([{ id: 1, name: 'a' }])).toBe(undefined);
    expect(
      await once.write([
        { id: 1, name: 'b' },
        { id: 2, name: 'c' },
      ]),
    ).toEqual({ failed: [], skipped: 1 });
    expect(await command('MGET', 'c:1', 'c:2')).toEqual(['a', 'c']);
    expect(await command('PTTL', 'c:1')).toBeGreaterThan(50_000);
    const there = await open({ string: { key: 'c:{id}', value: 'name', onlyIf: 'present' } }, Events);
    expect(
      await there.write([
        { id: 1, name: 'd' },
        { id: 3, name: 'e' },
      ]),
    ).toEqual({ failed: [], skipped: 1 });
    expect(await command('MGET', 'c:1', 'c:3')).toEqual(['d', null]);
  });

  it('a list: at its end, in order, the last so many', async () => {
    const sink = await open({ list: { key: 'l', value: 'id', maxLength: 3 } }, Events);
    await sink.write(Array.from({ length: 10 }, (_, id) => ({ id })));
    expect(await command('LRANGE', 'l', '0', '-1')).toEqual(['7', '8', '9']);
  });

  it('a sorted set: scores of numbers and times, and when they count', async () => {
    const sink = await open({ sortedSet: { key: 'z', score: 'score', member: 'name' } }, Events);
    await sink.write([
      { id: 1, name: 'a', score: 2.5 },
      { id: 2, name: 'b', score: Number.NEGATIVE_INFINITY },
    ]);
    expect(await command('ZRANGE', 'z', '0', '-1', 'WITHSCORES')).toEqual(['b', '-inf', 'a', '2.5']);
    const times = await open(
      { sortedSet: { key: 't', score: 'at', member: 'id', onlyIf: 'greater' } },
      Events,
    );
    await times.write([
      { id: 1, at: 1_700_000_000_000 },
      { id: 1, at: 5 },
    ]);
    expect(await command('ZSCORE', 't', '1')).toBe('1700000000000');
  });

  it('times as milliseconds, in fields and keys', async () => {
    const sink = await open({ hash: 'h:{at}', timestamps: 'ms' }, Events);
    await sink.write([{ id: 1, at: 1000.25 }]);
    expect(await command('HGET', 'h:1000.25', 'at')).toBe('1000.25');
  });

  it('what a function makes of a row and its identity', async () => {
    const sink = await open(
      {
        command: (row, identity) => [
          'HSET',
          `f:${row.id}`,
          'n',
          5,
          'big',
          2n ** 60n,
          new Uint8Array([255]),
          identity,
        ],
      },
      Events,
    );
    const batch = batchOf(Events, [{ id: 1 }]);
    await sink.deliver(batch);
    const pairs = (await server.raw('HGETALL', 'f:1')) as Buffer[];
    expect(pairs.map((each) => each.toString('latin1'))).toEqual([
      ...['n', '5', 'big', String(2n ** 60n), '\xff', batch.identity(0)],
    ]);
  });

  it('a function of a module', async () => {
    const module = new URL('../../fixtures/sinks/redis-command.mjs', import.meta.url);
    const sink = await open({ command: module }, Events);
    await sink.write([{ id: 4 }]);
    expect(await command('GET', 'from-module:4')).toBe('4');
  });

  it('batches of many megabytes, each row whole', async () => {
    const Texts = defineSchema('texts', { id: t.int32(), text: t.string() });
    const sink = await open({ hash: 'big:{id}' }, Texts);
    const row = (id: number) => ({ id, text: `${id}:${'€x'.repeat(200_000)}` });
    await sink.write(Array.from({ length: 30 }, (_, id) => row(id)));
    for (const id of [0, 13, 29]) expect(await command('HGET', `big:${id}`, 'text')).toBe(row(id).text);
    expect(await command('DBSIZE')).toBe(30);
  });

  it('schemas of one flow, each by its own way', async () => {
    const Clicks = defineSchema('clicks', { id: t.int32() });
    const flow = await createBatchFlow({
      schemas: [Events, Clicks],
      sink: redis({
        url: server.url,
        list: { key: 'others', value: 'id' },
        schemas: { clicks: { stream: 'clicks' } },
      }),
    });
    flow.producer(Events).push({ id: 1 });
    flow.producer(Clicks).push({ id: 2 });
    await flow.close();
    expect(await command('LRANGE', 'others', '0', '-1')).toEqual(['1']);
    expect(await command('XLEN', 'clicks')).toBe(1);
  });
});
