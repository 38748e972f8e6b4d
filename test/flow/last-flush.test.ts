/**
 * `stats().lastFlushAt`: when the sink last stored a batch, or rows of one were given up, over all flushers and deaths.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { events, scriptedFlow } from '../fixtures/script.js';

/** What the statistics say, between two readings of the clock. */
const isNow = (at: number | undefined, began: number) => {
  expect(at).toBeGreaterThanOrEqual(began - 1);
  expect(at).toBeLessThanOrEqual(Date.now() + 1);
};

test('nothing before the first flush', async () => {
  const { flow } = await scriptedFlow(({ rows, store }) => store(rows));
  const { lastFlushAt, sinceLastFlushMs } = flow.stats();
  expect([lastFlushAt, sinceLastFlushMs]).toEqual([undefined, undefined]);
});

test('it is there with the commit, and does not move without a flush', async () => {
  const { flow } = await scriptedFlow(({ rows, store }) => store(rows));
  const began = Date.now();
  flow.pushMany(events(8));
  await flow.committed();
  const { lastFlushAt } = flow.stats();
  isNow(lastFlushAt, began);
  await sleep(20);
  const later = flow.stats();
  expect(later.lastFlushAt).toBe(lastFlushAt);
  expect(later.sinceLastFlushMs).toBeGreaterThanOrEqual(19);
  expect(later.sinceLastFlushMs).toBeLessThanOrEqual(Date.now() - (lastFlushAt as number));
});

test('a write that fails does not move it, and rows that are given up do', async () => {
  const { flow } = await scriptedFlow(
    async ({ n, rows, store }) => {
      if (n === 1) return store(rows);
      if (n === 3) await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error('no');
    },
    { retry: { maxAttempts: 2, backoffMs: 1 } },
  );
  flow.pushMany(events(8));
  await flow.committed();
  const first = flow.stats().lastFlushAt as number;
  flow.pushMany(events(8));
  await flow.committed().catch(() => {});
  expect(flow.stats()).toMatchObject({ dropped: { failed: 8 } });
  expect(flow.stats().lastFlushAt).toBeGreaterThanOrEqual(first + 49);
});

test('it is the latest of all flushers', async () => {
  const { flow } = await scriptedFlow(
    async ({ n, rows, store }) => {
      if (n === 1) await new Promise((resolve) => setTimeout(resolve, 60));
      store(rows);
    },
    { flushers: 2 },
  );
  const [slow, fast] = [flow.producer(), flow.producer()];
  const began = Date.now();
  slow.pushMany(events(8));
  const slowly = slow.committed();
  fast.pushMany(events(8));
  await Promise.all([slowly, fast.committed()]);
  const { flushers, total } = flow.metrics();
  const all = flushers.map(({ lastFlushAt }) => lastFlushAt).filter((at) => at !== undefined);
  isNow(total.lastFlushAt, began + 55);
  expect(total.lastFlushAt).toBe(Math.max(...all));
});

test('a thread that died leaves what it had said', async () => {
  const { flow } = await scriptedFlow(({ n, rows, store }) => {
    if (n === 2) process.exit(1);
    if (n > 2) throw new Error('no');
    store(rows);
  });
  flow.pushMany(events(8));
  await flow.committed();
  const { lastFlushAt } = flow.stats();
  const exit = once(flow, 'flusherExit');
  flow.pushMany(events(8));
  await exit;
  expect(lastFlushAt).toBeDefined();
  expect(flow.stats().lastFlushAt).toBe(lastFlushAt);
});
