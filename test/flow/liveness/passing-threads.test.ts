/**
 * Threads of producers that end without closing them, while the creating thread hears nothing of it.
 */
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import type { FlowMemory } from '../../../dist/src/flow/shared/flow-memory.js';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { createBatchFlow, defineSchema, type FlowHandle, t } from '../../../dist/src/index.js';
import { control, wordsOf } from '../../../dist/src/ring/layout.js';
import { Gate } from '../../fixtures/gate.js';
import { until } from '../../fixtures/until.js';

const schema = defineSchema('events', { i: t.int32() });
const maxProducers = 8;

async function flowOf(settings: object = {}) {
  const gate = new Gate();
  const config = { flushSize: 10, bufferSize: 120, maxProducers, flushIntervalMs: 20, ...settings };
  const flow = await createBatchFlow({ schema, sink: gate.sink(), ...config });
  onTestFinished(async () => void (await flow.destroy()));
  return { gate, flow };
}

const shared = (flow: { handle(): FlowHandle }) => (flow.handle()['~flow'] as FlowMemory).shards[0];

const script = new URL('../../fixtures/passing-thread.mjs', import.meta.url);

/** Many times the slots there are; `BATCHFLOW_THREADS=500 npx vitest run passing-threads` for more by hand. */
const threads = Number(process.env.BATCHFLOW_THREADS ?? 100);

test.runIf(process.platform === 'linux')(
  'many threads come and go while the creating thread is blocked: every slot and block is there for the next',
  async () => {
    const { flow } = await flowOf();
    const state = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(script, { workerData: { handle: flow.handle(), threads, state } });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    expect(Atomics.wait(state, 0, 0, 400_000)).toBe('ok');
    expect(state[1], 'threads that found no slot').toBe(0);
    // This thread's event loop has not turned since the first of them.
    const producers = Array.from({ length: maxProducers }, () => flow.producer());
    expect(() => flow.producer()).toThrow(expect.objectContaining({ code: 'ERR_CAPACITY' }));
    for (const producer of producers) expect(producer.push({ i: 0 })).toBe(true);
    for (const producer of producers) producer.close();
    await flow.flush();
    expect(flow.stats()).toMatchObject({
      accepted: 2 * threads + maxProducers,
      committed: 2 * threads + maxProducers,
      pending: 0,
    });
    await until(() => flow.ring().freeBlocks === flow.ring().blocks, 'the blocks');
    await ended;
  },
  420_000,
);

test.runIf(process.platform === 'linux')(
  'a producer in a full ring finds the dead one that holds a block, while the creating thread is blocked',
  async () => {
    const { flow, gate } = await flowOf({ bufferSize: 20, flushIntervalMs: 60_000 });
    const state = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(script, { workerData: { handle: flow.handle(), threads: 1, state } });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    expect(Atomics.wait(state, 0, 0, 60_000)).toBe('ok');
    const { slots, maxProducers } = shared(flow);
    const held = () => [...new ProducerSlots(slots, maxProducers).held()].length;
    expect(held()).toBe(1);
    // One of two blocks is left.
    let accepted = 0;
    const end = performance.now() + 30_000;
    for (; (accepted < 100 || held() > 1) && performance.now() < end; ) if (flow.push({ i: 0 })) accepted++;
    expect(held(), "the flow's own producer alone").toBe(1);
    expect(accepted).toBeGreaterThanOrEqual(100);
    await flow.flush();
    expect(gate.rows).toBe(accepted + 2);
    expect(flow.stats()).toMatchObject({ accepted: accepted + 2, committed: accepted + 2 });
    await ended;
  },
);

test("the flow's own push finds a slot when all others are taken", async () => {
  const { flow } = await flowOf();
  const producers = Array.from({ length: maxProducers }, () => flow.producer());
  for (const producer of producers) producer.push({ i: 0 });
  expect(() => flow.producer()).toThrow(expect.objectContaining({ code: 'ERR_CAPACITY' }));
  expect(flow.push({ i: 1 })).toBe(true);
  await flow.close();
  expect(flow.stats().committed).toBe(maxProducers + 1);
});

test("the flow's own push finds a block in the smallest ring, too", async () => {
  const { flow } = await flowOf({ bufferSize: 20 });
  const producer = flow.producer();
  expect(() => flow.producer()).toThrow(expect.objectContaining({ code: 'ERR_CAPACITY' }));
  for (let i = 0; i < 100; i++) {
    while (!producer.push({ i })) await producer.writable();
    while (!flow.push({ i })) await flow.writable();
  }
  await flow.close();
  expect(flow.stats().committed).toBe(200);
});

test('a producer that dies in its sleep leaves no sleeper to be woken', async () => {
  const { flow, gate } = await flowOf();
  gate.shut();
  const handle = flow.handle();
  const words = wordsOf(shared(flow).ring);
  const module = new URL('../../../dist/src/flow/producer/attach.js', import.meta.url).href;
  const code = `
    const { workerData } = require('node:worker_threads');
    import(${JSON.stringify(module)}).then(({ attachProducer }) => {
      // Two waits at once.
      for (let n = 0; n < 2; n++) {
        const producer = attachProducer(workerData);
        producer.push({ i: 0 });
        void producer.committed();
      }
    });`;
  const worker = new Worker(code, { eval: true, workerData: handle });
  await until(() => words[control.DONE + 1] === 2, 'the producer to sleep');
  await worker.terminate();
  await until(() => words[control.DONE + 1] === 0, 'its burial');
  gate.open();
});

test('a flusher that dies in its sleep leaves no sleeper to be woken', async () => {
  const flushers: Worker[] = [];
  const onWorker = (worker: Worker) => flushers.push(worker);
  process.on('worker', onWorker);
  onTestFinished(() => void process.off('worker', onWorker));
  const { flow, gate } = await flowOf({ flushIntervalMs: 60_000, flushers: 2 });
  const words = wordsOf(shared(flow).ring);
  const sleepers = () => words[control.WORK + 1];
  await until(() => sleepers() === 2, 'both flushers to sleep');
  await Promise.all(flushers.splice(0).map((worker) => worker.terminate()));
  await until(() => gate.opened === 4 && sleepers() === 2, 'both to be replaced, and to sleep');
  await flow.close();
  expect(sleepers()).toBe(0);
});
