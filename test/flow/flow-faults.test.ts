/**
 * What users' code may do wrong (listeners and sinks that throw, getters that push, sinks that hang) harms nobody else.
 */
import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, type FlushError, handler, t } from '../../dist/src/index.js';
import { Gate } from '../fixtures/gate.js';
import { catchUncaught } from '../fixtures/uncaught.js';
import { until } from '../fixtures/until.js';

const Event = defineSchema('events', { i: t.int32(), text: t.string(), label: t.label().optional() });
/** What a tool for coverage puts into functions; only a name here. */
declare function globalCounter(): { s: number[] };
/** What fails is given up at once. */
const retry = { maxAttempts: 1 };
const event = (i: number) => ({ i, text: `row ${i}` });

test('listeners that throw are heard as uncaught exceptions, and the flow goes on', async () => {
  const caught = catchUncaught();
  const gate = new Gate();
  await using flow = await createBatchFlow({ schema: Event, sink: gate.sink(), retry, flushIntervalMs: 1 });
  const exits: unknown[] = [];
  flow.on('flusherExit', (exit) => exits.push(exit));
  for (const name of ['flush', 'flushError'] as const) {
    flow.on(name, () => {
      throw new Error(`listener of ${name}`);
    });
  }
  let others = 0;
  flow.on('flush', () => others++);
  gate.failing = true;
  flow.push(event(1));
  await flow.flush();
  gate.failing = false;
  flow.push(event(2));
  await flow.committed({ since: flow.position() });
  await until(() => caught.length === 3, 'the errors');
  expect(caught.map((error) => (error as Error).message)).toEqual([
    'listener of flushError',
    'listener of flush',
    'listener of flush',
  ]);
  expect(others).toBe(2);
  expect(exits).toEqual([]);
  expect(flow.stats()).toMatchObject({ committed: 1, dropped: { failed: 1 } });
});

test('a failing flush does not need this thread: the next batches go out while it is blocked', async () => {
  const gate = new Gate();
  await using flow = await createBatchFlow({
    schema: Event,
    sink: gate.sink(),
    flushSize: 10,
    flushMode: 'sync',
    retry,
  });
  gate.shut();
  for (let i = 0; i < 30; i++) flow.push(event(i));
  await until(() => gate.inside === 1, 'the first flush');
  gate.failing = true;
  gate.open();
  // From here on this thread does not give up the processor.
  const end = performance.now() + 30_000;
  while (flow.stats().dropped.failed !== 30 && performance.now() < end);
  expect(flow.stats().dropped).toEqual({ failed: 30 });
});

test('sinks may throw anything', async () => {
  for (const thrown of ['a text', null, undefined, 0, Object.create(null), { code: 7 }]) {
    await using flow = await createBatchFlow({
      schema: Event,
      retry,
      onBatch: () => {
        throw thrown;
      },
    });
    flow.push(event(1));
    await flow.flush();
    expect(flow.stats()).toMatchObject({ accepted: 1, pending: 0, dropped: { failed: 1 } });
  }
});

test("a sink's failing close() does not cut off the other flushers", async () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const sink = handler(new URL('../fixtures/sinks/failing-close.mjs', import.meta.url), { words });
  const flow = await createBatchFlow({ schema: Event, sink, flushers: 2, flushSize: 5 });
  for (let i = 0; i < 20; i++) flow.push(event(i));
  await expect(flow.close()).rejects.toThrow(/did not close: not today/);
  expect(Atomics.load(words, 0)).toBe(20);
  expect(flow.stats()).toMatchObject({ committed: 20, pending: 0, dropped: {} });
});

test('a flow whose sink never opens is given up by its signal', async () => {
  const signal = AbortSignal.timeout(50);
  const sink = handler(new URL('../fixtures/sinks/hanging-open.mjs', import.meta.url));
  // Not held up by the drain that an abort of an open flow begins.
  const created = createBatchFlow({ schema: Event, sink, signal, drainGraceMs: 60_000 });
  await expect(created).rejects.toMatchObject({ name: 'TimeoutError' });
});

test.each(['hanging-open', 'hanging-module'])(
  'a sink that never opens (%s) is named when its time is over',
  async (name) => {
    const sink = handler(new URL(`../fixtures/sinks/${name}.mjs`, import.meta.url));
    await expect(createBatchFlow({ schema: Event, sink, openTimeoutMs: 200 })).rejects.toMatchObject({
      code: 'ERR_SINK',
      message: `the sink ${sink.module} did not open within 200 ms`,
    });
  },
);

