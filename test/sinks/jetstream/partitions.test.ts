/**
 * Partitions: rows of one key have one subject, in their order, and the hash is that of NATS itself.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOf, defineSchema, SinkError, t } from '../../../dist/src/index.js';
import { isHeard, subjectOf, subjectsOf } from '../../../dist/src/nats/subject-template.js';
import { unpack } from '../../../dist/src/packed/unpack.js';
import { jetstream } from '../../../dist/src/sinks/jetstream/index.js';
import { rowsByPartition } from '../../../dist/src/sinks/jetstream/partitions.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';

const Orders = defineSchema('orders', { customer: t.label(), id: t.int32() });
const order = (id: number) => ({ customer: `customer ${id % 37}`, id });

describe('the partition of a row', () => {
  const Keys = defineSchema('keys', {
    name: t.label().optional(),
    text: t.string(),
    bytes: t.bytes(),
    flag: t.bool(),
    number: t.float64(),
    big: t.bigint64(),
    at: t.timestamp(),
    document: t.json<unknown>(),
  });
  const batch = batchOf(Keys, [
    {
      ...{
        name: 'a',
        text: 'a',
        bytes: Buffer.from('a'),
        flag: true,
        number: 1.5,
        big: -5n,
        at: new Date(7),
      },
      document: { a: 1 },
    },
    { text: 'é', bytes: Buffer.from('é'), flag: false, number: -0, big: 0n, at: 0, document: [] },
  ]);
  const partitionsOf = (...keys: string[]) => {
    const found: number[] = [];
    for (const [partition, rows] of rowsByPartition(batch, keys, 2 ** 32))
      for (const row of rows) found[row] = partition;
    return found;
  };
  /** FNV-1a of 32 bits, by its definition. */
  const fnv = (text: string) =>
    Number(
      [...Buffer.from(text)].reduce(
        (hash, byte) => ((hash ^ BigInt(byte)) * 0x01000193n) % 2n ** 32n,
        0x811c9dc5n,
      ),
    );

  it.each<[string[], [string, string]]>([
    [['name'], ['a', '']],
    [['text'], ['a', 'é']],
    [['bytes'], ['a', 'é']],
    [['flag'], ['true', 'false']],
    [['number'], ['1.5', '0']],
    [['big'], ['-5', '0']],
    [['at'], ['7', '0']],
    [['document'], ['{"a":1}', '[]']],
    [
      ['text', 'number', 'name'],
      ['a1.5a', 'é0'],
    ],
  ])('by %j', (keys, texts) => {
    expect(partitionsOf(...keys)).toEqual(texts.map(fnv));
  });

  it('stays what it is', () => {
    // Published values of the hash.
    expect([fnv('a'), fnv('foobar')]).toEqual([0xe40c292c, 0xbf9cf968]);
    expect(partitionsOf('text')[0]).toBe(0xe40c292c);
  });
});

describe('subjects', () => {
  it.each([
    ['events.{schema}.{partition}', 'a b.c', 'events.a%20b%2Ec.3', 'events.*.*'],
    ['x.p{partition}', 'any', 'x.p3', 'x.*'],
    ['x', 'any', 'x', 'x'],
    ['{schema}', '*>%\ud83d', '%2A%3E%25�', '*'],
  ])('%s', (template, schema, subject, filter) => {
    expect(subjectOf(template, schema, 3)).toBe(subject);
    expect(subjectsOf(template)).toBe(filter);
    expect(isHeard(filter, subject)).toBe(true);
  });

  it.each([
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['a.*', 'a.b.c', false],
    ['>', 'a', true],
    ['a.b', 'a.c', false],
    ['a.*.c', 'a.b.c', true],
  ])('%s hears %s: %s', (filter, subject, heard) => {
    expect(isHeard(filter, subject)).toBe(heard);
  });
});

describe.skipIf(noNats)(`partitions of a stream ${noNats ?? ''}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start('mappings: { "in.*": "in.{{partition(8,1)}}.{{wildcard(1)}}" }');
  });
  const partitioned = (stream: string) => ({
    ...{
      url: server.url,
      stream,
      subject: `${stream}.{schema}.{partition}`,
      partitions: 8,
      partitionBy: ['customer'],
    },
  });

  it('have the rows that NATS itself would put there', async () => {
    const sink = await directSink(jetstream(partitioned('P1')), Orders);
    await sink.write(Array.from({ length: 500 }, (_, id) => order(id)));
    const client = await server.connect();
    const own = new Map<string, number>();
    const subscription = client.subscribe('in.*.*', {
      callback: (_, { subject }) =>
        void own.set(subject.split('.')[2] as string, Number(subject.split('.')[1])),
    });
    // A token has no spaces: the key is the name with a dash.
    const names = Array.from({ length: 37 }, (_, i) => `customer-${i}`);
    for (const name of names) client.publish(`in.${name}`);
    await client.flush();
    subscription.unsubscribe();
    const Named = defineSchema('named', { customer: t.label() });
    const batch = batchOf(
      Named,
      names.map((customer) => ({ customer })),
    );
    for (const [partition, rows] of rowsByPartition(batch, ['customer'], 8)) {
      for (const row of rows) expect(own.get(names[row] as string)).toBe(partition);
    }
    const places = new Map<string, Set<string>>();
    for (const { subject, data } of await server.messages('P1')) {
      for (const { customer } of unpack(data).rows() as { customer: string }[]) {
        places.set(customer, (places.get(customer) ?? new Set()).add(subject));
      }
    }
    expect(places.size).toBe(37);
    expect([...places.values()].every((subjects) => subjects.size === 1)).toBe(true);
    expect(new Set([...places.values()].flatMap((subjects) => [...subjects])).size).toBeGreaterThan(4);
  });

  it.each(['packed', 'json'] as const)('keep the order of their rows through crashes: %s', async (format) => {
    const stream = `P2${format}`;
    const options = {
      ...partitioned(stream),
      format,
      ordered: true,
      maxMessageBytes: 1024,
      ackTimeoutMs: 500,
    };
    const flow = await NumberedFlow.into(jetstream(options), Orders, order, { flushers: 1 });
    await flow.push(500);
    await server.stop('SIGKILL');
    await flow.push(500);
    await server.run();
    expect(await flow.close()).toEqual(flow.allCommitted);
    const last = new Map<string, number>();
    let seen = 0;
    for (const { subject, data } of await server.messages(stream)) {
      const rows = format === 'json' ? [JSON.parse(Buffer.from(data).toString())] : unpack(data).rows();
      for (const { id } of rows as { id: number }[]) {
        expect(id).toBeGreaterThan(last.get(subject) ?? -1);
        last.set(subject, id);
        seen++;
      }
    }
    expect(seen).toBe(1000);
  });

  it('need columns that are there, and whose values can be a key', async () => {
    const Loose = defineSchema('loose', { customer: t.any() });
    expect(await errorOf(directSink(jetstream(partitioned('P3')), Loose))).toBeInstanceOf(SinkError);
    const Without = defineSchema('without', { id: t.int32() });
    const error = await errorOf(directSink(jetstream(partitioned('P3')), Without));
    expect(error?.message).toBe('partitionBy: "without" has no column "customer"');
  });
});
