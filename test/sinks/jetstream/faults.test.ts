/**
 * A stream that restarts, is out of reach, is full, or takes only small messages: what the sink has acknowledged is in
 * the stream, and what it says of each row is true.
 */
import { inspect } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOf, createBatchFlow, defineSchema, type EventOf, t } from '../../../dist/src/index.js';
import { unpack } from '../../../dist/src/packed/unpack.js';
import { type JetStreamOptions, jetstream } from '../../../dist/src/sinks/jetstream/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });
type Event = EventOf<typeof Events>;
const event = (id: number): Event => ({ id, text: `event ${id}` });
const events = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));
const upTo = (count: number) => Array.from({ length: count }, (_, id) => id);

describe.skipIf(noNats)(`faults of JetStream ${noNats ?? ''}`, () => {
  let server: NatsServer;
  let streams = 0;
  beforeAll(async () => {
    server = await NatsServer.start();
  });

  /** A stream of a test's own, and what is in it. */
  const newStream = (of = server) => {
    const name = `F${++streams}`;
    const rows = async () =>
      (await of.messages(name)).flatMap(({ data }) => {
        const batch = unpack(data);
        return batch.rows().map((row, i) => ({ ...(row as Event), identity: batch.identity(i) }));
      });
    return {
      name,
      options: (more: Partial<JetStreamOptions> = {}): JetStreamOptions => ({
        url: of.url,
        stream: name,
        subject: `${name}.{schema}.{partition}`,
        ackTimeoutMs: 500,
        ...more,
      }),
      rows,
      /** The ids of events, each once by its identity. */
      ids: async () =>
        [...new Map((await rows()).map(({ identity, id }) => [identity, id])).values()].sort((a, b) => a - b),
    };
  };

  it('a restart: the next write has a new connection', async () => {
    const stream = newStream();
    const sink = await directSink(jetstream(stream.options()), Events);
    await sink.write(events(0, 2));
    await server.stop();
    const error = await errorOf(sink.write(events(2, 2)));
    expect(sink.classify(error), inspect(error)).toMatchObject({ verdict: 'retry', reason: 'connection' });
    await server.run();
    await sink.write(events(2, 2));
    expect(await stream.ids()).toEqual(upTo(4));
  });

  it('crashes in the middle of a flow: none lost, and all counts add up', async () => {
    const stream = newStream();
    const flow = await NumberedFlow.into(jetstream(stream.options()), Events, event);
    await flow.throughRestarts(server, ['SIGKILL', 'SIGTERM'] as const);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await stream.ids()).toEqual(upTo(flow.next));
  });

  it('a server that is not there at the start, and comes', async () => {
    const stream = newStream();
    await server.stop('SIGKILL');
    const flow = await NumberedFlow.into(jetstream(stream.options()), Events, event);
    await flow.push(500);
    await until(() => flow.stats.retries > 0, 'an attempt');
    await server.run();
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await stream.ids()).toEqual(upTo(500));
  });

  it('connections that are cut at any byte, both ways: ids keep each message once', async () => {
    const stream = newStream();
    const proxy = await CutProxy.to(server.port);
    const url = `nats://127.0.0.1:${proxy.port}`;
    const sink = await directSink(jetstream(stream.options({ url, maxMessageBytes: 1024 })), Events);
    let skipped = 0;
    for (let round = 0; round < 40; round++) {
      if (round % 2 === 0) proxy.cutAfterBytes = 1 + Math.floor(Math.random() * 4000);
      else proxy.cutAfterServerBytes = 400 + Math.floor(Math.random() * 900);
      const rows = batchOf(Events, events(round * 100, 100));
      for (;;) {
        try {
          const result = await sink.deliver(rows);
          for (const { error } of result?.failed ?? [])
            expect(sink.classify(error)).toMatchObject({ verdict: 'retry' });
          skipped += result?.skipped ?? 0;
          if ((result?.failed ?? []).length === 0) break;
        } catch (error) {
          expect(sink.classify(error), inspect(error)).toMatchObject({ verdict: 'retry' });
        }
      }
    }
    expect(skipped).toBeGreaterThan(0);
    expect((await stream.rows()).map(({ id }) => id).sort((a, b) => a - b)).toEqual(upTo(4000));
  });

  it('a full stream refuses; rows wait until there is room', async () => {
    const stream = newStream();
    const options = stream.options({ stream: { name: stream.name, maxMessages: 2 } });
    const flow = await NumberedFlow.into(jetstream(options), Events, event, { flushSize: 10, flushers: 1 });
    await flow.push(100);
    const manager = await server.manager();
    const seen = new Set<number>();
    await until(async () => {
      for (const { id } of await stream.rows()) seen.add(id);
      await manager.streams.purge(stream.name);
      return flow.stats.committed === 100;
    }, 'room for all');
    for (const { id } of await stream.rows()) seen.add(id);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(flow.stats.retries).toBeGreaterThan(0);
  });

  it('when only some messages are stored, it names the rows of the others', async () => {
    const stream = newStream();
    const options = stream.options({
      stream: { name: stream.name, maxMessages: 3 },
      maxMessageBytes: 1024,
      maxInFlight: 1,
    });
    const sink = await directSink(jetstream(options), Events);
    const result = await sink.write(events(0, 300));
    const failed = result?.failed ?? [];
    const stored = (await stream.rows()).map(({ id }) => id);
    expect(stored.length).toBeGreaterThan(0);
    expect(failed.map(({ index }) => index)).toEqual(upTo(300).filter((id) => !stored.includes(id)));
    expect(sink.classify(failed[0]?.error)).toEqual({ verdict: 'retry', reason: 'overload' });
  });

  it('a batch above max_payload becomes several messages, and a row above it is given up alone', async () => {
    const small = await NatsServer.start('max_payload: 4096');
    const stream = newStream(small);
    const sink = await directSink(jetstream(stream.options()), Events);
    const rows = events(0, 1000);
    rows[500] = { id: 500, text: 'x'.repeat(5000) };
    const result = await sink.write(rows);
    expect(result?.failed.map(({ index }) => index)).toEqual([500]);
    expect(result?.failed[0]?.error).toMatchObject({ verdict: 'fatal', reason: 'overload' });
    expect(await stream.ids()).toEqual(upTo(1000).filter((id) => id !== 500));
    const messages = await small.messages(stream.name);
    expect(Math.max(...messages.map(({ data }) => data.length))).toBeLessThanOrEqual(4096);
    // Parts of the largest size need no more messages than they must.
    expect(messages.length).toBeLessThan(20);
  });

  it('a stream that takes smaller messages than its server', async () => {
    const stream = newStream();
    const options = stream.options({ stream: { name: stream.name, maxMessageBytes: 2000 } });
    const sink = await directSink(jetstream(options), Events);
    expect(await sink.write(events(0, 500))).toBeUndefined();
    expect(await stream.ids()).toEqual(upTo(500));
  });

  it('a stream that is deleted while the flow runs is made again', async () => {
    const stream = newStream();
    const flow = await NumberedFlow.into(jetstream(stream.options()), Events, event);
    await flow.push(100);
    await until(() => flow.stats.committed === 100, 'the first');
    const manager = await server.manager();
    await manager.streams.delete(stream.name);
    await flow.push(100);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await stream.ids()).toEqual(upTo(200).slice(100));
  });

  it('the same batch again is one message, and its rows count as skipped', async () => {
    const stream = newStream();
    const sink = await directSink(jetstream(stream.options()), Events);
    const batch = batchOf(Events, events(0, 50));
    expect(await sink.deliver(batch)).toBeUndefined();
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 50 });
    expect(await server.messages(stream.name)).toHaveLength(1);
  });

  it('events of two schemas with one identity are two messages', async () => {
    const stream = newStream();
    const Others = defineSchema('others', { id: t.int32() });
    const identity = new Uint8Array(25).fill(7);
    for (const schema of [Events, Others]) {
      // One subject for both.
      const options = stream.options({ subject: `${stream.name}.x`, format: 'json' });
      const sink = await directSink(jetstream(options), schema);
      await sink.deliver(batchOf(schema, [{ id: 1 }], identity) as never);
    }
    expect(await server.messages(stream.name)).toHaveLength(2);
  });

  it('a write that is aborted ends at once', async () => {
    const stream = newStream();
    const proxy = await CutProxy.to(server.port);
    const sink = await directSink(
      jetstream(stream.options({ url: `nats://127.0.0.1:${proxy.port}`, ackTimeoutMs: 60_000 })),
      Events,
    );
    proxy.stall();
    const controller = new AbortController();
    const written = errorOf(sink.write(events(0, 5), controller.signal));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await written).toBe(reason);
  });

  it('a row that has no JSON is given up alone', async () => {
    const stream = newStream();
    const Loose = defineSchema('loose', { id: t.int32(), value: t.any() });
    const circle: unknown[] = [];
    circle.push(circle);
    const sink = await directSink(jetstream(stream.options({ format: 'json' })), Loose);
    const result = await sink.write([
      { id: 0, value: 1 },
      { id: 1, value: circle },
      { id: 2, value: 2 },
    ]);
    expect(result?.failed).toMatchObject([{ index: 1, error: { verdict: 'fatal' } }]);
    expect(await server.messages(stream.name)).toHaveLength(2);
  });

  it('is well as long as its stream answers', async () => {
    const stream = newStream();
    const flow = await createBatchFlow({ schema: Events, sink: jetstream(stream.options()) });
    expect(await flow.sinkTrouble()).toBeUndefined();
    await server.stop('SIGKILL');
    try {
      await until(async () => /NATS|connection/.test(String(await flow.sinkTrouble())), 'trouble');
    } finally {
      await server.run();
    }
    await until(async () => (await flow.sinkTrouble()) === undefined, 'health');
    await flow.close();
  });
});
