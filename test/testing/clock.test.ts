/**
 * The clock that a test moves: deadlines, pauses and time limits fall due by it, and by nothing else.
 */
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { createBatchFlow, defineSchema, type Flow, type FlowConfig, t } from '../../dist/src/index.js';
import { type MemorySink, memorySink, type TestClock, testClock } from '../../dist/src/testing/index.js';

const schema = defineSchema('requests', { n: t.int32() });
type Requests = typeof schema;
const flows: Flow<Requests>[] = [];
afterEach(async () => {
  for (const flow of flows.splice(0)) await flow.destroy();
});

async function start(settings: Partial<FlowConfig<Requests>> & { clock: TestClock }): Promise<{
  flow: Flow<Requests>;
  memory: MemorySink;
}> {
  const memory = memorySink();
  const config = { schema, sink: memory.sink, ...settings } as FlowConfig<Requests>;
  const flow = await createBatchFlow(config);
  flows.push(flow);
  return { flow, memory };
}

const noJitter = { jitter: false, backoffMs: 100, maxBackoffMs: 10_000 };

it('sends a batch when its first row has waited for the interval, and not before', async () => {
  const clock = testClock();
  const { flow, memory } = await start({ clock, flushIntervalMs: 100 });
  flow.push({ n: 1 });
  await clock.advance(60);
  flow.push({ n: 2 });
  await clock.advance(39);
  expect(memory.stored).toBe(0);
  await clock.advance(1);
  expect(memory.rows()).toEqual([{ n: 1 }, { n: 2 }]);
  expect(flow.stats().batches.deadline).toBe(1);
  expect(flow.lateness()).toMatchObject({ count: 1, maxMs: 0 });
  expect(clock.now).toBe(100);
});

it('stops at each moment on the way at which something falls due', async () => {
  const clock = testClock();
  const { flow, memory } = await start({ clock, flushIntervalMs: 50, retry: noJitter });
  memory.failNext('retry', 3);
  flow.push({ n: 1 });
  // The deadline at 50, then pauses of 100, 200 and 400.
  await clock.advance(749);
  expect([memory.attempts, memory.stored]).toEqual([3, 0]);
  await clock.advance(1);
  expect([memory.attempts, memory.stored]).toEqual([4, 1]);
});

it('repeats an attempt after its pause', async () => {
  const clock = testClock();
  const { flow, memory } = await start({ clock, flushSize: 1, retry: noJitter });
  memory.failNext('retry', 2);
  flow.push({ n: 1 });
  await clock.advance(0);
  expect(memory.attempts).toBe(1);
  await clock.advance(99);
  expect(memory.attempts).toBe(1);
  await clock.advance(1);
  expect(memory.attempts).toBe(2);
  await clock.advance(200);
  expect(memory.stored).toBe(1);
});

it('ends an attempt that takes too long', async () => {
  const clock = testClock();
  const { flow, memory } = await start({ clock, flushSize: 1, retry: { ...noJitter, timeoutMs: 30_000 } });
  memory.hold();
  flow.push({ n: 1 });
  await memory.until(({ waiting }) => waiting === 1);
  await clock.advance(29_999);
  expect(memory.attempts).toBe(1);
  await clock.advance(1);
  // The sink heeds its signal.
  await memory.until(({ waiting }) => waiting === 0);
  memory.release();
  await clock.advance(100);
  expect([memory.attempts, memory.stored]).toEqual([2, 1]);
  expect(flow.metrics().total.errors.timeout).toBe(1);
});

it('holds a circuit open until it has cooled down', async () => {
  const clock = testClock();
  const { flow, memory } = await start({
    clock,
    flushSize: 1,
    retry: false,
    circuit: { failures: 1, coolDownMs: 5000 },
  });
  memory.failNext('retry');
  flow.push({ n: 1 });
  await clock.advance(0);
  expect(flow.circuit()).toBe('open');
  flow.push({ n: 2 });
  await clock.advance(4999);
  expect(memory.stored).toBe(0);
  await clock.advance(1);
  expect([flow.circuit(), memory.stored]).toEqual(['closed', 1]);
});

