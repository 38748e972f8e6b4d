/**
 * The JetStream source where streams, consumers and servers change under it, or are not what it needs.
 */
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, defineSchema, type FlowSettings, type Schema, t } from '../../../dist/src/index.js';
import { pack } from '../../../dist/src/packed/pack.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { anySchema } from '../../../dist/src/schema/columns/schema.js';
import { type JetStreamSourceOptions, jetstream } from '../../../dist/src/sources/jetstream/index.js';
import { memorySink } from '../../../dist/src/testing/index.js';
import { EventStream } from '../../fixtures/event-stream.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { n: t.int32() });
const Late = defineSchema('late', { n: t.int32() });

describe.skipIf(noNats)(`a stream ${noNats ?? ''}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start();
  });

  /** A flow that reads a stream into memory. */
  const read = async (
    stream: EventStream,
    options: Partial<JetStreamSourceOptions> = {},
    settings: FlowSettings | object = { schema: Event },
  ) => {
    const memory = memorySink();
    const errors: string[] = [];
    const flow = await createBatchFlow({
      ...{ sink: memory.sink, deadLetters: memorySink().sink, source: stream.source(options) },
      ...{ flushSize: 64, bufferSize: 4096, flushIntervalMs: 5, ...settings },
    } as Parameters<typeof createBatchFlow>[0]);
    flow.on('sourceError', ({ message }: Error) => errors.push(message));
    onTestFinished(() => flow.destroy() as never);
    const numbers = (schema: Schema = Event) => memory.rows(schema).map(({ n }) => n as number);
    const inFlight = () => flow.stats().source?.inFlight;
    return { flow, memory, errors, numbers, inFlight };
  };

  const remake = async ({ manager, name }: EventStream, config: object = {}) => {
    await manager.streams.delete(name);
    await manager.streams.add({ name, subjects: [`${name}.>`], storage: 'memory', ...config } as never);
  };

  it('that is made anew has other messages of the same numbers: each is delivered', async () => {
    const stream = await EventStream.make(server);
    await stream.publish('{"n":1}');
    const { memory, numbers, inFlight } = await read(stream);
    memory.hold();
    await memory.until(() => memory.waiting > 0);
    await remake(stream);
    await stream.publish('{"n":2}');
    await stream.publish('{"n":3}');
    await until(() => inFlight() === 3, 'the new messages');
    memory.release();
    await until(() => memory.stored === 3 && inFlight() === 0, 'all rows');
    expect(numbers().sort()).toEqual([1, 2, 3]);
    expect((await stream.info())?.ack_floor.stream_seq).toBe(2);
  });

  it('that is made anew is begun as the options say in each partition', async () => {
    const stream = await EventStream.make(server);
    const ordered = { ordered: true, partitions: 2, infoIntervalMs: 20 };
    for (let i = 0; i < 4; i++) await stream.publish(`{"n":${i}}`, `events.${i % 2}`);
    const { memory } = await read(stream, ordered);
    const floorOf = async (partition: number) =>
      (await stream.info(`worker-${partition}`))?.ack_floor.stream_seq;
    await until(async () => (await floorOf(1)) === 4, 'all messages');
    await remake(stream);
    for (let i = 4; i < 8; i++) await stream.publish(`{"n":${i}}`, `events.${i % 2}`);
    await until(() => memory.stored === 8, 'the new messages of both partitions');
  });

  it('that is a queue goes on when its consumer is made again', async () => {
    const stream = await EventStream.make(server, { retention: 'workqueue' });
    await stream.publish('{"n":1}');
    const { memory, numbers, errors } = await read(stream, { infoIntervalMs: 20 });
    await until(async () => (await stream.info())?.ack_floor.stream_seq === 1, 'the first message');
    await stream.manager.consumers.delete(stream.name, 'worker');
    await stream.publish('{"n":2}');
    await until(() => memory.stored === 2, 'the second message');
    expect(numbers()).toEqual([1, 2]);
    expect(errors).toEqual([expect.stringContaining('it was gone, and was made again')]);
  });

  it('whose consumer is made again for new messages has those of the time between', async () => {
    const stream = await EventStream.make(server);
    await stream.publish('{"n":1}');
    const { memory, numbers } = await read(stream, { consumer: { name: 'worker', deliver: 'new' } });
    await stream.manager.consumers.delete(stream.name, 'worker');
    await stream.publish('{"n":2}');
    await until(() => memory.stored === 1, 'the second message');
    expect(numbers()).toEqual([2]);
  });

  it('whose consumer has no bodies fails the flow', async () => {
    const stream = await EventStream.make(server);
    const config = { durable_name: 'worker', ack_policy: 'explicit', headers_only: true };
    await stream.manager.consumers.add(stream.name, config as never);
    await expect(read(stream, { consumer: 'worker' })).rejects.toThrow(
      /without their bodies \(headers_only\)/,
    );
  });

  it('of a flow without a schema is read by another one', async () => {
    const stream = await EventStream.make(server);
    const values = [{ a: 1 }, 'text', [2n]];
    await stream.publish(pack(batchOf(anySchema('events'), values)));
    const { memory, flow, inFlight } = await read(stream, {}, {});
    await until(() => memory.stored === 3 && inFlight() === 0, 'all values');
    expect(memory.rows()).toEqual(values);
    expect(flow.stats().source).toMatchObject({ acknowledged: 1, handedBack: 0 });
  });

  it('is asked by one run at a time, however often a run fails', async () => {
    const stream = await EventStream.make(server);
    await stream.publishPacked(Event, [{ n: 0 }]);
    await stream.publishPacked(Late, [{ n: 1 }]);
    // No place for a producer of the second schema.
    const { flow, errors } = await read(
      stream,
      { consumer: { name: 'worker', ackWaitMs: 60_000 } },
      { schemas: [Event, Late], bufferSize: 128 },
    );
    await until(() => (flow.stats().source?.restarts ?? 0) >= 4, 'some runs');
    expect(errors[0]).toMatch(/maxProducers/);
    expect((await stream.info())?.num_waiting).toBeLessThanOrEqual(1);
  });
});

it.skipIf(noNats)('a server that comes back gets a word of what a full ring holds', async () => {
  const server = await NatsServer.start();
  const stream = await EventStream.make(server, { storage: 'file' });
  for (let i = 0; i < 200; i++) await stream.publish(`{"n":${i}}`);
  const memory = memorySink();
  memory.hold();
  const flow = await createBatchFlow({
    ...{ schema: Event, sink: memory.sink, deadLetters: memorySink().sink },
    ...{ source: stream.source({ consumer: { name: 'worker', ackWaitMs: 2000 } }) },
    ...{ flushSize: 64, bufferSize: 128, flushIntervalMs: 5 },
  });
  onTestFinished(() => flow.destroy() as never);
  flow.on('sourceError', () => {});
  await until(() => flow.stats().source?.inFlight === 128, 'a full ring');
  await server.stop('SIGKILL');
  await server.run();
  const words: string[] = [];
  const connection = await server.connect();
  connection.subscribe(`$JS.ACK.${stream.name}.>`, {
    callback: (_, message) => void words.push(message.string()),
  });
  await until(() => words.filter((word) => word === '+WPI').length >= 128, 'a word of each message');
});

it.skipIf(noNats).each([false, true])(
  'a user who may not acknowledge is told so (ackAck: %s)',
  async (ackAck) => {
    const server = await NatsServer.start(`no_auth_user: admin
    authorization { users: [ { user: admin, password: a },
      { user: worker, password: b, permissions: { publish: { deny: [ "$JS.ACK.>" ] } } } ] }`);
    const stream = await EventStream.make(server);
    await stream.publish('{"n":1}');
    const errors: string[] = [];
    const flow = await createBatchFlow({
      ...{ schema: Event, sink: memorySink().sink, deadLetters: memorySink().sink, flushIntervalMs: 5 },
      source: stream.source({ user: 'worker', password: 'b', ackAck, ackTimeoutMs: 200 }),
    });
    onTestFinished(() => flow.destroy() as never);
    flow.on('sourceError', ({ message }) => errors.push(message));
    await until(() => errors.length > 0, 'the error');
    expect(errors[0]).toMatch(
      /takes no acknowledgements; the user needs to publish to \$JS\.ACK\.>: Permissions/,
    );
    expect(flow.stats().source?.acknowledged).toBe(0);
  },
);

it('partitions that consumers cannot tell apart are refused', () => {
  const options = { stream: 'S', consumer: 'worker', ordered: true, partitions: 2 };
  for (const subject of ['events.{schema}-{partition}', '{partition}{schema}']) {
    expect(() => jetstream({ ...options, subject })).toThrow(/a token without \{schema\} for \{partition\}/);
    expect(() => jetstream({ ...options, subject, ordered: false, partitions: 1 })).not.toThrow();
  }
  expect(() => jetstream({ ...options, subject: 'events.{schema}.p{partition}' })).not.toThrow();
});
