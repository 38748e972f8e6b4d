/**
 * Flushers' threads that die, in every way a thread can: their rows are delivered again, and poison is found.
 */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, type FlowEvents, type FlowFailedError, handler } from '../../../dist/src/index.js';
import { Event, events, type Scene, Script, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

const eachOnce = (count: number) => Array.from({ length: count }, () => 1);

async function start(script: (scene: Scene) => unknown, settings: object = {}) {
  const { sink, flow } = await scriptedFlow(script, settings);
  const exits: FlowEvents['flusherExit'][0][] = [];
  flow.on('flusherExit', (exit) => exits.push(exit));
  return { sink, flow, exits };
}

const deaths: [string, (scene: Scene) => unknown, RegExp, object?][] = [
  [
    'process.exit',
    ({ n, rows, store }) => {
      if (n === 2) process.exit(9);
      store(rows);
    },
    /exit.* 9/,
  ],
  [
    'an uncaught exception',
    ({ n, rows, store }) => {
      if (n !== 2) return store(rows);
      setImmediate(() => {
        throw new Error('out of nowhere');
      });
      return new Promise(() => {});
    },
    /out of nowhere/,
  ],
  [
    'a rejected promise that nobody awaits',
    ({ n, rows, store }) => {
      if (n !== 2) return store(rows);
      Promise.reject(new Error('nobody awaits this'));
      return new Promise(() => {});
    },
    /nobody awaits this/,
  ],
  [
    'too much memory',
    ({ n, rows, store }) => {
      const hoard: unknown[] = [];
      while (n === 2) hoard.push(new Array(1e5).fill(n + hoard.length));
      store(rows);
    },
    /memory/,
    { resourceLimits: { maxOldGenerationSizeMb: 24 } },
  ],
  [
    'a stack that overflows outside of write',
    ({ n, rows, store }) => {
      if (n !== 2) return store(rows);
      const deeper = (): number => deeper() + 1;
      queueMicrotask(deeper);
      return new Promise(() => {});
    },
    /call stack/,
  ],
];

test.each(deaths)('a death by %s loses nothing', async (_, script, message, settings) => {
  const { sink, flow, exits } = await start(script, settings);
  flow.pushMany(events(32));
  await flow.committed();
  expect(sink.stored(32)).toEqual(eachOnce(32));
  await until(() => exits.length === 1, 'the event');
  expect(exits[0]).toMatchObject({ flusher: 1, redelivered: 8 });
  expect(exits[0]?.error).toMatchObject({ message: expect.stringMatching(message) });
  expect(flow.stats()).toMatchObject({ committed: 32, redelivered: 8, pending: 0, inFlight: 0, dropped: {} });
});

test('a death by terminate() loses nothing', async () => {
  const workers: Worker[] = [];
  const listener = (worker: Worker) => void workers.push(worker);
  process.on('worker', listener);
  onTestFinished(() => void process.off('worker', listener));
  const { sink, flow, exits } = await start(({ n, rows, store }) =>
    n === 2 ? new Promise(() => {}) : store(rows),
  );
  flow.pushMany(events(32));
  await until(() => sink.writes === 2, 'a flush in flight');
  await workers[0]?.terminate();
  await flow.committed();
  expect(sink.stored(32)).toEqual(eachOnce(32));
  expect(exits).toMatchObject([{ flusher: 1, redelivered: 8 }]);
});

test('rows that kill every flusher are found and become dead letters; all others are committed', async () => {
  const box = new Script(({ batch, store }) =>
    store(batch.rows().map(({ row }) => JSON.parse(row as string))),
  );
  const { sink, flow } = await start(
    ({ rows, store }) => {
      if (rows.some(({ i }) => i === 5 || i === 6 || i === 17)) process.exit(1);
      store(rows);
    },
    { deadLetters: box.sink, flushers: 2 },
  );
  const reasons: unknown[] = [];
  flow.on('deadLetter', ({ reason, rows }) => reasons.push([reason, rows]));
  flow.pushMany(events(40));
  await expect(flow.committed()).rejects.toMatchObject({
    rows: 3,
    failed: [
      { first: 5, count: 1, message: expect.stringMatching(/thread died \d+ times/) },
      { first: 6, count: 1 },
      { first: 17, count: 1 },
    ],
  });
  expect(box.stored(40).flatMap((times, i) => (times === 1 ? [i] : []))).toEqual([5, 6, 17]);
  expect(sink.stored(40).flatMap((times, i) => (times === 0 ? [i] : []))).toEqual([5, 6, 17]);
  // A healthy row may have been in flight at a death only after the sink had it: these exit before they store.
  expect(Math.max(...sink.stored(40))).toBe(1);
  await until(() => reasons.length === 3, 'the events');
  expect(reasons).toEqual([
    ['crash', 1],
    ['crash', 1],
    ['crash', 1],
  ]);
  expect(flow.stats()).toMatchObject({
    accepted: 40,
    committed: 37,
    deadLettered: 3,
    pending: 0,
    dropped: {},
  });
}, 120_000);

test('calls of write outlive the death of the flusher that has their rows', async () => {
  const script = ({ n, rows, store }: Scene) => {
    if (n === 1) process.exit(9);
    store(rows);
  };
  const { sink, flow, exits } = await start(script, { flushSize: 1000, flushIntervalMs: 3_600_000 });
  await Promise.all(events(32).map((event) => flow.write(event)));
  expect(sink.stored(32)).toEqual(events(32).map(() => 1));
  expect([exits.length, flow.stats().redelivered]).toEqual([1, 32]);
});

test('a sink that kills its thread at every row fails the flow, and the rows can be taken out', async () => {
  const { flow } = await start(() => process.exit(1), { maxDeliveries: 2 });
  flow.pushMany(events(100));
  const closed = once(flow, 'close');
  await expect(flow.committed()).rejects.toMatchObject({ code: 'ERR_FLOW_FAILED' });
  expect(() => flow.push({ i: 0, text: '' })).toThrow(expect.objectContaining({ code: 'ERR_FLOW_CLOSED' }));
  // Without a call of close().
  const { how, error, report } = await flow.ended;
  expect([how, (error as FlowFailedError).code]).toEqual(['failed', 'ERR_FLOW_FAILED']);
  expect(report.failed + report.undelivered).toBe(100);
  await closed;
  await expect(flow.close()).rejects.toThrow(/flusher 1 keeps dying: .*exit.* 1/);
  const rows = flow.takeUndelivered().flatMap((batch) => batch.rows());
  const { accepted, pending, dropped } = flow.stats();
  expect([accepted, pending]).toEqual([100, 0]);
  // Some rows were taken for poison before the sink was.
  expect(rows.length).toBe(dropped.undelivered);
  expect(dropped.failed).toBeGreaterThan(0);
  expect((dropped.failed ?? 0) + rows.length).toBe(100);
}, 60_000);

test('a flusher that keeps dying at its start is tried again, and then fails the flow', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const sink = handler(new URL('../../fixtures/sinks/dying-open.mjs', import.meta.url), {
    words,
    times: 100,
  });
  const created = createBatchFlow({ schema: Event, sink });
  await expect(created).rejects.toMatchObject({ code: 'ERR_FLOW_FAILED', message: /keeps dying/ });
  expect(words[0]).toBe(5);
});

