/**
 * A flow's behaviour as its users see it: when batches go out, what is in them, what is counted, how it ends.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type Batch,
  createBatchFlow,
  defineSchema,
  type Flow,
  FlowClosedError,
  FlushError,
  handler,
  SinkError,
  t,
} from '../../dist/src/index.js';
import { testClock } from '../../dist/src/testing/index.js';
import { Gate } from '../fixtures/gate.js';
import { until } from '../fixtures/until.js';

const Event = defineSchema('events', { producer: t.int32(), i: t.int32(), text: t.string() });
const event = (i: number) => ({ producer: 0, i, text: `row ${i}` });
const events = (count: number, first = 0) => Array.from({ length: count }, (_, k) => event(first + k));

/** A flow that is destroyed when the test ends, whatever happens in it. */
async function ended<F extends Flow<never>>(flow: Promise<F>): Promise<F> {
  const created = await flow;
  onTestFinished(async () => void (await created.destroy().catch(() => {})));
  return created;
}

/** A flow whose batches come to this thread. */
async function collecting(settings: object = {}) {
  const batches: Batch<typeof Event>[] = [];
  const flow = await ended(
    createBatchFlow({ schema: Event, onBatch: (batch) => void batches.push(batch), ...settings }),
  );
  return { flow, batches, rows: () => batches.flatMap((batch) => batch.rows()) };
}

/** accepted = committed + dead letters + pending + dropped, at every moment. */
function expectSums(flow: Flow) {
  const { accepted, committed, deadLettered, pending, dropped } = flow.stats();
  const sum = committed + deadLettered + pending + Object.values(dropped).reduce((a, b) => a + b, 0);
  expect(accepted).toBe(sum);
  expect(pending).toBeGreaterThanOrEqual(0);
}

