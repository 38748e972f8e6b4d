/**
 * Deaths of flushers' threads at moments that a soak found to matter.
 */
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../../dist/src/index.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { i: t.int32(), text: t.string() });

function poisonSink(words: Int32Array) {
  const module = new URL('../../fixtures/sinks/poison-sink.mjs', import.meta.url);
  return { sink: handler(module, { words }), deadLetters: handler(module, { words, letters: true }) };
}

/** Every thread that is started from here on. */
function threads(): Worker[] {
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => void workers.push(worker);
  process.on('worker', onWorker);
  onTestFinished(() => void process.off('worker', onWorker));
  return workers;
}

test('a thread that dies while it starts is replaced like any other', async () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const workers = threads();
  await using flow = await createBatchFlow({
    schema: Event,
    ...poisonSink(words),
    flushers: 2,
    flushIntervalMs: 1,
  });
  const exits: unknown[] = [];
  flow.on('flusherExit', (exit) => exits.push(exit));
  await workers[0]?.terminate();
  // The pool starts one in its place at once. It dies before it has loaded anything, and the next one, for which the
  // flusher's task waits by then, as well.
  for (let n = 2; n < 4; n++) {
    await until(() => workers.length > n, 'another thread');
    await workers[n]?.terminate();
  }
  await until(() => exits.length === 2, 'both deaths');
  flow.push({ i: 1, text: '' });
  await flow.committed({ timeoutMs: 20_000 });
  // The dead flusher is back: without it the flow would not end.
  expect(await flow.close()).toMatchObject({ committed: 1 });
});

test('rows that were in flight beside poison are no poison, and are tried alone before anybody says so', async () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  await using flow = await createBatchFlow({
    schema: Event,
    ...poisonSink(words),
    flushSize: 10,
    bufferSize: 100,
    flushIntervalMs: 60_000,
    maxDeliveries: 2,
  });
  const [a, b] = [flow.producer(), flow.producer()];
  for (let i = 0; i < 5; i++) a.push({ i, text: i === 2 ? 'poison' : '' });
  // The only row of its block in the batch, at each death.
  b.push({ i: 5, text: '' });
  await flow.flush({ timeoutMs: 20_000 });
  expect([...words.subarray(0, 6)]).toEqual([1, 1, 2, 1, 1, 1]);
  expect(flow.stats()).toMatchObject({ committed: 5, deadLettered: 1, pending: 0 });
});
