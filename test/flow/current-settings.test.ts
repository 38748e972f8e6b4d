/**
 * `flow.settings()`: every setting that a user can name, as it is in force at the moment, and no secret.
 */
import { expect, onTestFinished, test } from 'vitest';
import { flowRules } from '../../dist/src/flow/config/flow-rules.js';
import { createBatchFlow, defineSchema, type Flow, handler, t } from '../../dist/src/index.js';

const Event = defineSchema('events', { i: t.int32() });
const module = new URL('../fixtures/sinks/forgetting-sink.mjs', import.meta.url);
const sink = handler(module, { password: 'hidden' });

async function ended<F extends Flow<never>>(flow: Promise<F>): Promise<F> {
  const created = await flow;
  onTestFinished(async () => void (await created.destroy()));
  return created;
}

/** Names that are read under another one, or that are no plain data. */
const elsewhere = ['schema', 'signal', 'clock', 'observer', 'logger', 'onBatch'];

test('they have every setting that a configuration may name', async () => {
  const flow = await ended(createBatchFlow({ schema: Event, sink }));
  const named = Object.keys(flowRules).filter((name) => !elsewhere.includes(name));
  expect(Object.keys(flow.settings()).sort()).toEqual(named.sort());
});

test('defaults are filled in, and computed ones are what they have become', async () => {
  const flow = await ended(createBatchFlow({ schema: Event, onBatch() {}, flushSize: 500, retry: false }));
  expect(flow.settings()).toMatchObject({
    name: 'events',
    schemas: [Event],
    sink: undefined,
    flushSize: 500,
    bufferSize: 32_000,
    maxConcurrentFlushes: 1,
    maxProducers: 63,
    errorBufferSize: 256,
    retry: { maxAttempts: 1, classify: undefined },
    circuit: { failures: 5 },
    deadLetters: false,
    env: undefined,
  });
});

test('what update() changes is there at once, and stays when the flow has ended', async () => {
  const flow = await ended(createBatchFlow({ schema: Event, sink }));
  const before = flow.settings();
  flow.update({ flushSize: 77, flushIntervalMs: 5 });
  expect(flow.settings()).toEqual({ ...before, flushSize: 77, flushIntervalMs: 5 });
  expect(before).toMatchObject({ flushSize: 1000, flushIntervalMs: 100 });
  await flow.close();
  expect(flow.settings()).toMatchObject({ flushSize: 77, flushIntervalMs: 5 });
});

test('a sink is its module, a variable of the environment its name', async () => {
  const flow = await ended(
    createBatchFlow({
      schema: Event,
      sink,
      deadLetters: handler(module, { token: 'hidden' }),
      env: { TOKEN: 'hidden', HOME: '/' },
      retry: { classify: () => 'retry' },
      dedupe: { by: 'i' },
    }),
  );
  const settings = flow.settings();
  expect(settings).toMatchObject({
    sink: { module: sink.module },
    deadLetters: { module: sink.module },
    env: ['TOKEN', 'HOME'],
    retry: { classify: expect.stringContaining('retry') },
    dedupe: { by: { columns: ['i'] }, keep: 'last', schemas: {} },
  });
  expect(JSON.stringify(settings)).not.toContain('hidden');
});

test('they are frozen plain data, which can be posted', async () => {
  const flow = await ended(createBatchFlow({ schema: Event, sink, env: { A: '1' }, execArgv: [] }));
  const settings = flow.settings();
  expect(structuredClone(settings)).toEqual({ ...settings });
  const thaw = (value: unknown): unknown[] =>
    typeof value !== 'object' || value === null
      ? []
      : [...(Object.isFrozen(value) ? [] : [value]), ...Object.values(value).flatMap(thaw)];
  expect(thaw(settings)).toEqual([]);
});
