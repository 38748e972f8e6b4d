/**
 * Limits on flushes at a time: of a flow over all its flushers, and of several flows together.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachProducer,
  ConfigError,
  createBatchFlow,
  createConcurrencyLimit,
  defineSchema,
  type Flow,
  type FlowHandle,
  t,
} from '../../../dist/src/index.js';
import { prometheus } from '../../../dist/src/metrics/index.js';
import { memorySink } from '../../../dist/src/testing/index.js';
import { Gate } from '../../fixtures/gate.js';
import { until } from '../../fixtures/until.js';

const registry = new Registry();
const Event = defineSchema('events', { i: t.int32() });
const quick = { flushSize: 10, bufferSize: 1000, flushIntervalMs: 1 };

async function gated(settings: object = {}) {
  const gate = new Gate();
  const flow: Flow<typeof Event> = await createBatchFlow({
    ...{ schema: Event, sink: gate.sink(), ...quick },
    ...settings,
  });
  flow.on('flusherExit', () => {});
  flow.on('flushError', () => {});
  onTestFinished(async () => {
    gate.open();
    await flow.destroy().catch(() => {});
  });
  const push = (rows: number) => {
    for (let i = 0; i < rows; i++) flow.push({ i });
    flow.publish();
  };
  return { gate, flow, push };
}

/** A permit is given back a moment after the batch's rows are committed. */
async function allFree(flow: Flow<typeof Event>): Promise<void> {
  await until(() => flow.metrics().limit?.held === 0 && flow.metrics().limit?.waiting === 0, 'free permits');
}

/** Resolves when all permits are held by batches inside the gates, and another batch has been told to wait. */
async function full(flow: Flow<typeof Event>, ...gates: Gate[]): Promise<void> {
  const limit = () => flow.metrics().limit as { permits: number; held: number; waiting: number };
  const inside = () => gates.reduce((sum, { inside }) => sum + inside, 0);
  await until(() => inside() >= limit().permits && limit().waiting > 0, 'a batch that waits for its turn');
  expect(limit().held).toBe(limit().permits);
  expect(inside()).toBe(limit().permits);
}

describe('a limit of a flow', () => {
  test.each([
    ['several flushers of one batch each', { flushers: 3, flushMode: 'sync' }],
    ['several batches in one flusher', { flushers: 1, maxConcurrentFlushes: 4 }],
    ['both', { flushers: 2, maxConcurrentFlushes: 4 }],
  ])('holds over %s', async (_, settings) => {
    const { gate, flow, push } = await gated({ concurrencyLimit: 2, ...settings });
    gate.shut();
    push(100);
    await full(flow, gate);
    const { limit, concurrency } = flow.metrics();
    expect(concurrency).toBe(2);
    expect(limit).toMatchObject({ permits: 2, held: 2 });
    const leave = prometheus(flow, { registry });
    const shown = await registry.metrics();
    expect(shown).toMatch(/^batchflow_concurrency_permits\{.*\} 2$/m);
    expect(shown).toMatch(/^batchflow_concurrency_permits_held\{.*\} 2$/m);
    expect(shown).toMatch(/^batchflow_concurrency_permits_waiting\{.*\} [1-9]/m);
    leave();
    gate.open();
    await flow.committed();
    push(300);
    await flow.close();
    expect(flow.stats()).toMatchObject({ committed: 400, pending: 0 });
    expect(gate.mostInside).toBe(2);
    expect(flow.metrics().limit).toEqual({ permits: 2, held: 0, waiting: 0 });
    expect(flow.settings().concurrencyLimit).toBe(2);
  });

  test('leaves a flow without one as it is', async () => {
    const { flow } = await gated({ flushers: 2, maxConcurrentFlushes: 3 });
    expect(flow.metrics()).toMatchObject({ concurrency: 6, limit: undefined });
    expect(flow.settings().concurrencyLimit).toBeUndefined();
    const leave = prometheus(flow, { registry });
    expect(await registry.metrics()).not.toMatch(/^batchflow_concurrency_permits/m);
    leave();
  });
});

