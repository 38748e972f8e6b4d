/**
 * `write` and `send`: each call is about its own event, and a flusher does not leave a call that waits to its interval.
 */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { BlockWriter } from '../../../dist/src/flow/producer/block-writer.js';
import type { FlowMemory } from '../../../dist/src/flow/shared/flow-memory.js';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { type Flow, FlushError, type WaitOptions } from '../../../dist/src/index.js';
import { testClock } from '../../../dist/src/testing/index.js';
import { type Event, type Row, type Scene, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

/** No deadline comes in a test: only a caller that waits makes part-filled batches go out. */
const never = { flushIntervalMs: 3_600_000 };
/** What fails is given up at once, and dropped. */
const once1 = { retry: { maxAttempts: 1 }, deadLetters: false } as const;
const row = (i: number): Row => ({ i, text: `row ${i}` });
const rows = (count: number) => Array.from({ length: count }, (_, i) => row(i));

const storesAll = ({ rows, store }: Scene) => store(rows);
/** Stores all but odd rows, each of which fails for a reason of its own. */
const refusesOdd = ({ rows, store }: Scene) => {
  store(rows.filter(({ i }) => i % 2 === 0));
  const failed = rows.flatMap(({ i }, index) => {
    const error = Object.assign(new Error(`row ${i} is odd`), { code: 'SQLITE_CONSTRAINT' });
    return i % 2 === 1 ? [{ index, error }] : [];
  });
  return { failed };
};
/** Stops in each write while words[8000] is 0, unless the flow aborts it. */
const waits = async ({ rows, store, words, signal }: Scene) => {
  while (Atomics.load(words, 8000) === 0 && !signal.aborted) await new Promise((r) => setTimeout(r, 2));
  if (signal.aborted) throw new Error('aborted');
  store(rows);
};

/** Both: stops in each write while words[8000] is 0, and then refuses odd rows. */
const waitsAndRefusesOdd = async ({ rows, store, words, signal }: Scene) => {
  while (Atomics.load(words, 8000) === 0 && !signal.aborted) await new Promise((r) => setTimeout(r, 2));
  store(rows.filter(({ i }) => i % 2 === 0));
  return { failed: rows.flatMap(({ i }, index) => (i % 2 ? [{ index, error: new Error('odd') }] : [])) };
};

/** Block this thread, while the others go on. */
function blockUntil(condition: () => boolean): void {
  const end = performance.now() + 20_000;
  while (!condition()) if (performance.now() > end) throw new Error('blocked in vain');
}

/** The codes of what calls came to; `stored` where they resolved. */
async function outcomes(calls: readonly Promise<void>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((call) => (call.status === 'fulfilled' ? 'stored' : String(call.reason.code)));
}

async function flowOf(script: (scene: Scene) => unknown, settings: object = {}) {
  const { flow, sink } = await scriptedFlow(script, { ...never, flushSize: 1000, ...once1, ...settings });
  flow.on('flushError', () => {});
  const open = () => Atomics.store(sink.words, 8000, 1);
  return { flow, sink, open };
}

describe('write', () => {
  test('resolves when its event is committed, long before the interval', async () => {
    const { flow, sink } = await flowOf(storesAll);
    await flow.write(row(0));
    expect(sink.stored(1)).toEqual([1]);
    await Promise.all([flow.write(row(1)), flow.write(row(2))]);
    expect(sink.stored(3)).toEqual([1, 1, 1]);
    expect(flow.stats().batches).toEqual({ size: 0, deadline: 0, flush: 0, demand: 2, drain: 0 });
  });

  test('rejects for its own event alone', async () => {
    const { flow } = await flowOf(refusesOdd);
    const calls = rows(6).map((event) => flow.write(event));
    expect(await outcomes(calls)).toEqual([0, 1, 2, 3, 4, 5].map((i) => (i % 2 ? 'ERR_FLUSH' : 'stored')));
    const error = await calls[3]?.catch((error: FlushError) => error);
    expect(error).toBeInstanceOf(FlushError);
    expect(error).toMatchObject({
      schema: 'events',
      rows: 1,
      failed: [{ first: 0, count: 1, deadLettered: false, message: 'row 3 is odd' }],
    });
  });

  test('knows each of hundreds of scattered bad rows, by their messages, while its thread was blocked', async () => {
    const { flow } = await flowOf(refusesOdd, { flushSize: 100 });
    const count = 400;
    const calls = rows(count).map((event) => flow.write(event));
    flow.publish();
    blockUntil(() => flow.stats().pending === 0);
    const settled = await Promise.allSettled(calls);
    for (const [i, { status, ...rest }] of settled.entries()) {
      expect(status).toBe(i % 2 ? 'rejected' : 'fulfilled');
      if (i % 2) expect(rest).toMatchObject({ reason: { failed: [{ message: `row ${i} is odd` }] } });
    }
  });

  /** From now on each row ends, on other threads, before the push that publishes it returns. */
  function endBeforePushReturns(flow: Flow<typeof Event>) {
    const { publish } = BlockWriter.prototype;
    const spy = vi.spyOn(BlockWriter.prototype, 'publish').mockImplementation(function (this: BlockWriter) {
      const { unpublished } = this;
      publish.call(this);
      if (unpublished > 0) blockUntil(() => flow.stats().pending === 0);
    });
    onTestFinished(() => spy.mockRestore());
  }

  test('knows a row that was given up before the call began to wait for it', async () => {
    const { flow } = await flowOf(refusesOdd, { flushSize: 1, publishEvery: 1 });
    endBeforePushReturns(flow);
    expect(await outcomes([flow.write(row(1))])).toEqual(['ERR_FLUSH']);
    expect(await outcomes([flow.write(row(2))])).toEqual(['stored']);
  });

  test('knows such a row of a call that had waited for room, too', async () => {
    const { flow, open } = await flowOf(waitsAndRefusesOdd, { flushSize: 4, bufferSize: 8, publishEvery: 1 });
    await Promise.all(rows(8).map((event) => flow.send(event)));
    const call = flow.write(row(9));
    flow.update({ flushSize: 1 });
    endBeforePushReturns(flow);
    open();
    expect(await outcomes([call])).toEqual(['ERR_FLUSH']);
  });

  test('never takes a row for committed of which is not known what became of it', async () => {
    // A log of 64 entries, in which 200 rows are given up while this thread cannot look.
    const { flow } = await flowOf(refusesOdd, { flushSize: 400, maxPendingWrites: 1 });
    const call = flow.write(row(1));
    flow.pushMany(rows(399));
    flow.publish();
    blockUntil(() => flow.stats().dropped.failed === 200);
    await expect(call).rejects.toMatchObject({ code: 'ERR_FLUSH', message: /given up, or not/ });
    await flow.write(row(2));
  });

  test('of an event that does not fit rejects, and takes no place', async () => {
    const { flow, sink } = await flowOf(storesAll, { maxPendingWrites: 1 });
    const bad = { i: 0.5, text: 'x' };
    expect(await outcomes([flow.write(bad), flow.send(bad), flow.write(row(1))])).toEqual([
      'ERR_EVENT_INVALID',
      'ERR_EVENT_INVALID',
      'stored',
    ]);
    expect(sink.stored(2)).toEqual([0, 1]);
    expect(flow.stats()).toMatchObject({ accepted: 1, rejected: 0 });
  });

  test('gathers what comes while a flush is under way, in every flight that would be free', async () => {
    const clock = testClock();
    const { flow, sink, open } = await flowOf(waits, { flushMode: 'async', maxConcurrentFlushes: 4, clock });
    const producers = [flow.producer(), flow.producer(), flow.producer()];
    const first = producers[0]?.write(row(0));
    await until(() => sink.writes === 1, 'the first flush');
    const others = rows(30).map((event, i) => producers[i % 3]?.write({ ...event, i: i + 1 }));
    // The flusher looks, and begins what is due.
    await clock.advance(0);
    expect(sink.writes).toBe(1);
    open();
    await Promise.all([first, ...others]);
    expect(sink.writes).toBe(2);
    expect(flow.stats().batches).toMatchObject({ demand: 2 });
  });

  test('leaves rows alone for which nobody waits', async () => {
    const clock = testClock();
    const { flow } = await flowOf(storesAll, { clock });
    await flow.write(row(0));
    flow.push(row(1));
    flow.publish();
    await flow.producer().write(row(2));
    // A batch takes all that waits.
    await until(() => flow.stats().pending === 0, 'the row beside it');
    flow.push(row(3));
    flow.publish();
    const { batches } = flow.stats();
    await clock.advance(0);
    expect(flow.stats()).toMatchObject({ pending: 1, batches });
  });

  test('still works where row numbers wrap', async () => {
    const { flow } = await flowOf(refusesOdd, { flushSize: 4 });
    const { shards } = flow.handle()['~flow'] as FlowMemory;
    const { slots, maxProducers } = shards[0];
    for (let slot = 0; slot < maxProducers; slot++) {
      new ProducerSlots(slots, maxProducers).deactivate(slot, 2 ** 31 - 5);
    }
    for (let round = 0; round < 10; round++) {
      expect(await outcomes([0, 1, 2].map((i) => flow.write(row(i))))).toEqual([
        'stored',
        'ERR_FLUSH',
        'stored',
      ]);
    }
  });

  test('does not wait longer than its limit or its signal, and the event is committed all the same', async () => {
    const { flow, sink, open } = await flowOf(waits);
    const reason = new Error('the client has gone');
    const gone = new AbortController();
    const late = flow.write(row(0), { timeoutMs: 5 });
    const left = flow.write(row(1), { signal: gone.signal });
    await expect(late).rejects.toMatchObject({ code: 'ERR_WAIT_TIMEOUT' });
    gone.abort(reason);
    await expect(left).rejects.toBe(reason);
    await expect(flow.write(row(2), { signal: gone.signal })).rejects.toBe(reason);
    open();
    await flow.write(row(3));
    expect(sink.stored(4)).toEqual([1, 1, 0, 1]);
  });

  test.each([{ timeout: 5 }, { since: 1 }, { timeoutMs: Number.NaN }, { signal: {} }])(
    'refuses the options %j',
    async (options) => {
      const { flow } = await flowOf(storesAll);
      const codes = await outcomes([
        flow.write(row(0), options as WaitOptions),
        flow.send(row(0), options as WaitOptions),
      ]);
      expect(codes).toEqual(['ERR_CONFIG', 'ERR_CONFIG']);
      expect(flow.stats().accepted).toBe(0);
    },
  );
});

describe('committed()', () => {
  test('does not wait for the interval, and each call is answered by itself', async () => {
    const { flow } = await flowOf(refusesOdd);
    const answers: Promise<void>[] = [];
    for (const event of rows(4)) {
      const since = flow.position();
      flow.push(event);
      answers.push(flow.committed({ since }));
    }
    expect(await outcomes(answers)).toEqual(['stored', 'ERR_FLUSH', 'stored', 'ERR_FLUSH']);
    expect(flow.stats().batches).toMatchObject({ deadline: 0, size: 0 });
  });

  test('tells of a row once, when a later call is answered before an earlier one', async () => {
    const { flow, open } = await flowOf(waitsAndRefusesOdd, { flushSize: 1 });
    flow.push(row(0));
    const first = flow.committed();
    flow.push(row(1));
    flow.publish();
    open();
    blockUntil(() => flow.stats().pending === 0);
    const second = flow.committed();
    expect(await outcomes([first, second])).toEqual(['stored', 'ERR_FLUSH']);
    await flow.committed();
  });

  test('of a producer that has closed does not wait for the interval either', async () => {
    const { flow } = await flowOf(storesAll);
    const producer = flow.producer();
    producer.push(row(0));
    producer.close();
    await producer.committed();
    expect(flow.stats().batches).toMatchObject({ demand: 1, deadline: 0 });
  });

  test('of a closed producer leaves wanted what its successor wants', () => {
    for (const start of [0, 2 ** 31 - 5, 2 ** 32 - 5]) {
      const slots = ProducerSlots.create(1);
      slots.want(0, start);
      slots.wantOfClosed(0, start + 5);
      expect(slots.wanted(0)).toBe((start + 5) | 0);
      slots.want(0, start + 9);
      slots.wantOfClosed(0, start + 6);
      expect(slots.wanted(0)).toBe((start + 9) | 0);
    }
  });
});

describe('in a full ring', () => {
  /** Two blocks of 4 rows, all of them in flight or waiting. */
  async function fullFlow(settings: object = {}) {
    const made = await flowOf(waits, { flushSize: 4, bufferSize: 8, ...settings });
    const accepted = rows(8).map((event) => made.flow.send(event));
    await Promise.all(accepted);
    return made;
  }

  test.each(['reject', 'block'])(
    'calls wait for room, and are served in their order (onFull %s)',
    async (onFull) => {
      const { flow, sink, open } = await fullFlow({ onFull, blockTimeoutMs: 60_000 });
      const order: number[] = [];
      const calls = Array.from({ length: 12 }, (_, k) => {
        const call = k % 2 ? flow.write(row(8 + k)) : flow.send(row(8 + k));
        return call.then(() => void order.push(k));
      });
      await setImmediate();
      expect(order).toEqual([]);
      expect(flow.stats()).toMatchObject({ accepted: 8, rejected: 0 });
      open();
      await Promise.all(calls);
      expect(order.filter((k) => k % 2 === 0)).toEqual([0, 2, 4, 6, 8, 10]);
      expect(order.filter((k) => k % 2 === 1)).toEqual([1, 3, 5, 7, 9, 11]);
      await flow.committed();
      expect(sink.stored(20)).toEqual(rows(20).map(() => 1));
      expect(flow.stats()).toMatchObject({ accepted: 20, committed: 20, rejected: 0 });
    },
  );

  test('no more than maxPendingWrites wait, for room or for their commit', async () => {
    const { flow, open } = await fullFlow({ maxPendingWrites: 3 });
    const calls = [
      flow.write(row(8)),
      flow.send(row(9)),
      flow.write(row(10)),
      flow.write(row(11)),
      flow.send(row(12)),
    ];
    await expect(calls[3]).rejects.toMatchObject({ code: 'ERR_CAPACITY' });
    await expect(calls[4]).rejects.toMatchObject({ code: 'ERR_CAPACITY' });
    open();
    await Promise.all(calls.slice(0, 3));
    await flow.write(row(11));
  });

  test('an event that does not fit is refused at once, and holds nobody up', async () => {
    const { flow, open } = await fullFlow();
    const first = flow.write(row(8));
    await expect(flow.write({ i: 0.5, text: 'x' })).rejects.toMatchObject({ code: 'ERR_EVENT_INVALID' });
    const last = flow.write(row(9));
    open();
    await Promise.all([first, last]);
    expect(flow.stats()).toMatchObject({ accepted: 10, rejected: 0 });
  });

  test('an event behind others is accepted once when columns pushed by its getter open a place', async () => {
    const { flow, sink, open } = await fullFlow();
    const first = flow.write(row(8));
    const pushing = {
      i: 9,
      get text() {
        open();
        blockUntil(() => flow.ring().freeBlocks > 0);
        flow.pushColumns({ i: [10], text: ['row 10'] }, 1);
        return 'row 9';
      },
    };
    await Promise.all([first, flow.write(pushing)]);
    await flow.committed();
    expect(sink.stored(11).slice(8)).toEqual([1, 1, 1]);
    expect(flow.stats()).toMatchObject({ accepted: 11, committed: 11 });
  });

  test('a limit or a signal ends the wait, and the event was never accepted', async () => {
    const { flow, open } = await fullFlow();
    const gone = new AbortController();
    const calls = [flow.write(row(8), { timeoutMs: 5 }), flow.send(row(9), { signal: gone.signal })];
    await expect(calls[0]).rejects.toMatchObject({ code: 'ERR_WAIT_TIMEOUT', message: /no room/ });
    gone.abort(new Error('gone'));
    await expect(calls[1]).rejects.toThrow('gone');
    open();
    await flow.write(row(10));
    expect(flow.stats().accepted).toBe(9);
  });

  test('drop-newest: write rejects at once for a dropped event, send does not', async () => {
    const { flow, open } = await fullFlow({ onFull: 'drop-newest' });
    const call = flow.write(row(8));
    await expect(call).rejects.toMatchObject({ code: 'ERR_FLUSH', message: /the ring was full/ });
    await flow.send(row(9));
    open();
    await flow.flush();
    expect(flow.stats()).toMatchObject({ accepted: 10, committed: 8, dropped: { 'drop-newest': 2 } });
  });

  test('drop-newest: an event is not taken for dropped because its getter pushed one that was', async () => {
    const { flow, open } = await fullFlow({ onFull: 'drop-newest' });
    const pushing = {
      i: 8,
      get text() {
        flow.push(row(9));
        open();
        // The ring is full for the inner push, and not for the outer one.
        // Two blocks, as a block is free a moment before it is counted, which is what a push looks at.
        blockUntil(() => flow.ring().freeBlocks > 1);
        return 'row 8';
      },
    };
    await flow.write(pushing);
    expect(flow.stats()).toMatchObject({ committed: 9, dropped: { 'drop-newest': 1 } });
  });

  test('drop-oldest: write rejects for an event that is evicted later', async () => {
    const { flow, sink, open } = await flowOf(waits, { flushSize: 4, bufferSize: 16, onFull: 'drop-oldest' });
    const calls = rows(4).map((event) => flow.write(event));
    await until(() => sink.writes === 1, 'the first flush');
    const evicted = rows(4).map((event) => flow.write({ ...event, i: 4 + event.i }));
    for (let i = 8; i < 40; i++) flow.push(row(i));
    expect(await outcomes(evicted)).toEqual(evicted.map(() => 'ERR_FLUSH'));
    open();
    expect(await outcomes(calls)).toEqual(calls.map(() => 'stored'));
  });
});

describe('the end of the flow', () => {
  test('close(): accepted events are drained and resolve, those in line and later ones reject', async () => {
    const { flow, sink, open } = await flowOf(waits, { flushSize: 4, bufferSize: 8 });
    const accepted = rows(8).map((event) => flow.write(event));
    await until(() => sink.writes === 1, 'the first flush');
    const inLine = [flow.write(row(8)), flow.send(row(9))];
    const closed = flow.close();
    expect(await outcomes(inLine)).toEqual(['ERR_FLOW_CLOSED', 'ERR_FLOW_CLOSED']);
    expect(await outcomes([flow.write(row(10)), flow.send(row(10))])).toEqual([
      'ERR_FLOW_CLOSED',
      'ERR_FLOW_CLOSED',
    ]);
    open();
    expect(await outcomes(accepted)).toEqual(accepted.map(() => 'stored'));
    expect(await closed).toMatchObject({ committed: 8, undelivered: 0 });
    expect(await outcomes([flow.write(row(11)), flow.send(row(11))])).toEqual([
      'ERR_FLOW_CLOSED',
      'ERR_FLOW_CLOSED',
    ]);
  });

  test('destroy(): nothing that is not committed resolves', async () => {
    const { flow, sink } = await flowOf(waits, { flushSize: 4, bufferSize: 8 });
    const ended = outcomes(rows(10).map((event) => flow.write(event)));
    await until(() => sink.writes === 1, 'the first flush');
    await flow.destroy();
    expect(await ended).toEqual(rows(10).map(() => 'ERR_FLOW_CLOSED'));
    expect(flow.takeUndelivered().reduce((sum, batch) => sum + batch.length, 0)).toBe(8);
  });

  test('a producer that closes keeps its promises', async () => {
    const { flow } = await flowOf(storesAll);
    const producer = flow.producer();
    const call = producer.write(row(0));
    producer.close();
    await call;
    await expect(producer.write(row(1))).rejects.toMatchObject({ code: 'ERR_FLOW_CLOSED' });
  });

  test('a flow that has failed says so', async () => {
    const { flow } = await flowOf(() => process.exit(1), { maxDeliveries: 1, flushSize: 1 });
    const calls = rows(100).map((event) => flow.write(event));
    calls.map((call) => call.catch(() => {}));
    // The last of them is neither tried alone nor committed before the flow fails.
    await expect(calls.at(-1)).rejects.toMatchObject({ code: 'ERR_FLOW_FAILED' });
    await expect(flow.write(row(0))).rejects.toMatchObject({ code: 'ERR_FLOW_FAILED' });
    await expect(flow.send(row(0))).rejects.toMatchObject({ code: 'ERR_FLOW_FAILED' });
  });
});

describe('on another thread', () => {
  function startThread(flow: Flow<typeof Event>, data: object): Worker {
    const url = new URL('../../fixtures/writing-thread.mjs', import.meta.url);
    const worker = new Worker(url, { workerData: { handle: flow.handle(), ...data } });
    onTestFinished(async () => void (await worker.terminate()));
    return worker;
  }

  test('write and send do the same', async () => {
    const { flow, sink } = await flowOf(refusesOdd);
    const writing = startThread(flow, { count: 4 });
    expect(await once(writing, 'message')).toEqual([{ asked: 4 }]);
    expect(await once(writing, 'message')).toEqual([
      { outcomes: ['fulfilled', 'ERR_FLUSH', 'fulfilled', 'ERR_FLUSH'] },
    ]);
    expect(sink.stored(4)).toEqual([1, 0, 1, 0]);
    expect(await once(startThread(flow, { count: 4, send: true }), 'message')).toEqual([{ sent: 4 }]);
  });

  test('rows of a thread that died while it waited go out, and the next producer asks for nothing', async () => {
    const clock = testClock();
    const { flow, sink, open } = await flowOf(waits, { maxProducers: 2, clock });
    const first = flow.write(row(100));
    await until(() => sink.writes === 1, 'the first flush');
    const thread = startThread(flow, { count: 4, dies: true });
    await once(thread, 'exit');
    open();
    await first;
    await until(() => sink.stored(4).every((times) => times === 1), "the dead thread's rows");
    const next = flow.producer();
    next.push(row(5));
    next.publish();
    await clock.advance(0);
    expect(sink.stored(6)).toEqual([1, 1, 1, 1, 0, 0]);
  });
});