test('a sink that hangs in native code holds up neither the time limit nor an abort', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'native-'));
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  onTestFinished(async () => {
    // Lets a thread go on that waits for a writer. One that was stopped before it read does not hold this up.
    await (await open(fifo, 'r+')).close();
    rmSync(folder, { recursive: true });
  });
  const sink = handler(new URL('../fixtures/sinks/native-open.mjs', import.meta.url), fifo);
  const message = `the sink ${sink.module} did not open within 200 ms`;
  await expect(createBatchFlow({ schema: Event, sink, openTimeoutMs: 200 })).rejects.toThrow(message);
});

test('a flow leaves no listener on a signal that outlives it', async () => {
  const { signal } = new AbortController();
  for (let n = 0; n < 3; n++) {
    const flow = await createBatchFlow({ schema: Event, onBatch() {}, signal });
    await flow.close();
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a later close() may set the limit that an earlier one did not', async () => {
  const gate = new Gate();
  const flow = await createBatchFlow({ schema: Event, sink: gate.sink(), flushSize: 10, flushMode: 'sync' });
  gate.shut();
  for (let i = 0; i < 30; i++) flow.push(event(i));
  await until(() => gate.inside === 1, 'a flush');
  const first = flow.close();
  expect(await flow.close({ timeoutMs: 10 })).toEqual({
    committed: 0,
    deadLettered: 0,
    failed: 0,
    undelivered: 30,
  });
  expect(await first).toEqual({ committed: 0, deadLettered: 0, failed: 0, undelivered: 30 });
  expect(flow.stats()).toMatchObject({ pending: 0, inFlight: 0, dropped: { undelivered: 30 } });
});

test('what a getter or toJSON pushes comes before its event, and no row is mixed with another', async () => {
  const WithJson = defineSchema('with_json', { i: t.int32(), text: t.string(), data: t.json<unknown>() });
  const seen: unknown[] = [];
  await using flow = await createBatchFlow({
    schema: WithJson,
    flushSize: 8,
    onBatch: (batch) => void seen.push(...batch),
  });
  const plain = (i: number) => ({ i, text: `row ${i}`, data: { i } });
  flow.push(plain(0));
  const evil = {
    i: 40,
    get text() {
      // More than a block holds: the event goes to a block that was not open when it came.
      for (let i = 1; i < 20; i++) flow.push(plain(i));
      flow.publish();
      return 'row 40';
    },
    data: {
      toJSON() {
        for (let i = 20; i < 40; i++) flow.push(plain(i));
        return { i: 40 };
      },
    },
  };
  expect(flow.push(evil)).toBe(true);
  flow.push(plain(41));
  await flow.committed();
  expect(seen).toEqual(Array.from({ length: 42 }, (_, i) => plain(i)));
  expect(flow.stats()).toMatchObject({ accepted: 42, committed: 42, pending: 0, dropped: {} });
});

test.each(['close', 'destroy', 'abort'] as const)(
  'an event that ends the flow by %s while it is read',
  async (how) => {
    const gate = new Gate();
    const aborter = new AbortController();
    const flow = await createBatchFlow({ schema: Event, sink: gate.sink(), signal: aborter.signal });
    let ended = false;
    flow.on('close', () => {
      ended = true;
    });
    flow.push(event(1));
    const evil = {
      i: 2,
      get text() {
        if (how === 'abort') aborter.abort();
        else void flow[how]();
        return 'x';
      },
    };
    const closed = expect.objectContaining({ code: 'ERR_FLOW_CLOSED' });
    expect(() => flow.push(evil)).toThrow(closed);
    const { committed, undelivered } = await flow.close();
    expect(ended).toBe(true);
    expect([committed, undelivered]).toEqual(how === 'destroy' ? [0, 1] : [1, 0]);
    expect(flow.stats()).toMatchObject({ accepted: 1, pending: 0 });
    expect(() => flow.push(event(3))).toThrow(closed);
  },
);

test('events too large for any block waste no room', async () => {
  await using flow = await createBatchFlow({
    schema: Event,
    onBatch: () => {},
    flushSize: 100,
    bufferSize: 400,
    blockTextBytes: 1024,
    flushIntervalMs: 60_000,
  });
  const huge = { i: 0, text: 'x'.repeat(1025) };
  for (let i = 0; i < 99; i++) {
    expect(flow.push(event(i))).toBe(true);
    expect(() => flow.push(huge)).toThrow(expect.objectContaining({ code: 'ERR_EVENT_TOO_LARGE' }));
  }
  expect(flow.ring().freeBlocks).toBe(3);
});

test('optional labels have a validity bitmap like every optional column', async () => {
  let valid: unknown;
  await using flow = await createBatchFlow({
    schema: Event,
    onBatch: (batch) => {
      valid = [batch.has('label', 0), batch.has('label', 1), batch.validity.label];
    },
  });
  flow.push(event(1));
  flow.push({ ...event(2), label: 'x' });
  await flow.flush();
  expect(valid).toEqual([false, true, Uint8Array.of(2)]);
});

test('what a timed-out committed() waited for is still asked about by the next', async () => {
  const gate = new Gate();
  await using flow = await createBatchFlow({ schema: Event, sink: gate.sink(), retry, flushIntervalMs: 1 });
  gate.shut();
  gate.failing = true;
  flow.push(event(1));
  await expect(flow.committed({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_WAIT_TIMEOUT' });
  gate.open();
  await expect(flow.committed()).rejects.toMatchObject({ code: 'ERR_FLUSH', rows: 1 });
});

test('a failure that nobody listens for is a warning of the process, once', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error) => void warnings.push(warning);
  process.on('warning', listener);
  onTestFinished(() => void process.off('warning', listener));
  const gate = new Gate();
  await using flow = await createBatchFlow({ schema: Event, sink: gate.sink(), retry });
  gate.failing = true;
  for (let i = 0; i < 3; i++) {
    flow.push(event(i));
    await flow.flush();
  }
  await flow.close();
  expect(warnings.filter(({ name }) => name === 'FlushError').map(({ message }) => message)).toEqual([
    '1 row(s) of "events" were not committed: the sink says no',
  ]);
});

test('collections are no events, whatever properties they have', async () => {
  const WithAt = defineSchema('with_at', { at: t.timestamp().optional(), size: t.int32().optional() });
  await using flow = await createBatchFlow({ schema: WithAt, onBatch: () => {} });
  for (const collection of [[1], new Map(), new Set(), new Date()]) {
    expect(() => flow.push(collection as never)).toThrow(/expected an object with the schema's columns/);
  }
});

test('a row for which dedupe.by throws is given up alone, and the sink is not blamed', async () => {
  const Nested = defineSchema('nested', { i: t.int32(), x: t.json<{ id: number }>().optional() });
  const got: number[] = [];
  const by = (row: { x: { id: number } | null }) => (row.x as { id: number }).id;
  await using flow = await createBatchFlow({
    schema: Nested,
    onBatch: (batch) => void got.push(...batch.columns.i),
    dedupe: { by: by as never },
    flushSize: 100,
    circuit: { failures: 1 },
  });
  const failures: FlushError[] = [];
  flow.on('flushError', (error) => failures.push(error));
  for (let i = 0; i < 100; i++) flow.push(i % 50 === 7 ? { i } : { i, x: { id: i % 90 } });
  await flow.committed().catch(() => {});
  // Rows 7 and 57 have no key. Of rows 0 to 9, the others have a later row of the same key: 90 to 99.
  expect(got.length).toBe(100 - 2 - 9);
  expect(failures.map(({ rows, reason }) => [rows, reason])).toEqual([[2, 'fatal']]);
  expect(flow.stats()).toMatchObject({ committed: 89, dropped: { failed: 2, duplicate: 9 } });
  // A batch of which no row is left for the sink says nothing of it.
  for (let i = 0; i < 3; i++) flow.push({ i });
  await flow.committed().catch(() => {});
  expect(flow.circuit()).toBe('closed');
});

test('a dedupe function that misses something is refused, or says where it runs', async () => {
  const outside = 5;
  const settings = { schema: Event, onBatch: () => {} };
  for (const by of [(row: { i: number }) => row.i + outside, () => globalCounter().s[0]]) {
    await expect(createBatchFlow({ ...settings, dedupe: { by: by as never } })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      key: 'dedupe.by',
      expected: expect.stringMatching(/stands on its own .* is not defined/),
    });
  }
  // What is missed in a branch that no sample takes is found with the row.
  const by = (row: { i: number }) => (row.i > 0 ? outside : row.i);
  await using flow = await createBatchFlow({ ...settings, dedupe: { by } });
  const heard: Error[] = [];
  flow.on('flushError', (error) => heard.push(error));
  flow.push(event(1));
  await flow.flush();
  await until(() => heard.length > 0, 'the failure');
  expect(heard[0]?.message).toMatch(/dedupe\.by, which runs in the flusher.*not defined/);
});

test('functions into which esbuild has put its helper work', async () => {
  const source = '(row) => { const key = __name((each) => each.i % 2, "key"); return key(row); }';
  const got: number[] = [];
  await using flow = await createBatchFlow({
    schema: Event,
    onBatch: (batch) => void got.push(...batch.columns.i),
    dedupe: { by: new Function('__name', `return ${source}`)((fn: unknown) => fn) },
  });
  for (let i = 0; i < 6; i++) flow.push(event(i));
  await flow.flush();
  expect(got).toEqual([4, 5]);
});

test('a sink named by a path is refused: it would be another file in the flusher', () => {
  expect(() => handler('./mine.js')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});
