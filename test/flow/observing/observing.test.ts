/**
 * An observer and a logger: what has happened, on the creating thread, bounded, sampled, without a row's values, and
 * unharmed by what they throw.
 */
import pino from 'pino';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isInShare } from '../../../dist/src/flow/protocol/batch-share.js';
import type { FlowMemory } from '../../../dist/src/flow/shared/flow-memory.js';
import { mostOnTheirWay, ObservedMessages } from '../../../dist/src/flow/shared/observed-messages.js';
import { type BatchEvent, createBatchFlow } from '../../../dist/src/index.js';
import { prometheus } from '../../../dist/src/metrics/index.js';
import { events, type Scene, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

const retry = { backoffMs: 1, maxBackoffMs: 2 };
const store = ({ rows, store: keep }: Scene) => keep(rows);

/** The second write is refused for a while, and row 20 for good, with texts that hold values. */
const troubled = ({ n, rows, store: keep }: Scene) => {
  const reason = 'duplicate_key';
  if (n === 2)
    throw Object.assign(new Error('Key (email)=(a@b.c) already exists.'), { verdict: 'retry', reason });
  const failed = rows.flatMap(({ i }, index) =>
    i === 20
      ? [
          {
            index,
            error: Object.assign(new Error('Key (id)=(row 20) already exists.'), { verdict: 'fatal' }),
          },
        ]
      : [],
  );
  keep(rows.filter(({ i }) => i !== 20));
  return { failed };
};

test('an observer receives each stage of a batch, and no values', async () => {
  const seen: BatchEvent[] = [];
  const observer = { sample: 'all' as const, onEvent: (event: BatchEvent) => void seen.push(event) };
  const { flow } = await scriptedFlow(troubled, { observer, retry });
  flow.on('flushError', () => {});
  expect(() => flow.push({ i: 'secret value', text: '' } as never)).toThrow();
  flow.pushMany(events(24));
  await expect(flow.committed()).rejects.toThrow();
  await flow.close();
  expect(seen.map(({ stage, status, rows, attempt }) => [stage, status, rows, attempt])).toEqual([
    ['validate', 'fail', 1, 0],
    ['execute', 'success', 8, 1],
    ['final', 'success', 8, 1],
    ['execute', 'fail', 8, 1],
    ['retry', 'retry', 8, 2],
    ['execute', 'success', 8, 2],
    ['final', 'success', 8, 2],
    ['execute', 'success', 8, 1],
    ['execute', 'fail', 8, 1],
    ['final', 'fail', 8, 1],
  ]);
  expect(seen[0]).toMatchObject({
    flow: 'events',
    schema: 'events',
    reason: 'type',
    error: { message: 'i: type' },
  });
  expect(seen[4]).toMatchObject({
    backend: 'custom',
    flusher: 1,
    reason: 'duplicate_key',
    error: { message: 'Key (email)=([REDACTED]) already exists.' },
  });
  expect(seen[9]?.error?.message).toBe('Key (id)=([REDACTED]) already exists.');
  expect(JSON.stringify(seen)).not.toMatch(/secret value|a@b|row 20/);
  expect(flow.metrics().observed).toEqual({ received: 10, dropped: 0, failed: 0 });
});

test('by default an observer receives failures, retries and slow ones', async () => {
  const seen: BatchEvent[] = [];
  const { flow } = await scriptedFlow(troubled, { observer: (event: BatchEvent) => seen.push(event), retry });
  flow.on('flushError', () => {});
  flow.pushMany(events(24));
  await flow.close();
  expect(seen.map(({ stage, status }) => `${stage} ${status}`)).toEqual([
    'execute fail',
    'retry retry',
    'execute fail',
    'final fail',
  ]);
  const all: BatchEvent[] = [];
  const { flow: slow } = await scriptedFlow(store, {
    observer: { slowMs: 0, onEvent: (event: BatchEvent) => all.push(event) },
  });
  slow.pushMany(events(8));
  await slow.close();
  expect(all.map(({ stage }) => stage)).toEqual(['execute', 'final']);
});

test('a ratio has the same batches at each delivery, all stages of them', async () => {
  const seen: BatchEvent[] = [];
  const dies = ({ n, rows, store: keep }: Scene) => {
    if (n === 4 || n === 9) process.exit(1);
    if (n % 3 === 1) throw Object.assign(new Error('again'), { verdict: 'retry' });
    keep(rows);
  };
  const observer = { sample: { ratio: 0.5 }, onEvent: (event: BatchEvent) => void seen.push(event) };
  const { flow } = await scriptedFlow(dies, { observer, retry, maxDeliveries: 100 });
  flow.pushMany(events(160));
  await flow.committed();
  await flow.close();
  const final = seen.filter(({ stage }) => stage === 'final');
  expect(final.length).toBeGreaterThan(0);
  expect(final.length).toBeLessThan(20);
  expect(flow.stats().redelivered).toBeGreaterThan(0);
  // Batches that are not sampled have no event at all, and the others all of theirs.
  const batches = new Set(final.map(({ batch }) => batch));
  expect(new Set(seen.map(({ batch }) => batch))).toEqual(batches);
});

test('a share of batches is as large as wanted, and always the same', () => {
  const batches = Array.from({ length: 10_000 }, (_, i) => `batch ${i}`);
  const chosen = batches.filter((batch) => isInShare('events', batch, 0.1));
  expect(chosen.length / batches.length).toBeCloseTo(0.1, 1);
  expect(chosen.filter((batch) => isInShare('events', batch, 0.2))).toEqual(chosen);
  expect([0, 1, undefined].map((ratio) => isInShare('events', 'batch 1', ratio))).toEqual([
    false,
    true,
    false,
  ]);
});

test('a sampler of your own chooses, and one that throws chooses nothing', async () => {
  const seen: BatchEvent[] = [];
  const onEvent = (event: BatchEvent) => void seen.push(event);
  const { flow } = await scriptedFlow(store, {
    observer: { sample: ({ stage }: BatchEvent) => stage === 'final', onEvent },
  });
  flow.pushMany(events(16));
  await flow.close();
  expect(seen.map(({ stage }) => stage)).toEqual(['final', 'final']);
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warnings.mockRestore());
  const throws = () => {
    throw new Error('not this one');
  };
  const { flow: other } = await scriptedFlow(store, { observer: { sample: throws, onEvent } });
  other.pushMany(events(8));
  await other.close();
  expect(seen).toHaveLength(2);
  expect(other.metrics().observed).toMatchObject({ received: 0, failed: 2 });
  expect(warnings).toHaveBeenCalledTimes(1);
});

