/**
 * `stats().lastFlushAt`: when the sink last stored a batch, or rows of one were given up, over all flushers and deaths.
 */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { events, type Script, scriptedFlow } from '../fixtures/script.js';
import { until } from '../fixtures/until.js';

/** What the statistics say, between two readings of the clock. */
const isNow = (at: number | undefined, began: number) => {
  expect(at).toBeGreaterThanOrEqual(began - 1);
  expect(at).toBeLessThanOrEqual(Date.now() + 1);
};

/** Resolves when the clock of days has gone on since. */
const isPast = (at: number) => until(() => Date.now() > at + 1, 'time to pass');

/** Let a write go on that waits for word 8000. */
function letGo({ words }: Script): void {
  Atomics.store(words, 8000, 1);
  Atomics.notify(words, 8000);
}

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
  const at = flow.stats().lastFlushAt as number;
  isNow(at, began);
  await isPast(at);
  const before = Date.now();
  const later = flow.stats();
  expect(later.lastFlushAt).toBe(at);
  expect(later.sinceLastFlushMs).toBeGreaterThanOrEqual(before - at);
  expect(later.sinceLastFlushMs).toBeLessThanOrEqual(Date.now() - at);
});

test('a write that fails does not move it, and rows that are given up do', async () => {
  const { sink, flow } = await scriptedFlow(
    async ({ n, rows, store, words }) => {
      if (n === 1) return store(rows);
      if (n === 3) await Atomics.waitAsync(words, 8000, 0).value;
      throw new Error('no');
    },
    { retry: { maxAttempts: 2, backoffMs: 1 } },
  );
  flow.pushMany(events(8));
  await flow.committed();
  const first = flow.stats().lastFlushAt as number;
  await isPast(first);
  flow.pushMany(events(8));
  await until(() => sink.writes === 3, 'the attempt after the one that failed');
  expect(flow.stats().lastFlushAt).toBe(first);
  await isPast(Date.now());
  const givenUpFrom = Date.now();
  letGo(sink);
  await flow.committed().catch(() => {});
  expect(flow.stats()).toMatchObject({ dropped: { failed: 8 } });
  isNow(flow.stats().lastFlushAt, givenUpFrom);
});

test('it is the latest of all flushers', async () => {
  const { sink, flow } = await scriptedFlow(
    async ({ n, rows, store, words }) => {
      if (n === 1) await Atomics.waitAsync(words, 8000, 0).value;
      store(rows);
    },
    { flushers: 2 },
  );
  const [slow, fast] = [flow.producer(), flow.producer()];
  slow.pushMany(events(8));
  await until(() => sink.writes === 1, 'a write that waits');
  fast.pushMany(events(8));
  await fast.committed();
  const first = flow.stats().lastFlushAt as number;
  await isPast(first + 1);
  const began = Date.now();
  letGo(sink);
  await slow.committed();
  const { flushers, total } = flow.metrics();
  const all = flushers.map(({ lastFlushAt }) => lastFlushAt).filter((at) => at !== undefined);
  isNow(total.lastFlushAt, began);
  expect(Math.min(...all)).toBe(first);
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
