/**
 * What a sink's errors make of a delivery: verdicts and reasons, halves of what was too much, pauses that a target asks
 * for; and the call that prepares a schema.
 */
import { expect, test } from 'vitest';
import { createBatchFlow, defineSchema, type FlushError, handler, t } from '../../../dist/src/index.js';
import { testClock } from '../../../dist/src/testing/index.js';
import { Event, events, type Scene, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

async function start(script: (scene: Scene) => unknown, settings: object = {}) {
  const retry = { backoffMs: 1, maxBackoffMs: 5, ...(settings as { retry?: object }).retry };
  const { sink, flow } = await scriptedFlow(script, { ...settings, retry });
  const failures: FlushError[] = [];
  flow.on('flushError', (error) => failures.push(error));
  const errors = () => flow.metrics().total.errorsByReason;
  return { sink, flow, failures, errors };
}

test('an error of a well-known target needs no classify: its reason is counted and reported', async () => {
  const { flow, failures, errors } = await start(({ rows, n, store }) => {
    if (n === 1) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
    if (rows.some(({ i }) => i === 5))
      throw Object.assign(new Error('Duplicate entry'), { code: 'ER_DUP_ENTRY', errno: 1062 });
    store(rows);
  });
  flow.pushMany(events(8));
  await expect(flow.committed()).rejects.toMatchObject({ rows: 1 });
  await until(() => failures.length > 0, 'the failure');
  expect(failures[0]).toMatchObject({
    reason: 'fatal',
    cause: { code: 'ER_DUP_ENTRY', reason: 'duplicate_key' },
  });
  expect(errors().retry).toMatchObject({ deadlock: 1, unknown: 0 });
  // 8, 4, 2 and 1 rows with the bad one among them.
  expect(errors().fatal).toMatchObject({ duplicate_key: 4, unknown: 0 });
});

test('the configuration comes before the sink, and both before what is known', async () => {
  const { flow, failures } = await start(
    () => {
      throw Object.assign(new Error('Duplicate entry'), { code: '23505', reason: 'auth' });
    },
    { retry: { maxAttempts: 2, classify: () => ({ verdict: 'retry' }) } },
  );
  flow.pushMany(events(8));
  await expect(flow.committed()).rejects.toMatchObject({ rows: 8 });
  await until(() => failures.length > 0, 'the failure');
  expect(failures[0]).toMatchObject({ rows: 8, reason: 'retries', cause: { reason: 'auth' } });
});

test('what was too much at once is halved at once, and nothing of it is suspected', async () => {
  const { sink, flow, failures, errors } = await start(({ rows, store }) => {
    if (rows.length > 2) throw Object.assign(new Error('too large'), { status: 413 });
    store(rows);
  });
  flow.pushMany(events(8));
  await flow.committed();
  expect(sink.writes).toBe(7);
  expect(failures).toEqual([]);
  expect(errors().fatal.overload).toBe(3);
  expect(flow.stats()).toMatchObject({ committed: 8, retries: 6 });
});

test('halves of what was too much get all of their attempts; a row alone that is too much is given up', async () => {
  const { flow, failures } = await start(({ rows, attempt, store }) => {
    if (rows.length > 4 || rows.some(({ i }) => i === 6))
      throw Object.assign(new Error('too large'), { split: true });
    if (attempt < 4) throw Object.assign(new Error('busy'), { code: 'ECONNRESET' });
    store(rows);
  });
  flow.pushMany(events(8));
  await expect(flow.committed()).rejects.toMatchObject({ rows: 1, failed: [{ first: 6, count: 1 }] });
  await until(() => failures.length > 0, 'the failure');
  expect(failures[0]).toMatchObject({ rows: 1, reason: 'fatal' });
  expect(flow.stats()).toMatchObject({ committed: 7 });
});

test('the next pause is at least as long as the target asks for', async () => {
  const clock = testClock();
  const { flow, sink } = await start(
    ({ rows, n, store }) => {
      if (n === 1) throw Object.assign(new Error('slow down'), { status: 429, retryAfterMs: 150 });
      store(rows);
    },
    { retry: { jitter: false }, clock },
  );
  flow.pushMany(events(8));
  await clock.advance(149);
  expect(sink.writes).toBe(1);
  await clock.advance(1);
  expect(sink.writes).toBe(2);
  await flow.committed();
});

test("an error of onBatch keeps what it means on its way to the flusher's thread", async () => {
  let calls = 0;
  const clock = testClock();
  await using flow = await createBatchFlow({
    schema: Event,
    flushSize: 8,
    retry: { backoffMs: 1, maxBackoffMs: 2, jitter: false },
    clock,
    onBatch: (batch) => {
      if (++calls === 1)
        throw Object.assign(new Error('wait'), { response: { status: 429 }, retryAfterMs: 100 });
      if (batch.length > 4) throw Object.assign(new Error('large'), { statusCode: 413 });
    },
  });
  flow.pushMany(events(8));
  await until(() => flow.metrics().total.errorsByReason.retry.overload === 1, 'the first error');
  // The flusher follows the clock when it has begun the pause.
  await clock.advance(0);
  await clock.advance(99);
  expect(calls).toBe(1);
  await clock.advance(1);
  await flow.committed();
  // 8 rows, 8 again, 4 and 4.
  expect(calls).toBe(4);
  const { retry, fatal } = flow.metrics().total.errorsByReason;
  expect([retry.overload, fatal.overload]).toEqual([1, 1]);
});

test('a sink is prepared for each schema before its first batch, and again where that failed', async () => {
  const words = new Int32Array(new SharedArrayBuffer(28));
  words[1] = 2;
  const Other = defineSchema('others', { n: t.int32() });
  await using flow = await createBatchFlow({
    schemas: [Event, Other],
    sink: handler(new URL('../../fixtures/sinks/preparing-sink.mjs', import.meta.url), { words }),
    flushSize: 4,
    maxConcurrentFlushes: 3,
    retry: { backoffMs: 1, maxBackoffMs: 2 },
  });
  const [one, other] = [flow.producer(Event), flow.producer(Other)];
  one.pushMany(events(20));
  await one.committed();
  other.pushMany(Array.from({ length: 20 }, (_, n) => ({ n })));
  await other.committed();
  expect([...words]).toEqual([4, 2, 40, 0, 0, 0, 0]);
  expect(flow.metrics().total.errorsByReason.retry.syntax).toBeGreaterThanOrEqual(2);
});

test('a prepare that hangs is called again, and what it held up is not written when it ends', async () => {
  const words = new Int32Array(new SharedArrayBuffer(28));
  words[4] = 1;
  await using flow = await createBatchFlow({
    schema: Event,
    sink: handler(new URL('../../fixtures/sinks/preparing-sink.mjs', import.meta.url), { words }),
    flushSize: 4,
    retry: { backoffMs: 1, maxBackoffMs: 2, timeoutMs: 100 },
  });
  flow.pushMany(events(4));
  await flow.committed();
  expect([...words]).toEqual([2, 0, 4, 0, 1, 0, 0]);
  // The first call ends at last. Its attempt is over.
  Atomics.store(words, 5, 1);
  flow.pushMany(events(4));
  await flow.committed();
  await flow.close();
  expect([...words]).toEqual([2, 0, 8, 0, 1, 1, 0]);
});
