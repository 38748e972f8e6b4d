/**
 * No batch shares memory with the ring or with another batch: sinks may keep, mutate and transfer what they get
 * while other flushes run and blocks are reused (go-pipeline 2.2.0 handed out one slice again and again).
 */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../../dist/src/index.js';
import type { BatchData } from '../../../dist/src/schema/read/batch.js';
import { anyCase } from '../../fixtures/any-rows.js';
import { WrittenBlocks } from '../../fixtures/written-blocks.js';

const Event = defineSchema('events', { i: t.int32(), text: t.string(), label: t.label(), blob: t.bytes() });

test('nothing changes under a batch, with 4 flushes in flight and a ring that wraps many times', async () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const sink = handler(new URL('../../fixtures/sinks/keeping-sink.mjs', import.meta.url), { words });
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

/** Every array of a batch. */
function arraysOf({ text, blob, fields }: BatchData): ArrayBufferView[] {
  const arrays: unknown[] = [text.bytes, blob, ...fields.flatMap((field) => Object.values(field))];
  return arrays.filter((array) => ArrayBuffer.isView(array));
}

/** Those that share no memory with another by design: where a text ends, the one of the next column starts. */
function ownArraysOf({ text, blob, fields }: BatchData): ArrayBufferView[] {
  const arrays = [text.bytes, blob, ...fields.flatMap(({ values, validity }) => [values, validity])];
  return arrays.filter((array) => array !== undefined);
}

test('the arrays of a batch lie apart in one buffer, which no other batch has, nor the ring', () => {
  fc.assert(
    fc.property(anyCase, ({ schema, events }) => {
      const written = new WrittenBlocks(schema, { blocks: 1, rowsPerBlock: 25, variableBytes: 1 << 20 });
      for (const event of events) written.push(event);
      written.flush();
      const [one, other] = [written.read().data, written.read().data].map((data) => {
        const buffers = new Set(arraysOf(data).map(({ buffer }) => buffer));
        expect(buffers.size).toBe(1);
        const ranges = ownArraysOf(data)
          .filter(({ byteLength }) => byteLength > 0)
          .map(({ byteOffset, byteLength }) => [byteOffset, byteOffset + byteLength] as const)
          .sort(([a], [b]) => a - b);
        ranges.slice(1).forEach(([start], k) => {
          expect(start).toBeGreaterThanOrEqual(ranges[k]?.[1] as number);
        });
        return [...buffers][0];
      });
      expect(one).toBeInstanceOf(ArrayBuffer);
      expect(other).toBeInstanceOf(ArrayBuffer);
      expect(one).not.toBe(other);
    }),
  );
});

test('an onBatch function gets each batch in one buffer of its own', async () => {
  const buffers: unknown[] = [];
  let batches = 0;
  await using flow = await createBatchFlow({
    schema: Event,
    flushSize: 10,
    onBatch: ({ data }) => {
      batches++;
      buffers.push(...new Set(arraysOf(data).map(({ buffer }) => buffer)));
    },
  });
  for (let i = 0; i < 50; i++) {
    flow.push({ i, text: `text ${i}`, label: `label ${i % 7}`, blob: Uint8Array.of(i) });
  }
  await flow.committed();
  expect(batches).toBeGreaterThan(1);
  expect(new Set(buffers).size).toBe(batches);
  expect(buffers).toHaveLength(batches);
});
