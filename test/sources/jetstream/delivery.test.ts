/**
 * The JetStream source: what becomes of messages, and what the server knows of it when.
 */
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { deadLetterSchema } from '../../../dist/src/flow/delivery/dead-letter.js';
import { createBatchFlow, defineSchema, type FlowSettings, type Schema, t } from '../../../dist/src/index.js';
import { pack } from '../../../dist/src/packed/pack.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import type { JetStreamSourceOptions } from '../../../dist/src/sources/jetstream/index.js';
import { memorySink } from '../../../dist/src/testing/index.js';
import { EventStream } from '../../fixtures/event-stream.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { n: t.int32(), text: t.string().optional() });
const Late = defineSchema('late', { n: t.int32() });
const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ n: from + i }));

describe.skipIf(noNats)(`messages ${noNats ?? ''}`, () => {
  let server: NatsServer;
  let stream: EventStream;
  beforeAll(async () => {
    server = await NatsServer.start();
  });
  afterEach(() => stream.remove());

  /** A flow that reads the stream into memory. */
  const read = async (
    options: Partial<JetStreamSourceOptions> = {},
    settings: FlowSettings = {},
    schema: Schema | readonly Schema[] = Event,
  ) => {
    const memory = memorySink();
    const letters = memorySink();
    const errors: Error[] = [];
    const flow = await createBatchFlow({
      ...{ sink: memory.sink, deadLetters: letters.sink, source: stream.source(options) },
      ...(Array.isArray(schema) ? { schemas: schema } : { schema: schema as Schema }),
      ...{ identity: 'given', flushSize: 64, bufferSize: 4096, flushIntervalMs: 5, ...settings },
    } as Parameters<typeof createBatchFlow>[0]);
    flow.on('sourceError', (error: Error) => errors.push(error));
    flow.on('flushError', () => {});
    onTestFinished(() => flow.destroy() as never);
    const numbers = () => memory.rows().map(({ n }) => n as number);
    return { flow, memory, letters: () => letters.rows(deadLetterSchema), errors, numbers };
  };
  type Reading = Awaited<ReturnType<typeof read>>;

  const untilDone = async ({ flow }: Reading, messages: number) =>
    until(
      async () => (await stream.acknowledged()) === messages && flow.stats().source?.inFlight === 0,
      `${messages} acknowledged messages`,
    );
  /** Messages that the server gave up at the source's word. */
  const terminated = async () => {
    const connection = await server.connect();
    onTestFinished(() => connection.close());
    const seen: number[] = [];
    connection.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.${stream.name}.>`, {
      callback: (_, message) => void seen.push(message.json<{ stream_seq: number }>().stream_seq),
    });
    await connection.flush();
    return seen;
  };

  /** What is said of messages, from now on: the words, and whether an answer is asked for. */
  const words = async () => {
    const connection = await server.connect();
    onTestFinished(() => connection.close());
    const said: { word: string; wantsAnswer: boolean }[] = [];
    connection.subscribe(`$JS.ACK.${stream.name}.>`, {
      callback: (_, message) =>
        void said.push({ word: message.string(), wantsAnswer: (message.reply ?? '') !== '' }),
    });
    await connection.flush();
    return said;
  };

  it('are acknowledged after the commit, and not before', async () => {
    stream = await EventStream.make(server);
    await stream.publishPacked(Event, events(60), 10);
    const reading = await read({ consumer: { name: 'worker', ackWaitMs: 60_000 } });
    reading.memory.hold();
    await until(() => reading.flow.stats().accepted === 60 || reading.memory.waiting > 0, 'rows');
    await reading.memory.until(() => reading.memory.waiting > 0);
    await until(async () => (await stream.info())?.num_pending === 0, 'all messages');
    expect((await stream.info())?.num_ack_pending).toBe(6);
    reading.memory.release();
    await untilDone(reading, 6);
    expect((await stream.info())?.num_ack_pending).toBe(0);
    expect(reading.numbers().sort((a, b) => a - b)).toEqual(events(60).map(({ n }) => n));
  });

  it('bring their identities along, ranges and given ones, packed or made of their place', async () => {
    stream = await EventStream.make(server);
    const given = new Uint8Array(50).map((_, i) => i);
    const ranges = batchOf(Event, [{ n: 1 }, { n: 2 }]);
    await stream.publish(pack(ranges));
    await stream.publish(pack(batchOf(Event, [{ n: 3 }, { n: 4 }], given)));
    await stream.publish('{"n":5}\n{"n":6}\n');
    const read1 = await read();
    await untilDone(read1, 3);
    const identities = ({ memory }: Reading) =>
      memory.batches(Event).flatMap(({ batch }) => batch.rows().map((_, i) => batch.identity(i)));
    const first = identities(read1);
    expect(first.slice(0, 4)).toEqual([
      ...[0, 1].map((i) => ranges.identity(i)),
      ...[0, 25].map((at) => Buffer.from(given.slice(at, at + 25)).toString('base64url')),
    ]);
    expect(new Set(first).size).toBe(6);
    await read1.flow.close();
    // All of it again, for another consumer.
    const read2 = await read({ consumer: 'other' });
    await until(() => read2.memory.stored === 6, 'all rows again');
    expect(identities(read2)).toEqual(first);
  });

  it('of JSON may have bad lines, which become dead letters with an identity that stays', async () => {
    stream = await EventStream.make(server);
    await stream.publish('{"n":1}\nnonsense\n\n{"n":"x"}\r\n{"n":2}');
    const readings = [await read(), await read({ consumer: 'other' })] as const;
    for (const reading of readings) {
      await until(() => reading.memory.stored === 2 && reading.letters().length === 2, 'rows and letters');
      expect(reading.numbers()).toEqual([1, 2]);
    }
    const [one, two] = readings.map((reading) =>
      reading.letters().map(({ row, identity }) => [row, identity]),
    );
    expect(one).toEqual(two);
    expect(JSON.stringify(one)).toContain('nonsense');
    await untilDone(readings[0], 1);
    expect(await terminated()).toEqual([]);
  });

  it('that are damaged are terminated, when their dead letter is stored', async () => {
    stream = await EventStream.make(server);
    const seen = await terminated();
    const bytes = pack(batchOf(Event, events(3)));
    bytes[40] = (bytes[40] as number) ^ 1;
    await stream.publishPacked(Event, events(1));
    await stream.publish(bytes);
    await stream.publish('no event');
    await stream.publishPacked(Event, events(1, 1));
    const reading = await read();
    await untilDone(reading, 4);
    await until(() => seen.length === 2, 'advisories');
    expect(seen).toEqual([2, 3]);
    expect(reading.numbers()).toEqual([0, 1]);
    expect(reading.letters().map(({ message }) => message)).toEqual([
      expect.stringContaining('checksum'),
      expect.stringContaining('neither a packed message nor JSON'),
    ]);
    expect(reading.flow.stats().source).toMatchObject({
      received: 4,
      acknowledged: 4,
      refused: 2,
      restarts: 0,
    });
  });

  it('of an unknown schema come again with growing pauses, until the flow knows it', async () => {
    stream = await EventStream.make(server);
    await stream.publishPacked(Late, events(5));
    await stream.publishPacked(Event, events(5));
    const said = await words();
    const reading = await read({ unknownDelayMs: 20, maxUnknownDelayMs: 100 }, { maxSchemas: 2 });
    await until(() => (reading.flow.stats().source?.handedBack ?? 0) >= 5, 'it to be handed back');
    const delays = said.flatMap(({ word }) => /^-NAK \{"delay": (\d+)000000\}$/.exec(word)?.slice(1) ?? []);
    expect(delays.slice(0, 5).map(Number)).toEqual([20, 40, 80, 100, 100]);
    expect(reading.numbers()).toEqual([0, 1, 2, 3, 4]);
    expect(reading.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^handed back \(1\): no schema "late" is known here$/),
    ]);
    reading.flow.addSchema(Late);
    await untilDone(reading, 2);
    expect(reading.memory.rows(Late)).toEqual(events(5));
    expect(reading.letters()).toEqual([]);
  });

  it.each([
    ['a newer form', (bytes: Uint8Array) => bytes.fill(2, 4, 5), /version 2/],
    ['another shape', () => pack(batchOf(defineSchema('events', { n: t.string() }), [{ n: '' }])), /shape/],
    ['an unknown schema', () => pack(batchOf(Late, [{ n: 1 }])), /no schema "late"/],
    ['JSON of an unknown schema', () => '{"n":1}', /no schema "other" is known here, by the subject/],
  ] as const)(
    'of %s become dead letters after so many deliveries, and are terminated',
    async (_, made, error) => {
      stream = await EventStream.make(server);
      const seen = await terminated();
      const data = made(pack(batchOf(Event, events(1))));
      await stream.publish(data, 'other.0');
      const reading = await read({ unknownDelayMs: 1, maxUnknownDeliveries: 3 });
      await untilDone(reading, 1);
      await until(() => seen.length === 1, 'the advisory');
      expect(reading.letters()).toMatchObject([{ message: expect.stringMatching(error) }]);
      expect(reading.flow.stats().source).toMatchObject({ received: 3, handedBack: 2, acknowledged: 1 });
    },
  );

  /** A small message, and large ones: more are asked for than the ring has room for, and most of them wait. */
  const publishLarge = async (messages: number) => {
    await stream.publishPacked(Event, events(1));
    await stream.publishPacked(Event, events(50 * messages, 1), 50);
  };
  const isFull = async ({ flow }: Reading) => {
    await until(() => flow.stats().accepted > 100, 'a full ring');
    await until(async () => ((await stream.info())?.num_ack_pending ?? 0) > 8, 'messages that wait');
  };

  it('come again soon from a flow that stops, those too that wait for room', async () => {
    stream = await EventStream.make(server);
    await publishLarge(20);
    const patient = { consumer: { name: 'worker', ackWaitMs: 60_000 } };
    const first = await read(patient, { bufferSize: 128 });
    first.memory.hold();
    await isFull(first);
    await first.flow.destroy();
    const second = await read(patient);
    await untilDone(second, 21);
    const numbers = new Set([...first.numbers(), ...second.numbers()]);
    expect(numbers.size).toBe(1001);
    expect(second.flow.stats().source?.handedBack).toBe(0);
  });

  it.each([true, false])('are acknowledged with an answer by `ackAck`: %s', async (ackAck) => {
    stream = await EventStream.make(server);
    await stream.publishPacked(Event, events(50), 5);
    const said = await words();
    const reading = await read({ ackAck });
    await untilDone(reading, 10);
    await until(() => said.length === 10, 'all words');
    expect(said).toEqual(Array.from({ length: 10 }, () => ({ word: '+ACK', wantsAnswer: ackAck })));
  });

  it('are kept from coming again while their rows wait, or they themselves', async () => {
    stream = await EventStream.make(server);
    await publishLarge(20);
    const first = await read({}, { bufferSize: 128 });
    first.memory.hold();
    await isFull(first);
    // Another host would get what is said nothing of.
    const second = await read();
    const began = performance.now();
    await until(() => performance.now() - began > 1500, 'three times the wait');
    expect((await stream.info())?.num_redelivered).toBe(0);
    first.memory.release();
    await untilDone(first, 21);
    expect(first.memory.stored + second.memory.stored).toBe(1001);
  });

  it('are asked for as far as the ring has room', async () => {
    stream = await EventStream.make(server);
    await stream.publishPacked(Event, events(4000), 20);
    const reading = await read({ consumer: { name: 'worker', ackWaitMs: 60_000 } }, { bufferSize: 400 });
    reading.memory.hold();
    await reading.memory.until(() => reading.memory.waiting > 0);
    let before = -1;
    await until(async () => {
      const now = (await stream.info())?.num_ack_pending ?? 0;
      const rests = now === before && now > 10;
      before = now;
      if (!rests) await new Promise((resolve) => setTimeout(resolve, 100));
      return rests;
    }, 'rest');
    // 20 messages fill the ring; the first request did not know how many rows they have.
    expect(before).toBeLessThanOrEqual(30);
    reading.memory.release();
    await untilDone(reading, 200);
    expect(reading.memory.stored).toBe(4000);
  });
});