describe('a limit of several flows', () => {
  test('holds over all of them, and each gets its turn', async () => {
    const concurrencyLimit = createConcurrencyLimit(1);
    const [a, b] = [await gated({ concurrencyLimit }), await gated({ concurrencyLimit })];
    a.gate.shut();
    b.gate.shut();
    a.push(50);
    b.push(50);
    await full(a.flow, a.gate, b.gate);
    a.gate.open();
    b.gate.open();
    // One that never has nothing to do keeps no other from its turn.
    let isOver = false;
    const pushing = (async () => {
      while (!isOver) {
        a.push(20);
        await new Promise(setImmediate);
      }
    })();
    for (let n = 0; n < 20; n++) {
      b.push(5);
      await b.flow.committed({ timeoutMs: 10_000 });
    }
    isOver = true;
    await pushing;
    await Promise.all([a.flow.close(), b.flow.close()]);
  });

  test.each([
    ['between attempts', false],
    ['while dead letters cannot be put away', true],
  ])('is not used in the pauses %s', async (_, deadLetters) => {
    const concurrencyLimit = createConcurrencyLimit(1);
    const letters = memorySink();
    const slow = { backoffMs: 60_000, maxBackoffMs: 60_000, jitter: false };
    letters.failNext('retry', Number.POSITIVE_INFINITY);
    const a = await gated({
      concurrencyLimit,
      retry: deadLetters ? { maxAttempts: 1, maxBackoffMs: 60_000 } : slow,
      deadLetters: deadLetters ? letters.sink : false,
      circuit: false,
    });
    a.gate.failing = true;
    const b = await gated({ concurrencyLimit });
    a.push(10);
    const tried = () => (deadLetters ? letters.attempts : a.flow.metrics().total.errors.unknown) > 0;
    await until(tried, 'the first attempt');
    b.push(10);
    await b.flow.committed({ timeoutMs: 10_000 });
    expect(a.flow.stats().pending).toBe(10);
  });

  test('a batch takes its turn again before its next attempt', async () => {
    const concurrencyLimit = createConcurrencyLimit(1);
    const retry = { maxAttempts: 1000, backoffMs: 1, maxBackoffMs: 1, jitter: false };
    const a = await gated({ concurrencyLimit, retry, circuit: false });
    const b = await gated({ concurrencyLimit });
    a.gate.failing = true;
    a.push(10);
    const retries = () => a.flow.stats().retries;
    await until(() => retries() > 2, 'some attempts');
    b.gate.shut();
    b.push(10);
    await until(() => b.gate.inside === 1, 'the other flow');
    const before = retries();
    await full(b.flow, a.gate, b.gate);
    expect(retries() - before).toBeLessThanOrEqual(1);
    a.gate.failing = false;
    b.gate.open();
    await Promise.all([a.flow.committed({ timeoutMs: 10_000 }), b.flow.committed({ timeoutMs: 10_000 })]);
  });

  test('a flow that waits for its turn can be ended', async () => {
    const concurrencyLimit = createConcurrencyLimit(1);
    const a = await gated({ concurrencyLimit });
    const [b, c] = [await gated({ concurrencyLimit }), await gated({ concurrencyLimit, flushers: 2 })];
    a.gate.shut();
    a.push(1);
    await until(() => a.gate.inside === 1, 'the first');
    b.push(10);
    c.push(10);
    await until(() => (a.flow.metrics().limit?.waiting ?? 0) >= 2, 'the others');
    expect(await b.flow.destroy()).toMatchObject({ undelivered: 10 });
    expect(b.flow.takeUndelivered()).toHaveLength(1);
    expect(await c.flow.close({ timeoutMs: 50 })).toMatchObject({ undelivered: 10 });
    expect(a.flow.metrics().limit).toEqual({ permits: 1, held: 1, waiting: 0 });
    a.gate.open();
    expect(await a.flow.close()).toMatchObject({ committed: 1 });
  });

  test('a flusher that dies with a permit loses it', async () => {
    const concurrencyLimit = createConcurrencyLimit(1);
    const [a, b] = [await gated({ concurrencyLimit }), await gated({ concurrencyLimit })];
    a.push(1);
    await a.flow.committed();
    a.gate.killAfter(1);
    for (let n = 0; n < 5; n++) {
      a.push(10);
      b.push(10);
    }
    await Promise.all([a.flow.committed({ timeoutMs: 20_000 }), b.flow.committed({ timeoutMs: 20_000 })]);
    expect(a.flow.metrics().total).toMatchObject({ committed: 51, restarts: 1 });
    await allFree(a.flow);
  });

  test('a thread that dies with its flow, whose flusher has a permit, keeps nobody waiting', async () => {
    const concurrencyLimit = createConcurrencyLimit(1);
    const gate = new Gate();
    gate.shut();
    const settings = { ...quick, concurrencyLimit };
    const owner = new Worker(new URL('../../fixtures/owning-thread.mjs', import.meta.url), {
      workerData: { sink: gate.sink(), settings },
    });
    const [handle] = (await once(owner, 'message')) as [FlowHandle];
    const producer = await attachProducer<typeof Event>(handle);
    producer.push({ i: 1 });
    producer.publish();
    await until(() => gate.inside === 1, 'its flusher');
    const { flow, push } = await gated({ concurrencyLimit });
    push(10);
    await until(() => flow.metrics().limit?.waiting === 1, 'this one');
    await owner.terminate();
    await flow.committed({ timeoutMs: 10_000 });
    await allFree(flow);
  });

  test('is plain data, and refused where it is not one', async () => {
    const limit = createConcurrencyLimit(3);
    expect(structuredClone(limit)).toEqual(limit);
    for (const flushes of [0, 1025, 1.5, '3', undefined])
      expect(() => createConcurrencyLimit(flushes as never)).toThrow(ConfigError);
    const wrong = { permits: 4, memory: limit.memory };
    await expect(gated({ concurrencyLimit: wrong })).rejects.toMatchObject({ key: 'concurrencyLimit' });
  });
});
