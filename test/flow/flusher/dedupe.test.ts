/**
 * Deduplication: a batch is full at `flushSize` different keys, and a duplicate ends with the row that is kept for it.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, type Flow, t } from '../../../dist/src/index.js';
import type { FlushInfo } from '../../../dist/src/metrics/read/flush-info.js';
import { Gate } from '../../fixtures/gate.js';
import { scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { id: t.string(), n: t.int32() });
const Other = defineSchema('others', { id: t.string(), n: t.int32() });
type Row = { id: string; n: number };

/** A flow that keeps its batches, and forgets none of its flushes. */
async function collecting(settings: object = {}) {
  const batches: Row[][] = [];
  const flow = await createBatchFlow({
    schema: Event,
    flushSize: 50,
    bufferSize: 4000,
    flushIntervalMs: 60_000,
    dedupe: { by: 'id' },
    onBatch: (batch) => void batches.push(batch.rows() as Row[]),
    ...settings,
  });
  onTestFinished(async () => void (await flow.destroy()));
  const flushes: FlushInfo[] = [];
  flow.on('flush', (info) => flushes.push(info));
  return { flow, batches, flushes };
}

function push(flow: Flow<typeof Event>, rows: number, keys: number): void {
  for (let n = 0; n < rows; n++) flow.push({ id: `k${n % keys}`, n });
}

