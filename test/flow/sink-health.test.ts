/**
 * `flow.sinkTrouble()`: the sink's health check runs in a flusher's thread, seldom, and beside a write that hangs.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../dist/src/index.js';
import { until } from '../fixtures/until.js';

const clicks = defineSchema('clicks', { id: t.int32() });
/** Words: checks, whether the target is away, whether a write hangs. */
const checked = `
  let words;
  export default {
    open({ options }) { words = new Int32Array(options); },
    write: () => Atomics.load(words, 2) ? new Promise((end) => setTimeout(end, 3_600_000)) : undefined,
    health() {
      Atomics.add(words, 0, 1);
      if (Atomics.load(words, 1)) throw new Error('the target is away');
    },
  };`;
const moduleOf = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

async function start(flushers = 2) {
  const words = new Int32Array(new SharedArrayBuffer(12));
  const flow = await createBatchFlow({
    schema: clicks,
    sink: handler(moduleOf(checked), words.buffer),
    flushers,
    flushMode: 'sync',
    flushIntervalMs: 3_600_000,
  });
  onTestFinished(async () => {
    await flow.destroy();
  });
  return { flow, words };
}

describe('flow.sinkTrouble()', () => {
  test('says what is wrong until it is right, and asks the sink at most once a second', async () => {
    const began = performance.now();
    const { flow, words } = await start();
    const asked = await Promise.all(Array.from({ length: 50 }, () => flow.sinkTrouble()));
    expect(new Set(asked)).toEqual(new Set([undefined]));
    words[1] = 1;
    await until(async () => (await flow.sinkTrouble()) === 'the target is away', 'the trouble');
    words[1] = 0;
    await until(async () => (await flow.sinkTrouble()) === undefined, 'its end');
    expect(Atomics.load(words, 0)).toBeGreaterThanOrEqual(3);
    expect(Atomics.load(words, 0)).toBeLessThanOrEqual(1 + (performance.now() - began) / 1000);
  });

  test('is answered while the flusher waits for a write', async () => {
    const { flow, words } = await start(1);
    words[2] = 1;
    flow.push({ id: 1 });
    flow.flush().catch(() => {});
    await until(() => flow.stats().inFlight === 1, 'a write that hangs');
    words[1] = 1;
    await until(async () => (await flow.sinkTrouble()) === 'the target is away', 'the trouble');
  });

  test('a sink without a check has none, nor has a flow that has ended', async () => {
    const flow = await createBatchFlow({ schema: clicks, onBatch: () => {} });
    await until(async () => (await flow.sinkTrouble()) === undefined, 'an answer');
    await flow.close();
    expect(await flow.sinkTrouble()).toBeUndefined();
  });
});