test('observers and loggers that throw or reject are counted, and change nothing', async () => {
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warnings.mockRestore());
  const broken = () => {
    throw new Error('not today');
  };
  const logger = { info: broken, warn: broken, error: async () => broken() };
  const { flow } = await scriptedFlow(troubled, {
    observer: { sample: 'all', onEvent: async () => broken() },
    logger,
    retry,
  });
  flow.on('flushError', () => {});
  flow.pushMany(events(24));
  await flow.close();
  expect(flow.stats()).toMatchObject({ committed: 23, accepted: 24 });
  expect(flow.metrics().observed.failed).toBeGreaterThan(9);
  expect(warnings.mock.calls.map(([text]) => String(text)).sort()).toEqual([
    'the logger of flow "events" has thrown: not today',
    'the observer of flow "events" has thrown: not today',
  ]);
});

test('an observer and a logger that push what is refused are not called within their own calls', async () => {
  let calls = 0;
  let refused = () => {};
  const pushesTwice = () => {
    calls++;
    refused();
    refused();
  };
  const logger = { info() {}, warn: pushesTwice, error() {} };
  const { flow } = await scriptedFlow(store, { observer: { sample: 'all', onEvent: pushesTwice }, logger });
  refused = () => expect(() => flow.push({ i: 'x', text: '' } as never)).toThrow('i: ');
  refused();
  expect(calls).toBe(2);
  expect(flow.metrics().observed).toEqual({ received: 1, dropped: 4, failed: 0 });
  // Outside of these calls they are told again.
  refused();
  expect(flow.metrics().observed).toEqual({ received: 2, dropped: 6, failed: 0 });
  await flow.close();
});

test('messages that a dead flusher had sent, and nobody received, are dropped', () => {
  const messages = new ObservedMessages(ObservedMessages.createMemory(1), 1);
  for (let n = 0; n < 5; n++) messages.mayBeSent();
  messages.received();
  messages.received();
  messages.forget();
  expect(messages.dropped).toBe(3);
  // Its successor may have as many on their way as any other.
  const sent = Array.from({ length: mostOnTheirWay + 2 }, () => messages.mayBeSent());
  expect(sent.filter((each) => each)).toHaveLength(mostOnTheirWay);
  expect(messages.dropped).toBe(5);
});

