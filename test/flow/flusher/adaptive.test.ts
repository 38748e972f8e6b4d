/**
 * A flow that tunes its settings: from its first flusher, whatever the creating thread does, until `update()`.
 */
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { ringShape } from '../../../dist/src/flow/config/ring-shape.js';
import { LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
import {
  type AdaptiveOptions,
  createBatchFlow,
  defineSchema,
  type Flow,
  handler,
  t,
} from '../../../dist/src/index.js';
import { memorySink, type TestClock, testClock } from '../../../dist/src/testing/index.js';
import { mistakeOf } from '../../fixtures/mistake-of.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { n: t.int32() });

async function flowOf(settings: object) {
  const flow = await createBatchFlow({ schema: Event, sink: memorySink().sink, ...settings });
  onTestFinished(async () => void (await flow.destroy()));
  return flow;
}

/** Let so many batches go out by their deadlines. */
async function batches(flow: Flow<typeof Event>, clock: TestClock, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    flow.push({ n });
    await clock.advance(flow.settings().flushIntervalMs);
  }
}

describe('a flow that tunes itself', () => {
  test('waits for rows as long as the target lets it', async () => {
    const clock = testClock();
    const flow = await flowOf({ clock, adaptive: {} });
    expect(flow.settings()).toMatchObject({ flushSize: 1000, flushIntervalMs: 100 });
    await batches(flow, clock, 60);
    const { flushIntervalMs, flushSize } = flow.settings();
    // Less by what a flush takes, on a machine under load.
    expect(flushIntervalMs).toBeGreaterThanOrEqual(10);
    expect(flushIntervalMs).toBeLessThanOrEqual(50);
    expect(flushSize).toBe(1000);
    expect(flow.metrics().live).toEqual({ flushSize, flushIntervalMs });
  });

  test('leaves a setting alone from its update() on', async () => {
    const clock = testClock();
    const flow = await flowOf({ clock, adaptive: {} });
    flow.update({ flushIntervalMs: 150 });
    await batches(flow, clock, 30);
    expect(flow.settings().flushIntervalMs).toBe(150);
  });

  test('goes on when its first flusher has died', async () => {
    const workers: Worker[] = [];
    const onWorker = (worker: Worker) => void workers.push(worker);
    process.on('worker', onWorker);
    const clock = testClock();
    const flow = await flowOf({ clock, adaptive: {} });
    process.off('worker', onWorker);
    await batches(flow, clock, 5);
    expect(flow.settings().flushIntervalMs).toBe(100);
    await workers[0]?.terminate();
    await batches(flow, clock, 30);
    expect(flow.settings().flushIntervalMs).toBeLessThanOrEqual(50);
  });

  test('does so although no row comes to its first flusher', async () => {
    const sharding = { shards: 2, by: () => 1 };
    const adaptive = { targetLatencyMs: 1000, flushIntervalMs: [1, 100] };
    const flow = await flowOf({ sharding, adaptive, flushIntervalMs: 5 });
    const pushing = setInterval(() => flow.push({ n: 1 }), 1);
    onTestFinished(() => clearInterval(pushing));
    await until(() => flow.settings().flushIntervalMs > 5, 'a longer interval');
  });

  test('does so while the creating thread is blocked', async () => {
    const flow = await flowOf({ adaptive: { flushIntervalMs: [1, 100] }, flushIntervalMs: 5 });
    const url = new URL('../../../dist/src/index.js', import.meta.url).href;
    const thread = new Worker(
      `const { workerData } = require('node:worker_threads');
       import(${JSON.stringify(url)}).then(({ attachProducer }) => {
         const producer = attachProducer(workerData);
         setInterval(() => producer.push({ n: 1 }), 1);
       });`,
      { eval: true, workerData: flow.handle() },
    );
    onTestFinished(async () => void (await thread.terminate()));
    const word = new Int32Array(new SharedArrayBuffer(4));
    const end = performance.now() + 30_000;
    while (flow.settings().flushIntervalMs === 5 && performance.now() < end) Atomics.wait(word, 0, 0, 20);
    expect(flow.settings().flushIntervalMs).toBeGreaterThan(5);
  });
});

describe('its settings', () => {
  const base = { schema: Event, sink: handler('file:///sink.js') };
  const mistake = (settings: object) => mistakeOf(() => resolveConfig({ ...base, ...settings }));

  test('begin within their ranges, where nothing is said', () => {
    const ranges: AdaptiveOptions = { flushSize: [10, 50], flushIntervalMs: [200, 400] };
    expect(resolveConfig({ ...base, adaptive: ranges })).toMatchObject({
      ...{ flushSize: 50, flushIntervalMs: 200, bufferSize: 64 * 50 },
      adaptive: { targetLatencyMs: 50, ...ranges },
    });
  });

  test('are refused out of range, or where the ring does not hold two of the largest batches', () => {
    expect(mistake({ flushSize: 6000, adaptive: {} })).toMatchObject({ key: 'flushSize' });
    expect(mistake({ flushIntervalMs: 5, adaptive: {} })).toMatchObject({ key: 'flushIntervalMs' });
    expect(mistake({ bufferSize: 9999, adaptive: {} })).toMatchObject({ key: 'bufferSize' });
    for (const flushSize of [[5, 1], [1], [1, 2, 3], [0, 5], 7, [1, 2.5]]) {
      expect(mistake({ adaptive: { flushSize } }), String(flushSize)).toBeDefined();
    }
    expect(mistake({ adaptive: { targetLatencyMs: 0 } })).toMatchObject({ key: 'adaptive.targetLatencyMs' });
  });

  test('leave the blocks those of the size where the flow begins', () => {
    const options = resolveConfig({ ...base, adaptive: {} });
    expect(options.bufferSize).toBe(64 * 5000);
    expect(ringShape(options)).toMatchObject({ rowsPerBlock: 1000, blocks: 320 });
  });

  test('stay as a program sets them, whatever a flusher does at that moment', () => {
    const { Atomics: atomics } = globalThis;
    onTestFinished(() => {
      globalThis.Atomics = atomics;
    });
    // The program comes before the n-th step of the flusher.
    for (let step = 0; step < 12; step++) {
      const settings = new LiveSettings();
      let left = step;
      globalThis.Atomics = new Proxy(atomics, {
        get: (target, name: keyof Atomics) => {
          if (left-- === 0) settings.fix({ flushSize: 7 });
          return target[name];
        },
      });
      settings.tune({ flushSize: 2000, flushIntervalMs: 20 });
      globalThis.Atomics = atomics;
      if (left >= 0) settings.fix({ flushSize: 7 });
      expect([settings.flushSize, settings.flushIntervalMs], `step ${step}`).toEqual([7, 20]);
      settings.tune({ flushSize: 3000, flushIntervalMs: 30 });
      expect([settings.flushSize, settings.flushIntervalMs]).toEqual([7, 30]);
    }
  });
});