describe('a batch goes out', () => {
  test('as soon as flushSize rows wait, long before the interval', async () => {
    const { flow, batches } = await collecting({ flushSize: 10, flushIntervalMs: 60_000 });
    flow.pushMany(events(25));
    await until(() => flow.stats().committed === 20, 'two full batches');
    expect(batches.map((batch) => batch.length)).toEqual([10, 10]);
    expect(flow.stats()).toMatchObject({ accepted: 25, committed: 20, pending: 5, batches: { size: 2 } });
  });

  test('when its first row has waited flushIntervalMs, without a next event', async () => {
    const clock = testClock();
    const { flow, batches } = await collecting({ flushIntervalMs: 30, clock });
    flow.push(event(1));
    await clock.advance(29);
    expect(flow.stats()).toMatchObject({ inFlight: 0, committed: 0 });
    await clock.advance(1);
    await until(() => flow.stats().committed === 1, 'the deadline');
    expect(batches[0]?.rows()).toEqual([event(1)]);
    expect(flow.stats().batches).toEqual({ size: 0, deadline: 1, flush: 0, demand: 0, drain: 0 });
  });

  test('with the interval measured from its own first row, not from the batch before', async () => {
    const clock = testClock();
    const { flow, batches } = await collecting({ flushIntervalMs: 60, clock });
    flow.push(event(1));
    await flow.committed();
    // Long idle: an interval that ran from the first batch would be over now, and the next row would go alone.
    await clock.advance(150);
    flow.push(event(2));
    await clock.advance(15);
    flow.push(event(3));
    await clock.advance(44);
    expect(flow.stats().pending).toBe(2);
    await clock.advance(1);
    await until(() => flow.stats().committed === 3, 'the deadline');
    expect(batches.map((batch) => batch.length)).toEqual([1, 2]);
    expect(flow.stats().batches).toMatchObject({ deadline: 1, demand: 1 });
  });

  test('on flush(), with everything pushed before it, by every producer', async () => {
    const { flow, rows } = await collecting({ flushIntervalMs: 60_000 });
    const other = flow.producer();
    flow.pushMany(events(3));
    other.pushMany(events(3, 100));
    await flow.flush();
    expect(rows().map((row) => row.i)).toEqual([0, 1, 2, 100, 101, 102]);
    expect(flow.stats().batches).toEqual({ size: 0, deadline: 0, flush: 1, demand: 0, drain: 0 });
  });

  test('as one batch, when part-filled blocks of several producers fall due together', async () => {
    const { flow, batches } = await collecting({ flushIntervalMs: 40 });
    const producers = [flow.producer(), flow.producer(), flow.producer()];
    producers.forEach((producer, k) => void producer.push(event(k)));
    // Not by committed(): a flusher would take the first producer's row at once.
    await until(() => flow.stats().committed === 3, 'the batch');
    expect(batches.map((batch) => batch.length)).toEqual([3]);
  });

  test('of exactly flushSize rows, when several producers together have that many', async () => {
    const { flow, batches } = await collecting({ flushSize: 10, flushIntervalMs: 60_000 });
    const [a, b] = [flow.producer(), flow.producer()];
    a.pushMany(events(6));
    b.pushMany(events(6));
    // Each block's rows are counted by themselves.
    await until(() => flow.stats().committed === 10, 'the full batch');
    expect(batches.map((batch) => batch.length)).toEqual([10]);
    expect(flow.stats().pending).toBe(2);
  });

  test('when all blocks are full of long texts, though flushSize rows never wait', async () => {
    const { flow, rows } = await collecting({
      flushSize: 100,
      bufferSize: 300,
      blockTextBytes: 1000,
      flushIntervalMs: 60_000,
    });
    for (let i = 0; i < 50; i++) {
      while (!flow.push({ producer: 0, i, text: 'x'.repeat(200) }))
        await flow.writable({ timeoutMs: 10_000 });
    }
    await flow.flush();
    expect(rows().map((row) => row.i)).toEqual(events(50).map((row) => row.i));
  });

  test('of the new size and at the new interval after update()', async () => {
    const { flow, batches } = await collecting({ flushSize: 100, flushIntervalMs: 60_000 });
    flow.pushMany(events(20));
    flow.publish();
    flow.update({ flushSize: 5 });
    await until(() => batches.length === 4, 'four small batches');
    flow.push(event(99));
    flow.update({ flushIntervalMs: 1 });
    await flow.committed();
    flow.update({ flushSize: 250, flushIntervalMs: 60_000 });
    flow.pushMany(events(250));
    await until(() => batches.length === 6, 'a batch larger than a block');
    expect(batches.map((batch) => batch.length)).toEqual([5, 5, 5, 5, 1, 250]);
  });
});

test('rows of one producer reach the sink in order, over many blocks', async () => {
  const { flow, rows } = await collecting({
    flushMode: 'sync',
    flushSize: 7,
    flushIntervalMs: 1,
    bufferSize: 21,
  });
  for (let i = 0; i < 2000; i++) {
    while (!flow.push(event(i))) await flow.writable();
  }
  await flow.close();
  expect(rows()).toEqual(events(2000));
});

test('rows become visible at the end of the turn, or at once with publishEvery 1', async () => {
  const { flow } = await collecting({ flushIntervalMs: 60_000 });
  flow.push(event(1));
  expect(flow.ring().rows).toBe(0);
  await Promise.resolve();
  await new Promise(setImmediate);
  expect(flow.ring().rows).toBe(1);
  const eager = await collecting({ flushIntervalMs: 60_000, publishEvery: 1 });
  eager.flow.push(event(1));
  expect(eager.flow.ring().rows).toBe(1);
});

test('sync mode hands the sink one batch at a time, async mode up to maxConcurrentFlushes', async () => {
  for (const [settings, most] of [
    [{ flushMode: 'sync' }, 1],
    [{}, 1],
    [{ maxConcurrentFlushes: 4 }, 4],
    [{ flushers: 2, maxConcurrentFlushes: 2 }, 4],
    [{ flushers: 3, flushMode: 'sync' }, 3],
  ] as const) {
    const gate = new Gate();
    gate.shut();
    const flow = await ended(
      createBatchFlow({ schema: Event, sink: gate.sink(), flushSize: 5, ...settings }),
    );
    flow.pushMany(events(100));
    await until(() => gate.inside === most, `${most} batches in flight`);
    expect(flow.stats().inFlight).toBe(5 * most);
    gate.open();
    await flow.close();
    expect(gate.mostInside).toBe(most);
    expect([gate.opened, gate.closed]).toEqual([settings.flushers ?? 1, settings.flushers ?? 1]);
    expect(gate.rows).toBe(100);
  }
});

