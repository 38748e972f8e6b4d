/**
 * No batch shares memory with the ring or with another batch: sinks may keep, mutate and transfer what they get
 * while other flushes run and blocks are reused (go-pipeline 2.2.0 handed out one slice again and again).
 */
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../dist/src/index.js';

const Event = defineSchema('events', { i: t.int32(), text: t.string(), label: t.label(), blob: t.bytes() });

test('nothing changes under a batch, with 4 flushes in flight and a ring that wraps many times', async () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const sink = handler(new URL('./fixtures/keeping-sink.mjs', import.meta.url), { words });
  const flow = await createBatchFlow({
    schema: Event,
    sink,
    flushMode: 'async',
    maxConcurrentFlushes: 4,
    flushSize: 20,
    bufferSize: 120,
    flushIntervalMs: 1,
  });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    const event = { i, text: `text ${i}`, label: `label ${i % 7}`, blob: Uint8Array.of(i & 255, 1, 2) };
    while (!flow.push(event)) await flow.writable();
  }
  await flow.close();
  expect(Atomics.load(words, 3), 'batches or rows that were wrong or changed').toBe(0);
  expect(Atomics.load(words, 4)).toBe(count);
  expect(Atomics.load(words, 2), 'flushes in flight at one time').toBe(4);
});
