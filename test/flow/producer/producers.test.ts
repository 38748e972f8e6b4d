/**
 * Producers on threads of their own, a full ring under every policy, and threads that die.
 */
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachProducer,
  createBatchFlow,
  defineSchema,
  type Flow,
  handler,
  t,
} from '../../../dist/src/index.js';
import { Gate } from '../../fixtures/gate.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { producer: t.int32(), i: t.int32(), text: t.string() });

interface Outcome {
  accepted: number;
  rejected: number;
  closed: boolean;
}

function startProducer(
  flow: Flow<typeof Event>,
  data: object,
): { worker: Worker; message: Promise<Outcome> } {
  const url = new URL('../../fixtures/producer-thread.mjs', import.meta.url);
  const worker = new Worker(url, { workerData: { handle: flow.handle(), ...data } });
  onTestFinished(async () => void (await worker.terminate()));
  const message = new Promise<Outcome>((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  );
  return { worker, message };
}

/** A flow into a sink that checks order and content, with small blocks so that the ring wraps often. */
async function checkedFlow(settings: object) {
  const words = new Int32Array(new SharedArrayBuffer(4 * 128));
  const { delayMs = 0, ...rest } = settings as { delayMs?: number };
  const sink = handler(new URL('../../fixtures/sinks/event-sink.mjs', import.meta.url), { words, delayMs });
  const flow = await createBatchFlow({
    schema: Event,
    sink,
    flushSize: 50,
    bufferSize: 400,
    flushIntervalMs: 2,
    ...rest,
  });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  const next = (producer: number) => words[2 + producer] as number;
  return { flow, rows: () => words[0] as number, faults: () => words[1] as number, next };
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((a, b) => a + b, 0);
}

test('three producers on worker threads lose nothing and keep their order', async () => {
  const { flow, rows, faults } = await checkedFlow({ flushMode: 'sync' });
  const threads = [1, 2, 3].map((first) => startProducer(flow, { first, count: 20_000, retry: true }));
  const outcomes = await Promise.all(threads.map(({ message }) => message));
  expect(outcomes.map(({ accepted }) => accepted)).toEqual([20_000, 20_000, 20_000]);
  await flow.close();
  expect(rows()).toBe(60_000);
  expect(faults()).toBe(0);
  expect(flow.stats()).toMatchObject({ accepted: 60_000, committed: 60_000, pending: 0 });
});

describe.each(['reject', 'block', 'drop-newest', 'drop-oldest'] as const)(
  'a full ring with onFull %s',
  (onFull) => {
    test('under load from two threads and this one: the counters add up and what arrives is right', async () => {
      // A slow sink: the ring is full most of the time.
      const { flow, rows, faults } = await checkedFlow({
        onFull,
        delayMs: 2,
        blockTimeoutMs: 5000,
        flushMode: 'sync',
      });
      const threads = [1, 2].map((first) => startProducer(flow, { first, count: 20_000 }));
      let here = 0;
      for (let i = 0; i < 5000; i++) {
        if (flow.push({ producer: 0, i, text: `0:${i}` })) here++;
        if (i % 256 === 255) await new Promise(setImmediate);
        const { accepted, committed, deadLettered, pending, dropped } = flow.stats();
        expect(accepted).toBe(committed + deadLettered + pending + sum(Object.values(dropped)));
        expect(pending).toBeGreaterThanOrEqual(0);
      }
      const outcomes = await Promise.all(threads.map(({ message }) => message));
      await flow.close();
      const stats = flow.stats();
      expect(stats.accepted).toBe(here + sum(outcomes.map(({ accepted }) => accepted)));
      expect(stats.rejected).toBe(5000 - here + sum(outcomes.map(({ rejected }) => rejected)));
      expect(stats.committed).toBe(rows());
      expect(stats.pending).toBe(0);
      expect(stats.accepted).toBe(stats.committed + sum(Object.values(stats.dropped)));
      expect(faults()).toBe(0);
      expect(flow.ring().rows).toBe(0);
      const reasons = {
        reject: [],
        block: [],
        'drop-newest': ['drop-newest'],
        'drop-oldest': ['drop-oldest'],
      }[onFull];
      // drop-oldest falls back on the newest while every sealed block is being flushed.
      expect(
        Object.keys(stats.dropped).filter((reason) => reason !== 'drop-newest' || onFull !== 'drop-oldest'),
      ).toEqual(reasons);
      if (onFull === 'reject') expect(stats.rejected).toBeGreaterThan(0);
      if (onFull === 'block') expect(stats.rejected).toBe(0);
    });
  },
);

test('block gives up after blockTimeoutMs, and the caller still owns the event', async () => {
  const gate = new Gate();
  const flow = await createBatchFlow({
    schema: Event,
    sink: gate.sink(),
    onFull: 'block',
    blockTimeoutMs: 30,
    flushSize: 10,
    bufferSize: 20,
  });
  onTestFinished(async () => void (await flow.destroy()));
  gate.shut();
  const event = { producer: 0, i: 0, text: '' };
  for (let i = 0; i < 20; i++) expect(flow.push(event)).toBe(true);
  const began = performance.now();
  expect(flow.push(event)).toBe(false);
  // The thread was blocked: no clock can be moved then. A busy machine only makes the wait longer.
  expect(performance.now() - began).toBeGreaterThanOrEqual(28);
  expect(flow.stats()).toMatchObject({ accepted: 20, rejected: 1 });
  gate.open();
  await flow.writable();
  expect(flow.push(event)).toBe(true);
  await flow.close();
  expect(gate.rows).toBe(21);
});

test('drop-oldest tells committed() that the rows were given up', async () => {
  const gate = new Gate();
  const settings = { flushSize: 10, bufferSize: 40, flushMode: 'sync', onFull: 'drop-oldest' } as const;
  const flow = await createBatchFlow({ schema: Event, sink: gate.sink(), ...settings });
  onTestFinished(async () => void (await flow.destroy()));
  gate.shut();
  for (let i = 0; i < 60; i++) expect(flow.push({ producer: 0, i, text: '' })).toBe(true);
  const committed = flow.committed();
  gate.open();
  await expect(committed).rejects.toMatchObject({
    code: 'ERR_FLUSH',
    rows: flow.stats().dropped['drop-oldest'],
  });
  expect(flow.stats().dropped['drop-oldest']).toBeGreaterThan(0);
});

test('close() while producers on threads push: every accepted row is committed, the others get an error', async () => {
  const { flow, rows, next } = await checkedFlow({ flushMode: 'sync' });
  const threads = [1, 2].map((first) => startProducer(flow, { first, count: 10_000_000, retry: true }));
  await until(() => next(1) > 0 && next(2) > 0 && rows() > 5000, 'producers at work');
  await flow.close();
  const outcomes = await Promise.all(threads.map(({ message }) => message));
  expect(outcomes.map(({ closed }) => closed)).toEqual([true, true]);
  expect(rows()).toBe(sum(outcomes.map(({ accepted }) => accepted)));
  expect(flow.stats()).toMatchObject({ accepted: rows(), committed: rows(), pending: 0 });
});

test('a producer thread that dies leaves its published rows, and its block and slot come back', async () => {
  const gate = new Gate();
  const settings = { flushSize: 100, bufferSize: 200, flushIntervalMs: 60_000, maxProducers: 1 };
  const flow = await createBatchFlow({ schema: Event, sink: gate.sink(), ...settings });
  onTestFinished(async () => void (await flow.destroy()));
  const { worker, message } = startProducer(flow, { first: 1, count: 100, stopAt: 9 });
  expect(await message).toEqual({ stopped: 10 });
  expect(() => flow.producer()).toThrow(expect.objectContaining({ code: 'ERR_CAPACITY' }));
  expect(flow.ring()).toMatchObject({ rows: 10, freeBlocks: 1 });
  await worker.terminate();
  let producer: ReturnType<typeof flow.producer> | undefined;
  await until(() => {
    try {
      producer = flow.producer();
    } catch {}
    return producer !== undefined;
  }, 'the slot');
  await flow.flush();
  expect(gate.rows).toBe(10);
  // A flusher ends rows first and frees their block then.
  await until(() => flow.ring().freeBlocks === 2, 'the block');
  producer?.push({ producer: 2, i: 0, text: '' });
  await flow.close();
  expect(gate.rows).toBe(11);
});

test('a producer thread that dies while this thread is blocked does not hold up close()', async () => {
  const gate = new Gate();
  const flow = await createBatchFlow({ schema: Event, sink: gate.sink(), flushSize: 10, bufferSize: 40 });
  onTestFinished(async () => void (await flow.destroy()));
  const state = new Int32Array(new SharedArrayBuffer(4));
  const url = new URL('../../fixtures/dying-producer.mjs', import.meta.url);
  const worker = new Worker(url, { workerData: { handle: flow.handle(), state } });
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  // It has pushed and not published when it ends, and this thread hears nothing of it before it is over. Where it takes
  // longer than this block, close() waits for its end.
  Atomics.wait(state, 0, 0, 20_000);
  const end = performance.now() + 500;
  while (performance.now() < end);
  expect(await flow.close()).toEqual({ committed: 0, deadLettered: 0, failed: 0, undelivered: 0 });
  await exited;
});

test('committed() counts rows that drop-newest dropped as given up', async () => {
  const gate = new Gate();
  const settings = { flushSize: 10, bufferSize: 20, onFull: 'drop-newest' } as const;
  const flow = await createBatchFlow({ schema: Event, sink: gate.sink(), ...settings });
  onTestFinished(async () => void (await flow.destroy()));
  gate.shut();
  for (let i = 0; i < 50; i++) flow.push({ producer: 0, i, text: '' });
  const committed = flow.committed();
  gate.open();
  await expect(committed).rejects.toMatchObject({ code: 'ERR_FLUSH', rows: 30 });
  await expect(flow.committed()).resolves.toBeUndefined();
});

test('a producer whose slot another has taken over is told nothing of rows that were dropped there', async () => {
  const gate = new Gate();
  const settings = { flushSize: 10, bufferSize: 30, maxProducers: 1, onFull: 'drop-newest' } as const;
  const flow = await createBatchFlow({ schema: Event, sink: gate.sink(), ...settings });
  onTestFinished(async () => void (await flow.destroy()));
  const first = flow.producer();
  first.push({ producer: 0, i: 0, text: '' });
  first.close();
  gate.shut();
  const second = flow.producer();
  for (let i = 0; i < 50; i++) second.push({ producer: 1, i, text: '' });
  expect(flow.stats().dropped['drop-newest']).toBeGreaterThan(0);
  const committed = first.committed();
  gate.open();
  await expect(committed).resolves.toBeUndefined();
  await expect(second.committed()).rejects.toMatchObject({ code: 'ERR_FLUSH' });
});

test('a closed producer of an open flow says that it is the producer that is closed', async () => {
  const { flow } = await checkedFlow({});
  const event = { producer: 3, i: 0, text: '' };
  const producer = flow.producer();
  producer.push(event);
  producer.close();
  const closed = {
    code: 'ERR_FLOW_CLOSED',
    message: expect.stringMatching(/^this producer of flow ".*" is closed$/),
  };
  expect(() => producer.push(event)).toThrow(expect.objectContaining(closed));
  await expect(producer.writable()).rejects.toMatchObject(closed);
  await expect(producer.write(event)).rejects.toMatchObject(closed);
  await flow.close();
  const flowClosed = expect.objectContaining({ message: expect.stringMatching(/^flow ".*" is closed$/) });
  expect(() => producer.push(event)).toThrow(flowClosed);
  expect(() => flow.push(event)).toThrow(flowClosed);
});

test('attachProducer refuses what is no handle, and works on the creating thread, too', async () => {
  const { flow, rows } = await checkedFlow({});
  expect(() => attachProducer({} as never)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  const producer = attachProducer<typeof Event>(structuredClone(flow.handle()));
  producer.push({ producer: 3, i: 0, text: '3:0' });
  producer.close();
  await flow.close();
  expect(rows()).toBe(1);
  expect(() => attachProducer(flow.handle())).toThrow(expect.objectContaining({ code: 'ERR_FLOW_CLOSED' }));
});

test('a producer attached on the creating thread is one of the flow: counted, flushed and closed with it', async () => {
  const { flow, rows } = await checkedFlow({ flushIntervalMs: 60_000, flushSize: 100, publishEvery: 64 });
  const producer = attachProducer<typeof Event>(flow.handle());
  for (let i = 0; i < 5; i++) producer.push({ producer: 3, i, text: `3:${i}` });
  expect(flow.stats().accepted).toBe(5);
  await flow.flush();
  expect(flow.stats().committed).toBe(5);
  producer.push({ producer: 3, i: 5, text: '3:5' });
  await flow.close();
  expect(rows()).toBe(6);
  expect(() => producer.push({ producer: 3, i: 6, text: '3:6' })).toThrow(
    expect.objectContaining({ code: 'ERR_FLOW_CLOSED' }),
  );
});
