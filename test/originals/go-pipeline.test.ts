/**
 * Scenarios of go-pipeline's own tests that no other test here shows, in our words; a page of the docs lists them all.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createBatchFlow,
  defineSchema,
  FlowClosedError,
  type FlowSettings,
  t,
} from '../../dist/src/index.js';
import { addHook } from '../../dist/src/metrics/index.js';
import { memorySink } from '../../dist/src/testing/index.js';
import { until } from '../fixtures/until.js';

const User = defineSchema('users', { id: t.string(), age: t.int32() });
/** So many rows that no timer of a test sends. */
const never = { flushIntervalMs: 60_000 };

async function start(settings: FlowSettings & { dedupe?: { by: 'id' } } = {}) {
  const memory = memorySink();
  const retry = { maxAttempts: 1 };
  const flow = await createBatchFlow({ schema: User, sink: memory.sink, flushSize: 50, retry, ...settings });
  flow.on('flushError', () => {});
  onTestFinished(async () => {
    memory.release();
    await flow.destroy().catch(() => {});
  });
  return { flow, memory };
}

const users = (count: number, keys = count) =>
  Array.from({ length: count }, (_, i) => ({ id: `ID-${i % keys}`, age: 20 + i }));

/** All of the events, with waits for room. */
async function pushAll({ flow }: Awaited<ReturnType<typeof start>>, events: ReturnType<typeof users>) {
  for (const event of events) while (!flow.push(event)) await flow.writable();
}

describe.each([
  { kind: 'plain rows', settings: {}, kept: 10 },
  { kind: 'rows of three keys', settings: { dedupe: { by: 'id' as const } }, kept: 3 },
])('a batch of $kind that is not full', ({ settings, kept }) => {
  test('does not go out when the signal aborts without a drain', async () => {
    const abort = new AbortController();
    const { flow, memory } = await start({
      ...settings,
      ...never,
      signal: abort.signal,
      drainOnAbort: false,
    });
    flow.pushMany(users(10, 3));
    abort.abort();
    expect(await flow.ended).toMatchObject({ how: 'aborted', report: { committed: 0, undelivered: 10 } });
    expect(memory.attempts).toBe(0);
  });

  test('goes out when the signal aborts with a drain, within its time', async () => {
    const abort = new AbortController();
    const { flow, memory } = await start({
      ...settings,
      ...never,
      signal: abort.signal,
      drainGraceMs: 20_000,
    });
    flow.pushMany(users(10, 3));
    abort.abort();
    expect(await flow.ended).toMatchObject({ how: 'drained', report: { committed: kept, undelivered: 0 } });
    expect(memory.stored).toBe(kept);
  });

  test('always goes out at close(), also when the signal aborts then', async () => {
    const abort = new AbortController();
    const { flow, memory } = await start({ ...settings, ...never, signal: abort.signal });
    flow.pushMany(users(10, 3));
    const closing = flow.close();
    abort.abort();
    expect(await closing).toMatchObject({ committed: kept, undelivered: 0 });
    expect(memory.stored).toBe(kept);
  });
});

