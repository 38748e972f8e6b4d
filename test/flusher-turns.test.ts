/**
 * The event loop of a flusher's thread turns while batches follow one another without a pause.
 */
import { expect, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../dist/src/index.js';

const Event = defineSchema('events', { i: t.int32() });

test('timers of a sink that stores at once come under load', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const sink = handler(new URL('./fixtures/ticking-sink.mjs', import.meta.url), { words });
  await using flow = await createBatchFlow({ schema: Event, sink, flushSize: 100, flushIntervalMs: 1 });
  const ticks = () => Atomics.load(words, 0);
  // This thread never turns, either: the flusher is all on its own.
  const before = ticks();
  const end = performance.now() + 5000;
  for (let i = 0; ticks() < before + 20 && performance.now() < end; i++) flow.push({ i });
  expect(ticks()).toBeGreaterThanOrEqual(before + 20);
});
