/**
 * The stream that the sink makes, or finds: what it has to be, what is unwise, and what the user needs to be allowed.
 */
import { Registry } from 'prom-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadSink } from '../../../dist/src/flow/delivery/sink-loader.js';
import { batchOf, createBatchFlow, defineSchema, SinkError, t } from '../../../dist/src/index.js';
import { type JetStreamOptions, jetstream } from '../../../dist/src/sinks/jetstream/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';

const Events = defineSchema('events', { id: t.int32(), name: t.label() });

describe.skipIf(noNats)(`the stream ${noNats ?? ''}`, () => {
  let server: NatsServer;
  let manager: Awaited<ReturnType<NatsServer['manager']>>;
  beforeAll(async () => {
    server = await NatsServer.start('max_payload: 65536');
    manager = await server.manager();
  });

  let streams = 0;
  const nextName = () => `T${++streams}`;
  const open = (name: string, options: Partial<JetStreamOptions> = {}) =>
    directSink(
      jetstream({ url: server.url, stream: name, subject: `${name}.{schema}.{partition}`, ...options }),
      Events,
    );
  /** Warnings of this process, while a test runs. */
  const warnings = () => {
    const seen: string[] = [];
    const note = ({ name, message }: Error) => void (name === 'JetStreamWarning' && seen.push(message));
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    return async () => {
      await new Promise(setImmediate);
      return seen;
    };
  };

  it('is made with what the options say, refuses messages when it is full, and remembers ids', async () => {
    const name = nextName();
    await open(name, {
      stream: { name, maxBytes: 1_000_000, maxMessages: 1000, maxAgeMs: 3_600_000, maxMessageBytes: 50_000 },
    });
    expect((await manager.streams.info(name)).config).toMatchObject({
      ...{ subjects: [`${name}.*.*`], storage: 'file', num_replicas: 1, retention: 'limits', discard: 'new' },
      ...{ max_bytes: 1_000_000, max_msgs: 1000, max_age: 3.6e12, max_msg_size: 50_000 },
      duplicate_window: 120e9,
    });
  });

  it('remembers ids as long as the flow may try a batch', async () => {
    const name = nextName();
    const flow = await createBatchFlow({
      schema: Events,
      sink: jetstream({ url: server.url, stream: name, subject: `${name}.{schema}.{partition}` }),
      retry: { maxAttempts: 10, timeoutMs: 40_000, maxBackoffMs: 1000 },
    });
    await flow.close();
    // Ten attempts, nine pauses.
    expect((await manager.streams.info(name)).config.duplicate_window).toBe(409_000 * 1e6);
  });

  it('is made once by many flushers at once', async () => {
    const name = nextName();
    await Promise.all(Array.from({ length: 5 }, () => open(name)));
    expect((await manager.streams.info(name)).config.name).toBe(name);
  });

  it('has a schema that comes later than open', async () => {
    const name = nextName();
    const ref = jetstream({ url: server.url, stream: name, subject: `${name}.{schema}.{partition}` });
    const sink = await loadSink(ref);
    const context = { flusher: 1, options: ref.options, metrics: new Registry() };
    await sink.open?.({ ...context, schemas: [Events] });
    const Late = defineSchema('late', { id: t.int32() });
    await sink.prepare?.(Late);
    const { signal } = new AbortController();
    await sink.write(batchOf(Late, [{ id: 1 }]), { ...context, schema: Late, attempt: 1, signal });
    await sink.close?.();
    expect((await server.messages(name)).map(({ subject }) => subject)).toEqual([`${name}.late.0`]);
  });

  it.each<[string, object, Partial<JetStreamOptions>, RegExp]>([
    [
      'that is not there',
      { missing: true },
      { stream: { name: '?', create: false } },
      /there is no such stream/,
    ],
    [
      'of other subjects',
      { subjects: ['?.other.*'] },
      {},
      /does not listen to \?\.events\.0, but to \?\.other\.\*/,
    ],
    ['that acknowledges nothing', { no_ack: true }, {}, /no_ack/],
    [
      'of another storage',
      {},
      { stream: { name: '?', storage: 'memory' } },
      /storage is file there, and memory/,
    ],
    ['of fewer replicas', {}, { stream: { name: '?', replicas: 3 } }, /replicas is 1 there, and 3/],
    [
      'with other limits',
      { max_bytes: 5 },
      { stream: { name: '?', maxBytes: 6 } },
      /maxBytes is 5 there, and 6/,
    ],
    [
      'with a shorter memory',
      { duplicate_window: 5e9 },
      { stream: { name: '?', duplicateWindowMs: 9000 } },
      /duplicateWindowMs/,
    ],
    ['that cannot be made', { missing: true }, { stream: { name: '?', replicas: 3 } }, /cannot be made: /],
  ])('%s fails the flow', async (_, config, options, message) => {
    const name = nextName();
    /** A question mark stands for the name. */
    const named = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('?', name));
    if (!('missing' in config)) {
      await manager.streams.add(named({ name, subjects: ['?.>'], ...config }) as never);
    }
    const error = await errorOf(open(name, named(options)));
    expect(error).toBeInstanceOf(SinkError);
    expect(error?.message.replaceAll(name, '?')).toMatch(message);
  });

  it('what is unwise is a warning, unless the options say so', async () => {
    const name = nextName();
    const seen = warnings();
    await manager.streams.add({
      ...{ name, subjects: [`${name}.>`], storage: 'memory', discard: 'old', max_msgs: 5 },
      duplicate_window: 1e9,
    } as never);
    const settings = { name, storage: 'memory', discard: 'old', duplicateWindowMs: 1000 } as const;
    await open(name, { stream: settings });
    expect(await seen()).toEqual([]);
    await open(name);
    expect(await seen()).toEqual([
      expect.stringContaining('drops its oldest messages'),
      expect.stringContaining('is kept in memory'),
    ]);
    // A flow's thread has warnings of its own.
    const ref = jetstream({ url: server.url, stream: name, subject: `${name}.{schema}.{partition}` });
    const sink = await loadSink(ref);
    const context = { flusher: 1, options: ref.options, schemas: [Events], metrics: new Registry() };
    await sink.open?.({ ...context, retryBudgetMs: 275_000 });
    await sink.close?.();
    expect((await seen()).join()).toContain(
      'forgets ids after 1000 ms, and a batch may be tried for 275000 ms',
    );
  });

  it('a second one that listens to the subject does not get the messages', async () => {
    const name = nextName();
    const sink = await open(name);
    const [wide] = [nextName()];
    await manager.streams.delete(name);
    await manager.streams.add({ name: wide, subjects: [`${name}.>`] } as never);
    const error = await errorOf(sink.write([{ id: 1, name: 'a' }]));
    expect(sink.classify(error)).toMatchObject({ verdict: 'retry', reason: 'syntax' });
    expect(await server.messages(wide)).toEqual([]);
  });

  it('a user who may only publish needs no other right', async () => {
    const limited = await NatsServer.start(`
      authorization {
        users: [
          { user: "admin", password: "a" }
          { user: "edge", password: "b", permissions: { publish: ["L.>"], subscribe: ["_INBOX.>"] } }
        ]
      }`);
    const admin = await limited.manager({ user: 'admin', pass: 'a' });
    await admin.streams.add({ name: 'L', subjects: ['L.>'] } as never);
    const seen = warnings();
    const sink = await directSink(
      jetstream({ url: limited.url, user: 'edge', password: 'b', stream: 'L', subject: 'L.{schema}' }),
      Events,
    );
    expect(await seen()).toEqual([expect.stringContaining('may not look at stream "L"')]);
    expect(await sink.write([{ id: 1, name: 'a' }])).toBeUndefined();
    expect(await limited.messages('L', { user: 'admin', pass: 'a' })).toHaveLength(1);
    // Nor may it publish elsewhere.
    const elsewhere = await directSink(
      jetstream({ url: limited.url, user: 'edge', password: 'b', stream: 'L', subject: 'M.{schema}' }),
      Events,
    );
    const error = await errorOf(elsewhere.write([{ id: 1, name: 'a' }]));
    expect(elsewhere.classify(error)).toMatchObject({ verdict: 'retry', reason: 'auth' });
  });
});