describe('deduplication', () => {
  test('of 1000 rows with 26 keys stores no key twice in a batch, and the last row of each at the end', async () => {
    const started = await start({ dedupe: { by: 'id' } });
    const events = Array.from({ length: 1000 }, (_, i) => ({ id: `ID-${Math.floor(i / 10) % 26}`, age: i }));
    await pushAll(started, events);
    await started.flow.close();
    const { memory } = started;
    for (const { batch } of memory.batches()) {
      const ids = batch.rows().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
    const newest = new Map(events.map(({ id, age }) => [id, age]));
    expect(new Map(memory.rows(User).map(({ id, age }) => [id, age]))).toEqual(newest);
  });

  test('drops nothing where all keys differ', async () => {
    const started = await start({ dedupe: { by: 'id' }, flushMode: 'sync', flushSize: 16, bufferSize: 64 });
    await pushAll(started, users(300));
    await started.flow.close();
    expect(started.memory.rows(User)).toEqual(users(300));
    expect(started.flow.stats().dropped).toEqual({});
  });

  test('of a sink that fails reports each batch, and the sums add up', async () => {
    const started = await start({ dedupe: { by: 'id' }, flushSize: 16 });
    started.memory.failNext('fatal', Number.POSITIVE_INFINITY);
    let failures = 0;
    started.flow.on('flushError', () => failures++);
    await pushAll(started, users(500, 26));
    await started.flow.close();
    const { accepted, committed, pending, dropped } = started.flow.stats();
    expect(failures).toBeGreaterThan(0);
    expect(committed).toBe(0);
    expect({ accepted, pending, lost: (dropped.failed ?? 0) + (dropped.duplicate ?? 0) }).toEqual({
      accepted: 500,
      pending: 0,
      lost: 500,
    });
  });
});

describe('a standard pipeline', () => {
  test.each(['sync', 'async'] as const)(
    'takes 1000 rows in %s mode and delivers each once',
    async (flushMode) => {
      const started = await start({ flushMode, maxConcurrentFlushes: flushMode === 'async' ? 4 : 1 });
      await pushAll(started, users(1000));
      expect(await started.flow.close()).toMatchObject({ committed: 1000, undelivered: 0 });
      const rows = started.memory.rows(User);
      // Several flushes at a time may end in any order.
      if (flushMode === 'async') rows.sort((a, b) => a.age - b.age);
      expect(rows).toEqual(users(1000));
    },
  );

  test('whose sink fails each time has tried every row, and says so of each batch', async () => {
    const started = await start({ flushSize: 32, bufferSize: 128 });
    started.memory.failNext('fatal', Number.POSITIVE_INFINITY);
    const messages = new Set<string>();
    let rows = 0;
    started.flow.on('flushError', (error) => {
      messages.add((error.cause as Error).message);
      rows += error.rows;
    });
    await pushAll(started, users(1000));
    await started.flow.close();
    expect([...messages]).toEqual(['a test asked for this failure (fatal)']);
    expect(rows).toBe(1000);
  });

  test('with a sink that is slower than its time delivers a part, and hands back the rest', async () => {
    const started = await start({ flushSize: 32, bufferSize: 128, flushMode: 'sync' });
    started.flow.pushMany(users(40));
    await started.memory.until(({ stored }) => stored >= 32);
    started.memory.hold();
    const accepted = 40 + started.flow.pushMany(users(1000));
    const { committed, undelivered } = await started.flow.close({ timeoutMs: 1 });
    expect(committed).toBe(started.memory.stored);
    expect(committed + undelivered).toBe(accepted);
    expect(started.flow.takeUndelivered().reduce((sum, { length }) => sum + length, 0)).toBe(undelivered);
  });

  test('runs once: two runs are two flows, each with its own rows in order', async () => {
    const runs = [users(200).slice(0, 100), users(200).slice(100)];
    for (const rows of runs) {
      const { flow, memory } = await start({ flushMode: 'sync', flushSize: 16 });
      expect(flow.pushMany(rows)).toBe(100);
      await flow.close();
      expect(memory.rows(User)).toEqual(rows);
      expect(() => flow.push({ id: 'late', age: 0 })).toThrow(FlowClosedError);
    }
  });
});

describe('the end', () => {
  test('of a run is one promise for all that wait, whenever they ask, with or without a drain', async () => {
    for (const drainOnAbort of [true, false]) {
      const abort = new AbortController();
      const { flow, memory } = await start({ ...never, signal: abort.signal, drainOnAbort });
      const before = flow.ended;
      flow.pushMany(users(30));
      abort.abort();
      expect(await before).toBe(await flow.ended);
      expect(memory.stored).toBe(drainOnAbort ? 30 : 0);
    }
  });

  test('at the limit of close() comes while the last flush hangs, and its signal aborts', async () => {
    const { flow, memory } = await start(never);
    memory.hold();
    flow.pushMany(users(3));
    const flushed = flow.flush().catch(() => {});
    await memory.until(({ waiting }) => waiting === 1);
    const report = await flow.close({ timeoutMs: 5 });
    await flushed;
    expect(memory.attempts).toBe(1);
    expect(report).toMatchObject({ committed: 0, undelivered: 3 });
    expect(memory.waiting).toBe(0);
  });

  test('without a limit waits for the last flush, however long that takes', async () => {
    const { flow, memory } = await start(never);
    memory.hold();
    flow.pushMany(users(2));
    let over = false;
    const closing = flow.close().finally(() => {
      over = true;
    });
    await memory.until(({ waiting }) => waiting === 1);
    expect(over).toBe(false);
    memory.release();
    expect(await closing).toMatchObject({ committed: 2, undelivered: 0 });
  });

  test.each(['close, then abort', 'abort, then close'])(
    '%s: the flow ends, and every row is told of',
    async (order) => {
      const abort = new AbortController();
      const { flow, memory } = await start({ signal: abort.signal, drainOnAbort: false, flushSize: 32 });
      flow.pushMany(users(100));
      let closing: Promise<unknown>;
      if (order === 'close, then abort') {
        closing = flow.close();
        abort.abort();
      } else {
        abort.abort();
        closing = flow.close();
      }
      await closing;
      const { report } = await flow.ended;
      expect(report.committed + report.undelivered).toBe(100);
      expect(memory.stored).toBe(report.committed);
    },
  );
});

test('a hook hears of a full batch before the end', async () => {
  const { flow } = await start({ ...never, flushSize: 8 });
  const heard: number[] = [];
  addHook(flow, { flush: (items) => void heard.push(items) });
  flow.pushMany(users(8));
  await until(() => heard.length === 1, 'the flush');
  expect(heard).toEqual([8]);
});

test('an event is copied when it is pushed: what the program changes then is not seen', async () => {
  const Blob = defineSchema('blobs', { bytes: t.bytes(), json: t.json() });
  const memory = memorySink();
  await using flow = await createBatchFlow({ schema: Blob, sink: memory.sink, ...never });
  const bytes = Uint8Array.from([0, 1, 2, 3]);
  const json = { count: 1 };
  flow.push({ bytes, json });
  bytes.fill(99);
  json.count = 2;
  await flow.close();
  expect(memory.rows(Blob)).toEqual([{ bytes: Uint8Array.from([0, 1, 2, 3]), json: { count: 1 } }]);
});
