/**
 * The consumer that the source makes, or finds; order by partitions; what can be seen; options.
 */
import { Registry } from 'prom-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError, createBatchFlow, defineSchema, SourceError, t } from '../../../dist/src/index.js';
import { prometheus } from '../../../dist/src/metrics/index.js';
import type { JetStreamSourceOptions } from '../../../dist/src/sources/jetstream/index.js';
import { jetstream } from '../../../dist/src/sources/jetstream/index.js';
import { memorySink } from '../../../dist/src/testing/index.js';
import { errorOf } from '../../fixtures/error-of.js';
import { EventStream } from '../../fixtures/event-stream.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { n: t.int32() });
const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ n: from + i }));

describe.skipIf(noNats)(`the consumer ${noNats ?? ''}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start();
  });

  const read = async (
    stream: EventStream,
    options: Partial<JetStreamSourceOptions> = {},
    settings = {},
    memory = memorySink(),
  ) => {
    const flow = await createBatchFlow({
      ...{ schema: Event, sink: memory.sink, source: stream.source(options), onGivenUp: 'drop' },
      ...{ identity: 'given', flushSize: 64, bufferSize: 4096, flushIntervalMs: 5, ...settings },
    });
    onTestFinished(() => flow.destroy() as never);
    return { flow, memory };
  };

  it('is made for explicit acknowledgements, without a last delivery, with limits of ring and hosts', async () => {
    const stream = await EventStream.make(server);
    await read(stream, { consumer: { name: 'worker', hosts: 4, filterSubjects: [`${stream.name}.a.*`] } });
    expect((await stream.info())?.config).toMatchObject({
      ...{
        durable_name: 'worker',
        ack_policy: 'explicit',
        ack_wait: 30e9,
        max_deliver: -1,
        max_waiting: 512,
      },
      ...{ max_ack_pending: 4 * 4096, deliver_policy: 'all', filter_subject: `${stream.name}.a.*` },
    });
  });

  it('gets messages of its subjects only, and new ones only, where the options say so', async () => {
    const stream = await EventStream.make(server);
    const filterSubjects = [`${stream.name}.events.1`];
    await stream.publishPacked(Event, events(1), 1, 'events.1');
    const { memory } = await read(stream, { consumer: { name: 'worker', filterSubjects, deliver: 'new' } });
    await stream.publishPacked(Event, events(1, 1), 1, 'events.2');
    await stream.publishPacked(Event, events(1, 2), 1, 'events.1');
    await until(() => memory.stored > 0, 'a row');
    expect(memory.rows(Event)).toEqual(events(1, 2));
  });

  it.each([
    [{ ack_policy: 'none' }, {}, /ack policy is none/],
    [{ deliver_subject: 'push.to' }, {}, /pushes/],
    [{ max_deliver: 5 }, {}, /max_deliver/],
    [{ ack_wait: 7e9 }, { ackWaitMs: 8000 }, /ackWaitMs is 7000 there, and 8000 in the options/],
    [{ max_ack_pending: 7 }, { maxAckPending: 8 }, /maxAckPending is 7 there/],
    [{ filter_subject: 'S.a' }, { filterSubjects: ['S.b'] }, /it gets S.a, and S.b in the options/],
    [undefined, { create: false }, /there is no such consumer/],
  ])('that is there and is %o does not serve options %o', async (there, options, expected) => {
    const stream = await EventStream.make(server, { subjects: ['S.>'] });
    onTestFinished(() => stream.remove());
    if (there !== undefined) {
      const config = { durable_name: 'worker', ack_policy: 'explicit', ...there };
      await stream.manager.consumers.add(stream.name, config as never);
    }
    const error = await errorOf(read(stream, { consumer: { name: 'worker', ...options } }));
    expect(error).toBeInstanceOf(SourceError);
    expect(error?.message).toMatch(expected);
  });

  it.each([
    ['stream', async (stream: EventStream) => stream.remove(), /there is no stream/],
    ['server', async () => {}, /ECONNREFUSED|CONNECTION|connect/],
  ] as const)('fails the flow without its %s where the options say so', async (what, prepare, expected) => {
    const stream = await EventStream.make(server);
    await prepare(stream);
    const more =
      what === 'server' ? { url: 'nats://127.0.0.1:1', requireServer: true } : { requireServer: true };
    const error = await errorOf(read(stream, more));
    expect(error).toBeInstanceOf(SourceError);
    expect(error?.message).toMatch(expected);
  });

  it('keeps the order of each partition with `ordered`, and takes one message of it at a time', async () => {
    const stream = await EventStream.make(server);
    for (let n = 0; n < 120; n += 4) {
      await stream.publishPacked(Event, events(4, n), 4, `events.${n % 3}`);
    }
    const options = { ordered: true, partitions: 3, consumer: { name: 'worker', ackWaitMs: 60_000 } };
    const settings = { flushers: 1, maxConcurrentFlushes: 1 };
    // Both write to one table.
    const memory = memorySink();
    memory.hold();
    for (let host = 0; host < 2; host++) await read(stream, options, settings, memory);
    await memory.until(() => memory.waiting > 0);
    const infos = () => Promise.all([0, 1, 2].map((p) => stream.info(`worker-${p}`)));
    await until(async () => (await infos()).every((info) => info?.num_ack_pending === 1), 'one of each');
    memory.release();
    await until(
      async () => (await infos()).every((i) => i?.num_pending === 0 && i.num_ack_pending === 0),
      'all',
    );
    const stored = memory.rows(Event).map(({ n }) => n);
    expect(stored).toHaveLength(120);
    for (let p = 0; p < 3; p++) {
      const ofPartition = stored.filter((n) => (n - (n % 4)) % 3 === p);
      expect(ofPartition).toEqual([...ofPartition].sort((a, b) => a - b));
    }
  });

  it('that holds messages back which hosts have room for is told of', async () => {
    const stream = await EventStream.make(server);
    await stream.publishPacked(Event, events(40), 4);
    const { flow, memory } = await read(stream, {
      consumer: { name: 'worker', ackWaitMs: 60_000, maxAckPending: 2 },
      infoIntervalMs: 20,
    });
    const errors: string[] = [];
    flow.on('sourceError', ({ message }) => errors.push(message));
    memory.hold();
    await until(() => errors.length > 0, 'the error');
    expect(errors[0]).toMatch(
      /^consumer "worker" of .*: max_ack_pending is 2, and the ring of one host holds/,
    );
    memory.release();
    await until(() => memory.stored === 40, 'all rows');
    expect(errors).toHaveLength(1);
  });

  it('shows its lag, what is under way, what came again and what was terminated', async () => {
    const stream = await EventStream.make(server);
    await stream.publish('no event');
    await stream.publishPacked(Event, events(400), 1);
    const { flow, memory } = await read(stream, { infoIntervalMs: 20 }, { flushSize: 16, bufferSize: 64 });
    memory.hold();
    const register = new Registry();
    prometheus(flow, { registry: register });
    const shown = async (name: string) => {
      const text = await register.getSingleMetricAsString(`batchflow_jetstream_${name}`).catch(() => '');
      return Number(/\} ([0-9.]+)$/m.exec(text)?.[1] ?? Number.NaN);
    };
    await until(async () => (await shown('consumer_ack_pending')) > 0, 'pending acknowledgements');
    expect(await shown('consumer_lag')).toBeGreaterThan(100);
    memory.release();
    await until(async () => (await shown('consumer_lag')) === 0, 'no lag');
    await until(async () => (await shown('consumer_ack_pending')) === 0, 'nothing pending');
    await until(async () => (await shown('terminated_total')) === 1, 'the terminated one');
    expect(await shown('redeliveries_total')).toBe(0);
  });

  it.each([
    [{ stream: 'a.b' }, 'stream'],
    [{ consumer: 'a b' }, 'consumer'],
    [{ consumer: { name: 'x', ackWaitMs: 1 } }, 'consumer.ackWaitMs'],
    [{ partitions: 2 }, 'partitions'],
    [{ partitions: 2, ordered: true, subject: 'events.{schema}' }, 'subject'],
    [{ ordered: true, consumer: { name: 'x', maxAckPending: 5 } }, 'consumer.maxAckPending'],
    [{ ordered: true, consumer: { name: 'x', filterSubjects: ['a'] } }, 'consumer.filterSubjects'],
    [{ format: 'arrow' }, 'format'],
    [{ url: 'http://x' }, 'url'],
    [{ subject: 'a.>' }, 'subject'],
  ])('refuses options %o', (options, key) => {
    const make = () => jetstream({ stream: 'S', consumer: 'C', ...options } as never);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(new RegExp(`^${key.replace('.', '\\.')}`));
  });
});
