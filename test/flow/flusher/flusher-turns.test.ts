/**
 * The event loop of a flusher's thread turns while batches follow one another without a pause.
 */
import { expect, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../../dist/src/index.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { i: t.int32() });

test('timers of a sink that stores at once come under load', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const sink = handler(new URL('../../fixtures/sinks/ticking-sink.mjs', import.meta.url), { words });
  await using flow = await createBatchFlow({ schema: Event, sink, flushSize: 100, flushIntervalMs: 1 });
  const ticks = () => Atomics.load(words, 0);
  // This thread never turns, either: the flusher is all on its own.
  const before = ticks();
  const end = performance.now() + 30_000;
  for (let i = 0; ticks() < before + 20 && performance.now() < end; i++) flow.push({ i });
  expect(ticks()).toBeGreaterThanOrEqual(before + 20);
});

test('what a sink that stores at once leaves to a promise is done before its next batch', async () => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const sink = handler(new URL('../../fixtures/sinks/promising-sink.mjs', import.meta.url), { words });
  await using flow = await createBatchFlow({ schema: Event, sink, flushSize: 10, flushIntervalMs: 1000 });
  // One push: the batches wait together.
  flow.pushMany(Array.from({ length: 300 }, (_, i) => ({ i })));
  await flow.committed();
  await until(() => Atomics.load(words, 0) === 30, 'what was left');
  expect(Atomics.load(words, 1)).toBe(0);
});
