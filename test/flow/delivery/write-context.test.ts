/**
 * What a write gets beside its batch: the signal and the metrics are made when they are asked for, and nobody notices.
 */
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, t, type WriteContext } from '../../../dist/src/index.js';
import { Measuring } from '../../fixtures/measuring.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { i: t.int32() });

/** A flow into a sink with this `write`, which is given up after one attempt. */
async function flowInto(measuring: Measuring<unknown>, timeoutMs = 30_000) {
  const retry = { maxAttempts: 1, timeoutMs };
  const flow = await createBatchFlow({ schema: Event, sink: measuring.sink, retry });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  return flow;
}

test('a copy of a write’s context has all that the context has', async () => {
  const measuring = new Measuring({
    write: ({ ctx, words }) => {
      const copy = { ...ctx };
      words[10] = ['attempt', 'flusher', 'metrics', 'options', 'schema', 'signal'].filter(
        (key) =>
          Object.hasOwn(copy, key) && copy[key as keyof WriteContext] === ctx[key as keyof WriteContext],
      ).length;
      words[11] = copy.signal instanceof AbortSignal && !copy.signal.aborted ? 1 : 0;
      words[12] = typeof copy.metrics.registerMetric === 'function' ? 1 : 0;
      words[13] = copy.attempt;
      words[14] = copy.schema.name === 'events' ? 1 : 0;
    },
  });
  const flow = await flowInto(measuring);
  flow.push({ i: 1 });
  await flow.committed();
  expect([...measuring.words.subarray(10, 15)]).toEqual([6, 1, 1, 1, 1]);
});

test('a signal that is first read after its attempt timed out is aborted already', async () => {
  const measuring = new Measuring({
    write: async ({ ctx, words }) => {
      await Atomics.waitAsync(words, 10, 0).value;
      const { aborted, reason } = ctx.signal;
      Atomics.store(words, 11, aborted && reason.code === 'ERR_WAIT_TIMEOUT' ? 1 : 2);
    },
  });
  const flow = await flowInto(measuring, 5);
  flow.push({ i: 1 });
  await flow.flush();
  expect(flow.stats().dropped).toEqual({ failed: 1 });
  measuring.set(10, 1);
  await until(() => measuring.words[11] !== 0, 'a look at the signal');
  expect(measuring.words[11]).toBe(1);
});