test('a flusher that dies at its first starts only delays the flow', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const sink = handler(new URL('../../fixtures/sinks/dying-open.mjs', import.meta.url), { words, times: 2 });
  await using flow = await createBatchFlow({ schema: Event, sink });
  flow.pushMany(events(3));
  await flow.committed();
  expect(words[0]).toBe(3);
});

test('a flusher whose sink does not open again at once only delays the flow', async () => {
  const words = new Int32Array(new SharedArrayBuffer(12));
  const sink = handler(new URL('../../fixtures/sinks/failing-reopen.mjs', import.meta.url), {
    words,
    failures: 3,
  });
  await using flow = await createBatchFlow({ schema: Event, sink });
  const exits: unknown[] = [];
  flow.on('flusherExit', ({ error }) => exits.push(error));
  flow.pushMany(events(3));
  await flow.committed();
  expect([...words]).toEqual([5, 2, 3]);
  expect(exits.slice(1)).toMatchObject(Array(3).fill({ message: 'the sink did not open: not now' }));
});

test('a flusher whose sink opens no more fails the flow', async () => {
  const words = new Int32Array(new SharedArrayBuffer(12));
  const sink = handler(new URL('../../fixtures/sinks/failing-reopen.mjs', import.meta.url), {
    words,
    failures: 100,
  });
  const flow = await createBatchFlow({ schema: Event, sink });
  flow.on('flusherExit', () => {});
  flow.pushMany(events(3));
  await expect(flow.committed()).rejects.toMatchObject({ code: 'ERR_FLOW_FAILED', message: /not now/ });
  await flow.close().catch(() => {});
  expect(flow.takeUndelivered().flatMap((batch) => batch.rows())).toHaveLength(3);
});

test('when one flusher fails the flow, close() does not wait for what others retry', async () => {
  const { sink, flow } = await start(
    ({ rows, words }) => {
      // The first thread that comes keeps its batch for ever; the other dies at each of its own.
      if (Atomics.compareExchange(words, 8000, 0, 1) === 0 || rows[0]?.i === words[8001]) {
        words[8001] = rows[0]?.i as number;
        throw new Error('again');
      }
      process.exit(1);
    },
    {
      flushers: 2,
      maxDeliveries: 1,
      retry: {
        maxAttempts: 1000,
        maxBackoffMs: 3_600_000,
        backoffMs: 3_600_000,
        jitter: false,
        classify: () => 'retry',
      },
    },
  );
  flow.pushMany(events(200));
  await until(() => sink.writes > 3, 'deaths');
  await expect(flow.committed()).rejects.toMatchObject({ code: 'ERR_FLOW_FAILED' });
  await expect(flow.close()).rejects.toMatchObject({ code: 'ERR_FLOW_FAILED' });
}, 60_000);