it('tries dead letters again after a pause', async () => {
  const clock = testClock();
  const letters = memorySink();
  const { flow, memory } = await start({
    clock,
    flushSize: 1,
    retry: { ...noJitter, maxAttempts: 1, maxBackoffMs: 1000 },
    deadLetters: letters.sink,
  });
  memory.failNext('fatal', Number.POSITIVE_INFINITY);
  letters.failNext('retry');
  flow.push({ n: 1 });
  await clock.advance(999);
  expect(letters.attempts).toBe(1);
  await clock.advance(1);
  expect(letters.stored).toBe(1);
});

it('does not wait for a flush that is under way', async () => {
  const clock = testClock();
  const { flow, memory } = await start({ clock, flushIntervalMs: 100 });
  memory.hold();
  flow.push({ n: 1 });
  await clock.advance(100);
  await memory.until(({ waiting }) => waiting === 1);
  flow.push({ n: 2 });
  await clock.advance(500);
  expect(memory.stored).toBe(0);
  memory.release();
  await memory.until(({ stored }) => stored === 2);
});

it('moves every flusher, and flows that share it', async () => {
  const clock = testClock();
  const one = await start({ clock, flushers: 3, flushIntervalMs: 100 });
  const other = await start({ clock, flushIntervalMs: 250 });
  one.flow.push({ n: 1 });
  other.flow.push({ n: 1 });
  await clock.advance(100);
  expect([one.memory.stored, other.memory.stored]).toEqual([1, 0]);
  await one.flow.close();
  await clock.advance(150);
  expect(other.memory.stored).toBe(1);
});

it('gives rows of a producer on another thread its time', async () => {
  const clock = testClock();
  const { flow, memory } = await start({ clock, flushIntervalMs: 100 });
  await clock.advance(1_000_000);
  const url = new URL('../../dist/src/index.js', import.meta.url).href;
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(${JSON.stringify(url)}).then(({ attachProducer }) => {
       const producer = attachProducer(workerData);
       producer.push({ n: 7 });
       producer.publish();
       parentPort.postMessage('published');
       parentPort.once('message', () => producer.close());
     });`,
    { eval: true, workerData: flow.handle() },
  );
  await new Promise((resolve) => worker.once('message', resolve));
  await clock.advance(99);
  expect(memory.stored).toBe(0);
  await clock.advance(1);
  expect(memory.stored).toBe(1);
  worker.postMessage('end');
  await new Promise((resolve) => worker.once('exit', resolve));
});

it('waits for the flusher that takes the place of a dead one', async () => {
  const clock = testClock();
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => void workers.push(worker);
  process.on('worker', onWorker);
  const { flow, memory } = await start({ clock, flushIntervalMs: 100 });
  process.off('worker', onWorker);
  flow.push({ n: 1 });
  flow.publish();
  await workers[0]?.terminate();
  await clock.advance(100);
  expect(memory.stored).toBe(1);
});

it('lets `flush()` and `close()` take rows whose time has not come', async () => {
  const clock = testClock();
  const { flow, memory } = await start({ clock, flushIntervalMs: 100 });
  flow.push({ n: 1 });
  await flow.flush();
  expect(memory.stored).toBe(1);
  flow.push({ n: 2 });
  await flow.close();
  expect(memory.stored).toBe(2);
  await clock.advance(1000);
});

it('refuses times that it cannot have, and another object in its place', async () => {
  const clock = testClock();
  for (const ms of [-1, 0.5, Number.NaN, 2 ** 31]) {
    await expect(clock.advance(ms)).rejects.toThrow('whole milliseconds');
  }
  for (const timeoutMs of [Number.NaN, -1, 0, 'x' as never]) {
    await expect(clock.advance(1, timeoutMs)).rejects.toThrow('timeoutMs: got');
  }
  expect(clock.now).toBe(0);
  await clock.advance(1);
  await expect(start({ clock: {} as TestClock })).rejects.toThrow('a clock made by testClock()');
});
