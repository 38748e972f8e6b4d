/**
 * Rows of one key meet one shard, and go out in the order of their pushes: on every way into the flow, from every
 * thread, through retries, deaths of flushers and `drop-oldest`.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type Arrival, arrivingFlow, type Fault, firstByKey, isAscending } from '../../fixtures/arrivals.js';

const keys = 50;
const byKey = { shards: 4, key: 'key' } as const;

/** @returns the flushers that rows of each key met. */
function flushersOf(arrivals: readonly Arrival[]): Map<number, Set<number>> {
  const flushers = new Map<number, Set<number>>();
  for (const { key, flusher } of arrivals) {
    flushers.set(key, (flushers.get(key) ?? new Set()).add(flusher));
  }
  return flushers;
}

function expectOrder(arrivals: readonly Arrival[]): void {
  for (const [key, flushers] of flushersOf(arrivals)) expect([key, flushers.size]).toEqual([key, 1]);
  for (const [key, rows] of firstByKey(arrivals)) {
    expect([key, isAscending(rows.map(({ i }) => i))]).toEqual([key, true]);
  }
}

describe('rows of one key', () => {
  it('meet one flusher, whatever way they come', async () => {
    const { flow, arrivals } = await arrivingFlow(byKey);
    let i = 0;
    const event = () => ({ key: i % keys, i: i++ });
    for (let n = 0; n < 100; n++) flow.push(event());
    flow.pushMany(Array.from({ length: 100 }, event));
    const columns = Array.from({ length: 100 }, event);
    const pushed = flow.pushColumns(
      { key: Int32Array.from(columns, ({ key }) => key), i: columns.map((each) => each.i) },
      100,
    );
    await Promise.all(Array.from({ length: 50 }, () => flow.send(event())));
    await Promise.all(Array.from({ length: 50 }, () => flow.write(event())));
    const producer = flow.producer();
    for (let n = 0; n < 100; n++) producer.push(event());
    const stream = flow.toWritable();
    for (let n = 0; n < 100; n++) stream.write(event());
    await new Promise((resolve) => stream.end(resolve));
    await flow.close();
    expect(pushed).toBe(100);
    expect(arrivals()).toHaveLength(600);
    expect(flow.stats()).toMatchObject({ accepted: 600, committed: 600, pending: 0 });
    for (const [key, flushers] of flushersOf(arrivals())) expect([key, flushers.size]).toEqual([key, 1]);
    expect(new Set(arrivals().map(({ flusher }) => flusher))).toEqual(new Set([1, 2, 3, 4]));
  });

  it('meet the same flusher from other threads', async () => {
    const { flow, arrivals } = await arrivingFlow(byKey);
    for (let key = 0; key < keys; key++) flow.push({ key, i: 0 });
    const worker = new Worker(new URL('../../fixtures/keyed-producer.mjs', import.meta.url), {
      workerData: { handle: flow.handle(), keys, rounds: 5 },
    });
    expect(await once(worker, 'message')).toEqual([{ accepted: 5 * keys }]);
    await flow.close();
    expect(flow.stats()).toMatchObject({ accepted: 6 * keys, committed: 6 * keys });
    for (const [key, flushers] of flushersOf(arrivals())) expect([key, flushers.size]).toEqual([key, 1]);
  });

  it.each<[string, Fault[]]>([
    ['retries', ['none', 'retry', 'retry', 'none', 'none']],
    ['deaths before rows are stored', ['none', 'none', 'death before', 'none', 'none', 'none']],
    ['deaths after rows are stored', ['none', 'none', 'none', 'death after', 'none', 'none', 'none']],
  ])(
    'keep their order through %s',
    async (_, plan) => {
      const rows = 1200;
      const { flow, arrivals } = await arrivingFlow(
        byKey,
        {
          flushSize: 20,
          maxDeliveries: 1000,
          bufferSize: 2400,
          retry: { backoffMs: 1, maxAttempts: 50 },
          circuit: false,
        },
        plan,
      );
      for (let i = 0; i < rows; i++) {
        while (!flow.push({ key: i % keys, i })) await flow.writable();
        if (i % 40 === 0) await new Promise(setImmediate);
      }
      await flow.committed();
      await flow.close();
      expectOrder(arrivals());
      expect(new Set(arrivals().map(({ i }) => i)).size).toBe(rows);
      const { accepted, committed, dropped } = flow.stats();
      expect({ accepted, committed, dropped }).toEqual({ accepted: rows, committed: rows, dropped: {} });
    },
    60_000,
  );

  it('keep their order where the oldest are dropped', async () => {
    const rows = 4000;
    const { flow, arrivals } = await arrivingFlow(
      { shards: 2, key: 'key' },
      { onFull: 'drop-oldest', bufferSize: 64, retry: { backoffMs: 1, maxAttempts: 50 }, circuit: false },
      ['none', 'retry'],
    );
    for (let i = 0; i < rows; i++) {
      flow.push({ key: i % keys, i });
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    await flow.close();
    expectOrder(arrivals());
    const { accepted, committed, dropped, pending } = flow.stats();
    const gone = Object.values(dropped).reduce((a, b) => a + b, 0);
    expect(gone).toBeGreaterThan(0);
    expect({ accepted, pending, sum: committed + gone }).toEqual({ accepted: rows, pending: 0, sum: rows });
    expect(new Set(arrivals().map(({ i }) => i)).size).toBe(committed);
  });

  it('drain at the end, with each shard full', async () => {
    const { flow, arrivals } = await arrivingFlow(
      { shards: 3, by: 'round-robin' },
      { flushIntervalMs: 60_000 },
    );
    for (let i = 0; i < 30; i++) flow.push({ key: 0, i });
    expect(flow.ring()).toMatchObject({ blocks: 192, capacity: 3 * 64 * 8 });
    const report = await flow.close();
    expect(report).toMatchObject({ committed: 30, undelivered: 0 });
    expect(arrivals()).toHaveLength(30);
  });
});