test('a creating thread that is blocked costs events, which are counted, and no memory', async () => {
  let received = 0;
  const observer = { sample: 'all' as const, onEvent: () => void received++ };
  const { sink, flow } = await scriptedFlow(store, { observer, flushSize: 1, bufferSize: 4096 });
  flow.pushMany(events(2000));
  flow.publish();
  // This thread sees nothing but shared memory until all are stored.
  const until = Date.now() + 20_000;
  while (Atomics.load(sink.words, 0) < 2000 && Date.now() < until) Atomics.wait(sink.words, 8001, 0, 5);
  await flow.close();
  const { observed } = flow.metrics();
  expect(observed.dropped).toBeGreaterThan(0);
  expect(observed.received).toBe(received);
  expect(received + observed.dropped).toBe(4000);
  expect(flow.stats().committed).toBe(2000);
});

test("pino's lines tell of start, failures, retries, circuits, deaths and the end, and of no values", async () => {
  const lines: { level: number; msg: string }[] = [];
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  const script = ({ n, rows, store: keep }: Scene) => {
    if (n === 1) process.exit(1);
    if (n < 4)
      throw Object.assign(new Error('Key (email)=(a@b.c) already exists.'), {
        code: '23505',
        verdict: 'retry',
      });
    keep(rows);
  };
  const circuit = { failures: 1, coolDownMs: 1 };
  const { flow } = await scriptedFlow(script, { logger, circuit, retry: { ...retry, maxAttempts: 1 } });
  flow.on('flushError', () => {});
  expect(() => flow.push({ i: 'secret value', text: '' } as never)).toThrow();
  flow.pushMany(events(24));
  await until(() => flow.stats().pending === 0, 'the end of all rows');
  await flow.close();
  const messages = lines.map(({ msg }) => msg);
  expect(messages[0]).toBe('flow started');
  expect(messages.at(-1)).toBe('flow ended');
  for (const msg of [
    'events refused',
    'flusher thread died',
    'batch execute fail',
    'rows given up',
    'circuit open',
    'circuit closed',
  ])
    expect(messages).toContain(msg);
  const gaveUp = lines.find(({ msg }) => msg === 'rows given up');
  expect(gaveUp).toMatchObject({
    level: 50,
    flow: 'events',
    schema: 'events',
    rows: 8,
    err: { message: 'Key (email)=([REDACTED]) already exists.', code: '23505' },
  });
  expect(lines.at(-1)).toMatchObject({ how: 'drained', committed: 8, failed: 16, level: 30 });
  expect(JSON.stringify(lines)).not.toMatch(/secret value|a@b|row \d/);
});

test('console is a logger', async () => {
  const info = vi.spyOn(console, 'info').mockImplementation(() => {});
  onTestFinished(() => info.mockRestore());
  const { flow } = await scriptedFlow(store, { logger: console });
  await flow.close();
  expect(info.mock.calls.map(([, text]) => text)).toEqual(['flow started', 'flow ended']);
});

test('texts of errors are redacted by names, by those of the flow, or not at all', async () => {
  const script = () => {
    throw Object.assign(new Error('Key (email)=(a@b.c) already exists.'), { verdict: 'fatal' });
  };
  const failure = async (settings: object) => {
    const { flow } = await scriptedFlow(script, settings);
    const messages: string[] = [];
    flow.on('flushError', ({ cause }) => void messages.push((cause as Error).message));
    flow.pushMany(events(1));
    await flow.close();
    return messages;
  };
  expect(await failure({})).toEqual(['Key (email)=([REDACTED]) already exists.']);
  expect(await failure({ redact: ['phone'] })).toEqual(['Key (email)=(a@b.c) already exists.']);
  expect(await failure({ redact: { paths: ['mail'], censor: '*' } })).toEqual([
    'Key (email)=(*) already exists.',
  ]);
  expect(await failure({ redact: false })).toEqual(['Key (email)=(a@b.c) already exists.']);
});

test('without an observer and a logger nothing is sent, and the counts are 0', async () => {
  const { flow } = await scriptedFlow(troubled, { retry });
  flow.on('flushError', () => {});
  const registry = new Registry();
  prometheus(flow, { registry });
  flow.pushMany(events(24));
  await flow.flush();
  expect((flow.handle()['~flow'] as FlowMemory).shards[0].observed).toBeUndefined();
  expect(await registry.metrics()).toContain(
    'batchflow_observer_events_total{flow="events",result="received"} 0',
  );
});

test.each([
  [{ observer: {} }, 'observer.onEvent'],
  [{ observer: { onEvent() {}, sample: { ratio: 2 } } }, 'observer.sample'],
  [{ observer: { onEvent() {}, sample: 'some' } }, 'observer.sample'],
  [{ logger: { info() {} } }, 'logger: '],
  [{ redact: ['a..b'] }, 'redact.0'],
  [{ redact: true }, 'redact: '],
])('%j is refused', async (settings, message) => {
  await expect(createBatchFlow({ onBatch() {}, ...settings } as never)).rejects.toThrow(message);
});