describe('several schemas', () => {
  const A = defineSchema('a', { i: t.int32() });
  const B = defineSchema('b', { text: t.string(), label: t.label() });

  test('never share a batch, and each is typed for itself', async () => {
    const seen: Record<string, unknown[][]> = { a: [], b: [] };
    const flow = await ended(
      createBatchFlow({
        schemas: [A, B],
        onBatch: (batch) => void seen[batch.schema.name]?.push(batch.rows()),
      }),
    );
    const a = flow.producer(A);
    const b = flow.producer(B);
    for (let i = 0; i < 3; i++) {
      a.push({ i });
      b.push({ text: `${i}`, label: 'x' });
    }
    await flow.flush();
    expect(seen).toEqual({
      a: [[{ i: 0 }, { i: 1 }, { i: 2 }]],
      b: [['0', '1', '2'].map((text) => ({ text, label: 'x' }))],
    });
    expect(() => flow.push({ i: 1 })).toThrow(/flow\.producer\(schema\)/);
    expect(() => flow.producer(Event as never)).toThrow(/one of the flow's schemas/);
  });

  test("one schema's failing sink never harms another's rows", async () => {
    const written: unknown[] = [];
    const flow = await ended(
      createBatchFlow({
        schemas: [A, B],
        onBatch: (batch) => {
          if (batch.schema.name === 'a') throw new Error('no a today');
          written.push(...batch.rows());
        },
      }),
    );
    const a = flow.producer(A);
    const b = flow.producer(B);
    a.push({ i: 1 });
    b.push({ text: 'kept', label: 'x' });
    await expect(a.committed()).rejects.toThrow(FlushError);
    await b.committed();
    expect(written).toEqual([{ text: 'kept', label: 'x' }]);
    expect(flow.stats()).toMatchObject({ accepted: 2, committed: 1, pending: 0, dropped: { failed: 1 } });
  });
});

test('a flow without a schema takes any structured value', async () => {
  const seen: unknown[] = [];
  const flow = await ended(createBatchFlow({ onBatch: (batch) => void seen.push(...batch) }));
  const values = [
    1,
    'text',
    null,
    { deep: [new Map([[1, new Set(['x'])]])] },
    new Date(5),
    2n ** 40n,
    undefined,
  ];
  for (const value of values) flow.push(value);
  await flow.flush();
  expect(seen).toEqual(values);
});

test('dedupe keeps the last row of a key within a batch, or the first, and counts the others', async () => {
  for (const [keep, texts] of [
    ['last', ['b0', 'a2', 'c0']],
    ['first', ['a0', 'b0', 'c0']],
  ] as const) {
    for (const by of ['i', (row: { i: number }) => row.i] as const) {
      const { flow, rows } = await collecting({ dedupe: { by, keep } });
      for (const [i, text] of [
        [1, 'a0'],
        [2, 'b0'],
        [1, 'a1'],
        [1, 'a2'],
        [3, 'c0'],
      ] as const) {
        flow.push({ producer: 0, i, text });
      }
      await flow.flush();
      expect(rows().map((row) => row.text)).toEqual(texts);
      expect(flow.stats()).toMatchObject({
        accepted: 5,
        committed: 3,
        dropped: { duplicate: 2 },
        pending: 0,
      });
    }
  }
});

describe('sinks', () => {
  test('may be a CommonJS module that exports a function', async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const sink = handler(new URL('../fixtures/sinks/write-function.cjs', import.meta.url), { words });
    const flow = await ended(createBatchFlow({ schema: Event, sink }));
    flow.pushMany(events(10));
    await flow.close();
    expect(words[0]).toBe(10);
  });

  test.each([
    ['../fixtures/sinks/no-sink.mjs', /has no write/],
    ['../fixtures/sinks/not-there.mjs', /cannot be loaded/],
    ['../fixtures/sinks/broken-open.mjs', /did not open: no such place/],
  ])('%s is refused when the flow is created', async (file, message) => {
    const created = createBatchFlow({ schema: Event, sink: handler(new URL(file, import.meta.url)) });
    await expect(created).rejects.toThrow(SinkError);
    await expect(created).rejects.toThrow(message);
  });

  test('that fail are reported by event, by errors(), by committed(), and counted', async () => {
    const gate = new Gate();
    const flow = await ended(
      createBatchFlow({
        schema: Event,
        sink: gate.sink(),
        flushIntervalMs: 5,
        retry: { maxAttempts: 1 },
      }),
    );
    const heard: FlushError[] = [];
    flow.on('flushError', (error) => heard.push(error));
    gate.failing = true;
    flow.pushMany(events(3));
    await expect(flow.committed()).rejects.toMatchObject({ code: 'ERR_FLUSH', rows: 3, schema: 'events' });
    gate.failing = false;
    flow.pushMany(events(2));
    await flow.committed();
    await until(() => heard.length > 0, 'the event');
    expect(heard).toHaveLength(1);
    expect(heard[0]?.cause).toMatchObject({ message: 'the sink says no', code: 'NO' });
    for await (const error of flow.errors()) {
      expect(error).toBe(heard[0]);
      break;
    }
    expect(flow.stats()).toMatchObject({ accepted: 5, committed: 2, pending: 0, dropped: { failed: 3 } });
    await flow.close();
  });

  test('that fail without a reader of errors() fill a bounded buffer, and the rest is counted', async () => {
    const { flow } = await collecting({
      flushSize: 1,
      retry: { maxAttempts: 1 },
      circuit: false,
      onBatch: () => {
        throw new Error('no');
      },
    });
    for (let i = 0; i < 300; i++) {
      while (!flow.push(event(i))) await flow.writable();
    }
    await flow.flush();
    await until(() => flow.stats().errorsDropped.error_chan_full === 300 - 256, 'the last message');
    expect(flow.stats()).toMatchObject({ dropped: { failed: 300 } });
  });

  test('fill a buffer of the size that was asked for', async () => {
    const { flow } = await collecting({
      flushSize: 1,
      errorBufferSize: 3,
      retry: { maxAttempts: 1 },
      circuit: false,
      onBatch: () => {
        throw new Error('no');
      },
    });
    flow.pushMany(events(5));
    await flow.flush();
    await until(() => flow.stats().errorsDropped.error_chan_full === 2, 'the last message');
    await flow.close();
    const kept: unknown[] = [];
    for await (const error of flow.errors()) kept.push(error);
    expect(kept).toHaveLength(3);
  });

  test('see flush events only with a listener', async () => {
    const { flow } = await collecting();
    const seen: number[] = [];
    const listener = (info: { rows: number }) => void seen.push(info.rows);
    flow.push(event(1));
    await flow.flush();
    flow.on('flush', listener);
    flow.pushMany(events(2));
    await flow.flush();
    await until(() => seen.length === 1, 'the event');
    flow.off('flush', listener);
    flow.push(event(1));
    await flow.close();
    expect(seen).toEqual([2]);
  });
});

