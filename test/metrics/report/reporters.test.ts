/**
 * Reporters and hooks: what they are told is what happened, once, sampled or for each flush.
 */
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ConfigError } from '../../../dist/src/index.js';
import { Histogram, readHistograms } from '../../../dist/src/metrics/cells/histogram.js';
import {
  addHook,
  addReporter,
  hookToReporter,
  type MetricsReporter,
  noopReporter,
} from '../../../dist/src/metrics/index.js';
import { Observations } from '../../../dist/src/metrics/report/observations.js';
import { events, type Scene, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

const classify = (error: { again?: true }) => (error.again ? 'retry' : 'fatal');

async function start(script: (scene: Scene) => unknown, settings: object = {}) {
  const retry = { backoffMs: 1, maxBackoffMs: 2, classify };
  const { sink, flow } = await scriptedFlow(script, { circuit: false, retry, ...settings });
  flow.on('flushError', () => {});
  return { sink, flow };
}

/** Notes each call as its name and arguments. */
function recorder() {
  const calls: [keyof typeof noopReporter, ...unknown[]][] = [];
  const note =
    (name: keyof typeof noopReporter) =>
    (...values: unknown[]) =>
      void calls.push([name, ...values]);
  const names = Object.keys(noopReporter) as (keyof typeof noopReporter)[];
  const reporter = Object.fromEntries(
    names.map((name) => [name, note(name)]),
  ) as unknown as typeof noopReporter;
  const of = (name: string) => calls.filter(([called]) => called === name).map(([, ...values]) => values);
  const sum = (name: string, at = 0) => of(name).reduce((total, values) => total + (values[at] as number), 0);
  return { reporter, of, sum };
}

/** The second write fails and passes later; row 20 never passes. */
const troubled = ({ n, rows, store }: Scene) => {
  if (n === 2) throw Object.assign(new Error('not yet'), { again: true });
  if (rows.some(({ i }) => i === 20)) throw new Error('never');
  store(rows);
};

test.each([{ eachFlush: false }, { eachFlush: true }])(
  'a reporter is told of every batch, attempt, error and drop once: %j',
  async ({ eachFlush }) => {
    const { flow } = await start(troubled);
    const { reporter, of, sum } = recorder();
    addReporter(flow, reporter, { intervalMs: 5, eachFlush });
    flow.pushMany(events(32));
    await expect(flow.committed()).rejects.toMatchObject({ rows: 1 });
    await flow.close();
    const { total } = flow.metrics();
    expect(of('observeBatchSize')).toHaveLength(4);
    expect(sum('observeBatchSize')).toBeCloseTo(32, 9);
    expect(of('observeDequeueLatency')).toHaveLength(4);
    expect(sum('observeDequeueLatency')).toBeCloseTo(total.dequeue.sum, 9);
    expect(of('observeBatchAssemble')).toHaveLength(4);
    expect(sum('observeBatchAssemble')).toBeCloseTo(total.assemble.sum, 9);
    const executed = (wanted: string) =>
      of('observeExecuteDuration').filter(([, , , status]) => status === wanted);
    expect(executed('success')).toHaveLength(total.executeSuccess.count);
    // A write that passes later, and the halves with the row that never does.
    expect(executed('fail')).toHaveLength(5);
    expect(sum('observeExecuteDuration', 2)).toBeCloseTo(total.executeSuccess.sum + total.executeFail.sum, 9);
    expect(of('observeExecuteDuration').every(([table]) => table === 'events')).toBe(true);
    expect(of('incError').sort()).toEqual([
      ...Array.from({ length: 4 }, () => ['events', 'fatal']),
      ['events', 'retry'],
    ]);
    expect(
      of('observeProcessDuration')
        .map(([, status]) => status)
        .sort(),
    ).toEqual(['fail', 'success', 'success', 'success']);
    expect(sum('observeProcessDuration')).toBeCloseTo(total.processSuccess.sum + total.processFail.sum, 9);
    expect(of('incDropped')).toContainEqual(['failed', 1]);
    expect(of('setConcurrency').at(-1)).toEqual([1]);
    expect(of('setQueueLength').at(-1)).toEqual([0]);
    expect(of('incInflight')).toHaveLength(of('decInflight').length);
    if (eachFlush) {
      expect(of('observeBatchSize')).toEqual([[8], [8], [8], [8]]);
      expect(of('observeExecuteDuration').map(([, rows]) => rows)).toEqual([8, 8, 8, 8, 4, 4, 2, 1, 1, 2, 8]);
    }
  },
);

test('batches in flight, the queue and waits for room are told from samples', async () => {
  const { sink, flow } = await start(
    ({ rows, store, words }) => {
      Atomics.wait(words, 8000, 0, 10_000);
      store(rows);
    },
    { bufferSize: 16 },
  );
  const { reporter, of } = recorder();
  addReporter(flow, reporter, { intervalMs: 2 });
  expect(flow.pushMany(events(40))).toBe(16);
  await until(() => of('incInflight').length === 1, 'the batch');
  expect(of('decInflight')).toHaveLength(0);
  await until(() => of('setQueueLength').at(-1)?.[0] === 16, 'the queue');
  expect(of('observeEnqueueLatency')).toEqual([]);
  const room = flow.writable();
  Atomics.store(sink.words, 8000, 1);
  Atomics.notify(sink.words, 8000);
  await room;
  await flow.close();
  expect(of('observeEnqueueLatency')).toHaveLength(1);
  expect(of('decInflight')).toHaveLength(of('incInflight').length);
  expect(of('setQueueLength').at(-1)).toEqual([0]);
});

test('a reporter without what go-pipeline added goes on working, and one of a single drop hears of each', async () => {
  const { sink, flow } = await start(
    ({ rows, store, words }) => {
      Atomics.wait(words, 8000, 0, 10_000);
      store(rows);
    },
    { onFull: 'drop-newest', bufferSize: 16 },
  );
  const { observeDequeueLatency, observeProcessDuration, incDropped, ...old } = recorder().reporter;
  const { reporter, of } = recorder();
  const one: string[] = [];
  addReporter(flow, old satisfies MetricsReporter, { intervalMs: 1 });
  addReporter(flow, old, { eachFlush: true });
  addReporter(flow, reporter);
  addReporter(
    flow,
    { ...reporter, incDropped: (reason: string) => void one.push(reason) },
    { intervalMs: 1 },
  );
  addReporter(flow, {
    ...noopReporter,
    incDropped: (reason: string, count: number) => void one.push(reason + count),
  });
  flow.pushMany(events(32));
  // A sample sees the drops, and the last one, at the end, must not tell of them again.
  await until(() => one.length > 0, 'a sample');
  Atomics.store(sink.words, 8000, 1);
  Atomics.notify(sink.words, 8000);
  await flow.close();
  const dropped = flow.stats().dropped['drop-newest'] as number;
  expect(dropped).toBeGreaterThan(1);
  expect(one.filter((reason) => reason === 'drop-newest')).toHaveLength(dropped);
  expect(one).toContain(`drop-newest${dropped}`);
  expect(of('incDropped').filter(([reason]) => reason === 'drop-newest')).toHaveLength(dropped);
});

test('a hook hears of each flush, and of each failure either as an error or as one that was dropped', async () => {
  const { flow } = await start(
    () => {
      throw new Error('never');
    },
    { flushSize: 1, bufferSize: 400 },
  );
  const seen = { rows: 0, seconds: 0, errors: 0, dropped: 0 };
  addHook(flow, {
    flush(items, seconds) {
      seen.rows += items;
      seen.seconds += seconds;
    },
    error(error) {
      if (error.message.includes('never')) seen.errors++;
    },
    errorDropped: () => void seen.dropped++,
  });
  const { reporter, of } = recorder();
  const stop = addHook(flow, hookToReporter(reporter));
  flow.pushMany(events(300));
  await flow.close();
  stop();
  expect(seen).toMatchObject({ rows: 300, errors: 256, dropped: 44 });
  const { processFail } = flow.metrics().total;
  expect(seen.seconds).toBeCloseTo(processFail.sum, 9);
  // The adapter tells of sizes and dropped errors, and of no duration.
  expect(of('observeBatchSize')).toHaveLength(300);
  expect(of('incDropped')).toEqual(Array.from({ length: 44 }, () => ['error_chan_full', 1]));
  expect(of('observeProcessDuration')).toEqual([]);
});

test('one that was taken away hears no more; an interval that is none is refused', async () => {
  const { flow } = await start(({ rows, store }) => store(rows));
  const { reporter, of } = recorder();
  const stop = addReporter(flow, reporter, { eachFlush: true });
  flow.pushMany(events(8));
  await until(() => of('observeBatchSize').length === 1, 'the first flush');
  stop();
  flow.pushMany(events(8));
  await flow.flush();
  const samples = of('setQueueLength').length;
  stop();
  expect(of('setQueueLength')).toHaveLength(samples);
  await flow.close();
  expect(of('observeBatchSize')).toHaveLength(1);
  // After the end there is nothing to wait for.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  addReporter(flow, reporter, { intervalMs: 1 });
  expect(vi.getTimerCount()).toBe(1);
  await until(() => of('setQueueLength').length > samples, 'its only sample');
  expect(vi.getTimerCount()).toBe(0);
  expect(of('setQueueLength')).toHaveLength(samples + 1);
  for (const intervalMs of [0, Number.NaN, 2 ** 31, -1])
    expect(() => addReporter(flow, reporter, { intervalMs })).toThrow(ConfigError);
});

test('a flow that is destroyed with a batch in flight leaves none behind', async () => {
  const { sink, flow } = await start(({ words }) => void Atomics.wait(words, 8000, 0, 10_000));
  const { reporter, of } = recorder();
  addReporter(flow, reporter, { intervalMs: 2 });
  flow.pushMany(events(8));
  await until(() => sink.writes === 1 && of('incInflight').length === 1, 'the batch');
  await flow.destroy();
  expect(of('decInflight')).toHaveLength(1);
});

test('a flush whose rows went back is no success', async () => {
  const { sink, flow } = await start(
    ({ rows, store }) => {
      store(rows.slice(1));
      return { failed: [{ index: 0, error: Object.assign(new Error('later'), { again: true }) }] };
    },
    { retry: { backoffMs: 60_000, maxBackoffMs: 60_000, classify: () => 'retry' } },
  );
  const statuses: string[] = [];
  flow.on('flush', ({ status }) => statuses.push(status));
  flow.pushMany(events(8));
  await until(() => sink.writes === 1 && flow.stats().retries === 0, 'the first attempt');
  const { undelivered } = await flow.destroy();
  expect(undelivered).toBe(1);
  expect(statuses).toEqual(['fail']);
  expect(flow.metrics().total.processSuccess.count).toBe(0);
});

test('a reporter or hook that throws, or rejects, is one warning each, and harms nobody', async () => {
  const { flow } = await start(({ rows, store }) => store(rows));
  const warnings: string[] = [];
  const heard = ({ name, message }: Error) => void (name === 'MetricsWarning' && warnings.push(message));
  process.on('warning', heard);
  onTestFinished(() => void process.off('warning', heard));
  const broken = () => {
    throw new Error('not today');
  };
  addReporter(flow, { ...noopReporter, setConcurrency: broken, setQueueLength: broken }, { intervalMs: 1 });
  addReporter(
    flow,
    {
      ...noopReporter,
      async observeBatchSize() {
        throw new Error('nor tomorrow');
      },
    },
    { eachFlush: true },
  );
  addHook(flow, { flush: broken, error() {}, errorDropped() {} });
  const { reporter, of } = recorder();
  addReporter(flow, reporter, { eachFlush: true });
  flow.pushMany(events(32));
  await flow.close();
  expect(of('observeBatchSize')).toHaveLength(4);
  await until(() => warnings.length >= 3, 'the warnings');
  expect(
    warnings.map((text) => /^(a \w+) of flow "events" has thrown: Error: (.*)/.exec(text)?.slice(1)).sort(),
  ).toEqual([
    ['a hook', 'not today'],
    ['a reporter', 'nor tomorrow'],
    ['a reporter', 'not today'],
  ]);
});

test('what is thrown may have no text', async () => {
  const { flow } = await start(({ rows, store }) => store(rows));
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  addHook(flow, {
    flush() {
      throw Object.create(null);
    },
    error() {},
    errorDropped() {},
  });
  flow.pushMany(events(8));
  await flow.close();
  expect((await warned).message).toBe('a hook of flow "events" has thrown: something that has no text');
});

test('a rejection is heard, whatever the promise is made of', async () => {
  const { flow } = await start(({ rows, store }) => store(rows));
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const elsewhere = () => runInNewContext('Promise.reject("not here")');
  addHook(flow, { flush: elsewhere, error() {}, errorDropped() {} });
  flow.pushMany(events(8));
  await flow.close();
  expect((await warned).message).toBe('a hook of flow "events" has thrown: not here');
});

test.each([false, true])(
  'a reporter with some methods is told of those (eachFlush %s)',
  async (eachFlush) => {
    const { flow } = await start(troubled);
    const sizes: number[] = [];
    const errors: string[] = [];
    addReporter(flow, { observeBatchSize: (rows) => void sizes.push(rows) }, { intervalMs: 5, eachFlush });
    addReporter(flow, { incError: (_, type) => void errors.push(type) }, { intervalMs: 5, eachFlush });
    flow.pushMany(events(32));
    await flow.close();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeCloseTo(32, 9);
    expect(errors.sort()).toEqual(['fatal', 'fatal', 'fatal', 'fatal', 'retry']);
  },
);

test('a hook with some methods is told of those, and asks for no others', async () => {
  const { flow } = await start(troubled);
  const flushed: number[] = [];
  const failed: Error[] = [];
  addHook(flow, { error: (error) => void failed.push(error) });
  expect(flow.listenerCount('flush')).toBe(0);
  const reported = flow.listenerCount('flushError');
  addHook(flow, { flush: (rows: number) => void flushed.push(rows), error: undefined } as object);
  expect(flow.listenerCount('flushError')).toBe(reported);
  flow.pushMany(events(32));
  await flow.close();
  expect(flushed).toEqual([8, 8, 8, 8]);
  expect(failed.map(({ message }) => message)).toEqual([expect.stringContaining('never')]);
});

test.each([
  ['no flow', (_: never) => addReporter({} as never, noopReporter), /^flow: .*metrics, on, off$/],
  ['no reporter', (flow: never) => addReporter(flow, undefined as never), /^reporter: got undefined/],
  [
    'a hook for a reporter',
    (flow: never) => addReporter(flow, { flush() {} } as never),
    /some of .*setQueueLength/,
  ],
  [
    'a typing error',
    (flow: never) => addReporter(flow, noopReporter, { interval: 5 } as never),
    /^interval: .*intervalMs/,
  ],
  ['a text', (flow: never) => addReporter(flow, noopReporter, { intervalMs: '5' } as never), /^intervalMs: /],
  ['no boolean', (flow: never) => addReporter(flow, noopReporter, { eachFlush: 1 } as never), /^eachFlush: /],
  ['options of null', (flow: never) => addReporter(flow, noopReporter, null as never), /^options: got null/],
  [
    'no hook',
    (flow: never) => addHook(flow, { flushed() {} } as never),
    /^hook: .*some of flush, error, errorDropped$/,
  ],
  [
    'a method that is none',
    (flow: never) => addReporter(flow, { ...noopReporter, incError: 5 } as never),
    /^reporter: .*whose incError is a function/,
  ],
  ['no reporter to adapt', () => hookToReporter({} as never), /^reporter: /],
])('%s is refused', async (_, wrong, message) => {
  const { flow } = await start(({ rows, store }) => store(rows));
  const call = () => wrong(flow as never);
  expect(call).toThrow(ConfigError);
  expect(call).toThrow(message);
});

test('values out of a histogram: as many, in their buckets, with the exact sum', () => {
  const values = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 50 });
  fc.assert(
    fc.property(values, values, (before, after) => {
      const cells = new Float64Array(20);
      const histogram = new Histogram(cells, 0, 0.0005);
      const read = () => readHistograms([cells], 0, 0.0005);
      for (const value of before) histogram.observe(value);
      const observations = new Observations(read());
      for (const value of after) histogram.observe(value);
      const told: number[] = [];
      observations.tell(read(), (value) => told.push(value));
      const { bounds } = read();
      const bucket = (value: number) => bounds.filter((bound) => value > bound * (1 + 1e-9)).length;
      expect(told.map(bucket)).toEqual(after.map(bucket).sort((a, b) => a - b));
      expect(told).toHaveLength(after.length);
      expect(told.reduce((a, b) => a + b, 0)).toBeCloseTo(
        after.reduce((a, b) => a + b, 0),
        6,
      );
    }),
  );
});