describe('a batch', () => {
  test('of many rows of few keys waits for its deadline, and has the newest row of each', async () => {
    const { flow, batches } = await collecting({ flushIntervalMs: 200 });
    push(flow, 1000, 5);
    await until(() => flow.stats().pending === 0, 'the deadline');
    expect(batches.map((batch) => batch.map(({ n }) => n))).toEqual([[995, 996, 997, 998, 999]]);
    expect(flow.stats()).toMatchObject({
      accepted: 1000,
      committed: 5,
      dropped: { duplicate: 995 },
      batches: { size: 0, deadline: 1 },
    });
  });

  test('is full as soon as the last of flushSize keys has come, also where many rows came before it', async () => {
    const { flow, batches } = await collecting();
    push(flow, 490, 49);
    flow.push({ id: 'last', n: 490 });
    await until(() => batches.length > 0, 'a full batch');
    expect(batches[0]?.map(({ n }) => n)).toEqual(Array.from({ length: 50 }, (_, i) => 441 + i));
    await until(() => flow.stats().pending === 0, 'its end');
    expect(flow.stats()).toMatchObject({ committed: 50, dropped: { duplicate: 441 }, batches: { size: 1 } });
  });

  test('holds no row of more than flushSize keys: those behind wait for the next', async () => {
    const { flow, batches } = await collecting({ flushIntervalMs: 100 });
    push(flow, 120, 120);
    await until(() => flow.stats().committed === 120, 'all rows');
    expect(batches.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(batches.flat().map(({ n }) => n)).toEqual(Array.from({ length: 120 }, (_, n) => n));
  });

  test('goes out early when the ring is full', async () => {
    const sink = new Gate().sink();
    const { flow, flushes } = await collecting({
      bufferSize: 400,
      onFull: 'block',
      onBatch: undefined,
      sink,
    });
    push(flow, 4000, 5);
    await flow.close();
    expect(flow.stats()).toMatchObject({ accepted: 4000, pending: 0 });
    expect(flow.stats().batches.size).toBeGreaterThan(5);
    expect(Math.max(...flushes.map(({ rows }) => rows))).toBeGreaterThan(50);
  });

  test('of rows without a key keeps each of them, and they fill it', async () => {
    const Nullable = defineSchema('nullables', { id: t.string().optional(), n: t.int32() });
    const { flow, batches } = await collecting({ schema: Nullable });
    for (let n = 0; n < 60; n++)
      (flow as never as Flow<typeof Nullable>).push(n % 2 ? { n } : { id: 'k', n });
    (flow as never as Flow<typeof Nullable>).pushMany(Array.from({ length: 40 }, (_, i) => ({ n: 60 + i })));
    await until(() => batches.length > 0, 'a full batch');
    // 'k' is one key; so many rows of none come with it.
    expect(batches[0]).toHaveLength(50);
  });

  test('becomes smaller with flushSize, although more keys were read', async () => {
    const { flow, batches } = await collecting({ flushIntervalMs: 60_000 });
    push(flow, 45, 45);
    // The flusher has read them and sleeps.
    await until(() => flow.stats().pending === 45, 'the rows');
    flow.update({ flushSize: 20 });
    await until(() => batches.length >= 2, 'two full batches');
    expect(batches.slice(0, 2).map(({ length }) => length)).toEqual([20, 20]);
  });
});

describe('a duplicate', () => {
  const gated = async (keep: 'first' | 'last') => {
    const gate = new Gate();
    const { flow } = await collecting({
      onBatch: undefined,
      sink: gate.sink(),
      dedupe: { by: 'id', keep },
      retry: { maxAttempts: 1 },
    });
    return { gate, flow };
  };

  test.each(['first', 'last'] as const)(
    'is committed when the row that is kept is (the %s)',
    async (keep) => {
      const { gate, flow } = await gated(keep);
      gate.shut();
      const ends: number[] = [];
      const writes = [0, 1, 2].map(async (n) => {
        await flow.write({ id: 'k', n });
        ends.push(n);
      });
      await until(() => gate.inside === 1, 'the sink');
      expect(flow.stats()).toMatchObject({ committed: 0, dropped: {}, pending: 3 });
      expect(ends).toEqual([]);
      gate.open();
      await Promise.all(writes);
      expect(flow.stats()).toMatchObject({ committed: 1, dropped: { duplicate: 2 }, pending: 0 });
    },
  );

  test.each(['first', 'last'] as const)('fails when the row that is kept does (the %s)', async (keep) => {
    const { gate, flow } = await gated(keep);
    gate.failing = true;
    const writes = [0, 1, 2].map((n) => flow.write({ id: 'k', n }));
    const ends = await Promise.allSettled(writes);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(flow.stats()).toMatchObject({ committed: 0, dropped: { failed: 1, duplicate: 2 }, pending: 0 });
  });
});

test('rows of a flusher that dies come again, and the newest of each key is stored', async () => {
  const gate = new Gate();
  const { flow } = await collecting({ onBatch: undefined, sink: gate.sink(), flushIntervalMs: 50 });
  push(flow, 1, 1);
  await flow.flush();
  gate.killAfter(1);
  let exits = 0;
  flow.on('flusherExit', () => exits++);
  push(flow, 1000, 5);
  await until(() => exits === 1 && flow.stats().pending === 0, 'a death, and the rows again');
  expect(flow.stats()).toMatchObject({ accepted: 1001, committed: 6, dropped: { duplicate: 995 } });
  expect(gate.rows).toBe(6);
});

test('keys of one schema do not count for another', async () => {
  const { flow, batches } = await collecting({
    schema: undefined,
    schemas: [Event, Other],
    flushIntervalMs: 100,
  });
  const producers = [flow.producer(Event as never), flow.producer(Other as never)] as never as Flow<
    typeof Event
  >[];
  for (const producer of producers) push(producer as never, 300, 30);
  await until(() => flow.stats().pending === 0, 'the deadline');
  expect(batches.map(({ length }) => length)).toEqual([30, 30]);
});

test.each(['first', 'last'] as const)(
  'a stop hands each row back once, with duplicates over blocks (keep %s)',
  async (keep) => {
    const { sink, flow } = await scriptedFlow(
      // Rows of the key e are stored; for the others the sink asks for another attempt.
      ({ rows }) => ({
        failed: rows.flatMap(({ text }, index) =>
          text === 'e' ? [] : [{ index, error: Object.assign(new Error('later'), { verdict: 'retry' }) }],
        ),
      }),
      {
        ...{ flushSize: 4, bufferSize: 64, flushIntervalMs: 50, dedupe: { by: 'text', keep } },
        retry: { maxAttempts: 100, backoffMs: 60_000, maxBackoffMs: 60_000, jitter: false },
      },
    );
    const keys = keep === 'last' ? ['k', 'e', 'e', 'e', 'l', 'k'] : ['l', 'k', 'e', 'e', 'k', 'e'];
    keys.forEach((text, i) => void flow.push({ i, text }));
    await until(() => sink.writes === 1 && flow.stats().committed === 0, 'the first attempt');
    await until(() => flow.metrics().total.errors.retry > 0, 'its errors');
    await flow.destroy();
    const given = flow.takeUndelivered().flatMap((batch) => batch.rows());
    const { accepted, committed, dropped } = flow.stats();
    expect(new Set(given.map(({ i }) => i)).size).toBe(given.length);
    expect(given).toHaveLength(dropped.undelivered as number);
    expect(committed + Object.values(dropped).reduce((a, b) => a + b, 0)).toBe(accepted);
  },
);