describe('committed()', () => {
  test('of two users of one producer tells each of its own rows only', async () => {
    const gate = new Gate();
    const flow = await ended(createBatchFlow({ schema: Event, sink: gate.sink(), flushIntervalMs: 5 }));
    gate.failing = true;
    const first = flow.position();
    flow.pushMany(events(3));
    await flow.flush();
    gate.failing = false;
    const second = flow.position();
    flow.pushMany(events(3));
    await expect(flow.committed({ since: second })).resolves.toBeUndefined();
    await expect(flow.committed({ since: first })).rejects.toMatchObject({ rows: 3 });
  });

  test('rejects after its time limit, and the rows still come', async () => {
    const gate = new Gate();
    const flow = await ended(createBatchFlow({ schema: Event, sink: gate.sink(), flushIntervalMs: 1 }));
    gate.shut();
    flow.push(event(1));
    await expect(flow.committed({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_WAIT_TIMEOUT' });
    await expect(flow.committed({ signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    gate.open();
    await flow.committed();
    expect(gate.rows).toBe(1);
  });
});

test('toWritable() is a stream with backpressure whose end waits for the commit', async () => {
  const { Readable } = await import('node:stream');
  const { pipeline } = await import('node:stream/promises');
  const { flow, rows } = await collecting({ flushSize: 10, bufferSize: 20 });
  await pipeline(Readable.from(events(500)), flow.toWritable());
  expect(rows()).toEqual(events(500));
  const stream = flow.toWritable();
  stream.write({ nonsense: true });
  await expect(new Promise((_, reject) => stream.on('error', reject))).rejects.toMatchObject({
    code: 'ERR_EVENT_INVALID',
  });
});

test('pushColumns takes typed arrays and plain ones', async () => {
  const Wide = defineSchema('wide', {
    i: t.int32(),
    ok: t.bool(),
    text: t.string().optional(),
    label: t.label(),
  });
  const seen: unknown[] = [];
  const flow = await ended(createBatchFlow({ schema: Wide, onBatch: (batch) => void seen.push(...batch) }));
  const columns = { i: Int32Array.of(1, 2, 3), ok: [true, false, true], label: ['x', 'y', 'x'] };
  expect(flow.pushColumns(columns, 2)).toBe(2);
  expect(
    flow.pushColumns({ ...columns, ok: Uint8Array.of(1, 0, 1) as never, text: ['a', null, 'c'] }, 3),
  ).toBe(3);
  await flow.flush();
  const expected = [
    { i: 1, ok: true, text: null, label: 'x' },
    { i: 2, ok: false, text: null, label: 'y' },
    { i: 1, ok: true, text: 'a', label: 'x' },
    { i: 2, ok: false, text: null, label: 'y' },
    { i: 3, ok: true, text: 'c', label: 'x' },
  ];
  expect(seen).toEqual(expected);
  expect(() => flow.pushColumns({ i: [1], ok: [true] } as never, 1)).toThrow(/label: missing/);
  expect(() => flow.pushColumns({ ...columns, nope: [1] } as never, 1)).toThrow(/nope: unknown/);
  expect(() => flow.pushColumns(columns, 4)).toThrow(/at least 4/);
  expect(() => flow.pushColumns({ ...columns, i: [1, 2.5, 3] }, 3)).toThrow(
    expect.objectContaining({ index: 1 }),
  );
  expect(flow.stats().accepted).toBe(6);
});

describe('the end', () => {
  test('close() resolves only when every flush has ended', async () => {
    const gate = new Gate();
    const flow = await ended(
      createBatchFlow({ schema: Event, sink: gate.sink(), flushSize: 10, maxConcurrentFlushes: 3 }),
    );
    gate.shut();
    flow.pushMany(events(55));
    let closed = false;
    const closing = flow.close().then((report) => {
      closed = true;
      return report;
    });
    await until(() => gate.inside === 3, 'flushes in flight');
    expect(() => flow.push(event(1))).toThrow(FlowClosedError);
    await expect(flow.flush()).rejects.toThrow(FlowClosedError);
    expect(() => flow.update({ flushSize: 1 })).toThrow(FlowClosedError);
    expect(closed).toBe(false);
    gate.open();
    expect(await closing).toEqual({ committed: 55, deadLettered: 0, failed: 0, undelivered: 0 });
    expect(gate.rows).toBe(55);
    expect(gate.closed).toBe(1);
    expect(await flow.close()).toEqual({ committed: 55, deadLettered: 0, failed: 0, undelivered: 0 });
    expect(() => flow.push(event(1))).toThrow(FlowClosedError);
  });

  test('close() with a time limit reports what was not delivered', async () => {
    const gate = new Gate();
    const flow = await ended(
      createBatchFlow({ schema: Event, sink: gate.sink(), flushSize: 10, flushMode: 'sync' }),
    );
    gate.shut();
    flow.pushMany(events(35));
    await until(() => gate.inside === 1, 'a flush in flight');
    // The flush in flight sees its signal abort, and its rows are undelivered like the others.
    expect(await flow.close({ timeoutMs: 20 })).toEqual({
      committed: 0,
      deadLettered: 0,
      failed: 0,
      undelivered: 35,
    });
    expect(flow.stats()).toMatchObject({ accepted: 35, pending: 0, dropped: { undelivered: 35 } });
    expectSums(flow);
  });

  test('destroy() drops what is left and says how much, also in the middle of close()', async () => {
    const { flow } = await collecting({ flushIntervalMs: 60_000 });
    flow.pushMany(events(5));
    expect(await flow.destroy()).toEqual({ committed: 0, deadLettered: 0, failed: 0, undelivered: 5 });
    const gate = new Gate();
    const other = await ended(createBatchFlow({ schema: Event, sink: gate.sink(), flushSize: 10 }));
    gate.shut();
    other.pushMany(events(30));
    const closing = other.close();
    await until(() => gate.inside === 1, 'a flush in flight');
    await other.destroy();
    expect(await closing).toEqual({ committed: 0, deadLettered: 0, failed: 0, undelivered: 30 });
  });

  test('an AbortSignal drains by default, and drops with drainOnAbort false', async () => {
    const drained = new AbortController();
    const a = await collecting({ signal: drained.signal, flushIntervalMs: 60_000 });
    a.flow.pushMany(events(5));
    drained.abort();
    expect(a.flow.closed).toBe(true);
    expect(await a.flow.close()).toMatchObject({ committed: 5, deadLettered: 0, failed: 0, undelivered: 0 });
    const dropped = new AbortController();
    const b = await collecting({ signal: dropped.signal, drainOnAbort: false, flushIntervalMs: 60_000 });
    b.flow.pushMany(events(5));
    dropped.abort();
    expect(await b.flow.close()).toMatchObject({ committed: 0, deadLettered: 0, failed: 0, undelivered: 5 });
    const slow = new AbortController();
    const gate = new Gate();
    const c = await ended(
      createBatchFlow({
        schema: Event,
        sink: gate.sink(),
        signal: slow.signal,
        drainGraceMs: 20,
        flushSize: 5,
      }),
    );
    gate.shut();
    c.pushMany(events(9));
    slow.abort();
    expect(await c.close()).toMatchObject({ committed: 0, deadLettered: 0, failed: 0, undelivered: 9 });
    await expect(
      createBatchFlow({ schema: Event, sink: gate.sink(), signal: slow.signal }),
    ).rejects.toThrow();
  });

  test('await using closes the flow', async () => {
    const seen: unknown[] = [];
    {
      await using flow = await createBatchFlow({
        schema: Event,
        onBatch: (batch) => void seen.push(...batch),
      });
      flow.push(event(7));
    }
    expect(seen).toEqual([event(7)]);
  });

  test('of one flow leaves others alone: errors() ends, waiters reject', async () => {
    const gate = new Gate();
    const flow = await ended(
      createBatchFlow({ schema: Event, sink: gate.sink(), bufferSize: 20, flushSize: 10 }),
    );
    gate.shut();
    flow.pushMany(events(100));
    const waiting = [flow.writable(), flow.committed(), flow.flush()];
    const failures = (async () => {
      for await (const error of flow.errors()) expect(error).toBeInstanceOf(FlushError);
    })();
    const outcome = Promise.allSettled(waiting);
    await flow.destroy();
    expect((await outcome).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await failures;
  });
});

test('a flusher whose thread exits loses nothing: its rows are delivered again', async () => {
  const gate = new Gate();
  const flow = await ended(
    createBatchFlow({ schema: Event, sink: gate.sink(), flushSize: 10, flushIntervalMs: 5 }),
  );
  const exits: { redelivered: number }[] = [];
  flow.on('flusherExit', (exit) => exits.push(exit));
  gate.killAfter(30);
  for (let i = 0; i < 100; i++) while (!flow.push(event(i))) await flow.writable();
  await flow.committed();
  expect(gate.rows).toBe(100);
  expect(exits).toMatchObject([{ flusher: 1, redelivered: 10 }]);
  expect(await flow.close()).toEqual({ committed: 100, deadLettered: 0, failed: 0, undelivered: 0 });
  expectSums(flow);
});
