/**
 * The high watermark: `onFull` acts when so many rows wait, and each kind of wait ends when they have gone, in time, or
 * with the flow.
 */
import { threadId } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { openProducer } from '../../../dist/src/flow/producer/attach.js';
import { Watermark } from '../../../dist/src/flow/producer/watermark.js';
import { createShared, type SharedFlow } from '../../../dist/src/flow/shared/shared-flow.js';
import { defineSchema, FlowClosedError, handler, t, WaitTimeoutError } from '../../../dist/src/index.js';
import { Counters, producerCell } from '../../../dist/src/metrics/cells/counters.js';
import { BlockClaims, type Sighting } from '../../../dist/src/ring/block-claims.js';
import { Progress } from '../../../dist/src/ring/progress.js';
import { events, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

const schema = defineSchema('events', { i: t.int32() });

/** The memory of a flow without flushers. */
function flowOf(settings: object): SharedFlow {
  return createShared(resolveConfig({ schema, sink: handler('file:///sink.js'), ...settings }), threadId);
}

/** Settle at most so many rows of each block, as a flusher does. */
function settle(shared: SharedFlow, rows: number): void {
  const claims = new BlockClaims(shared.ring, 1000);
  const found: Sighting[] = [];
  claims.survey(found);
  for (const { block, ticket } of found) {
    if (!claims.tryClaim(block, ticket)) continue;
    const { to } = claims.waiting(block, rows);
    claims.taken(block, to);
    claims.settle(block, to);
    claims.finish(block);
  }
}

const valuesOf = (length: number) => Int32Array.from({ length }, (_, i) => i);

describe('rows that wait', () => {
  test('one producer takes exactly as many, whatever its groups are, and again as many as were settled', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.tuple(fc.constantFrom('push', 'columns', 'settle'), fc.integer({ min: 1, max: 90 })), {
          maxLength: 40,
        }),
        (highWatermark, publishEvery, steps) => {
          const shared = flowOf({ flushSize: 50, bufferSize: 1000, highWatermark, publishEvery });
          const progress = new Progress(shared.ring);
          const producer = openProducer<typeof schema>(shared, 0);
          for (const [step, count] of steps) {
            const before = progress.waiting + producer.unpublished;
            if (step === 'settle') {
              producer.publish();
              settle(shared, count);
              continue;
            }
            const taken =
              step === 'push'
                ? producer.pushMany(Array.from({ length: count }, (_, i) => ({ i })))
                : producer.pushColumns({ i: valuesOf(count) }, count);
            // Publishing may have been what made places known, but never more of them.
            expect(taken).toBe(Math.min(count, highWatermark - before));
            expect(progress.waiting + producer.unpublished).toBeLessThanOrEqual(highWatermark);
          }
          producer.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  test('each further producer passes it by one group at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 80 })), {
          maxLength: 60,
        }),
        (highWatermark, publishEvery, steps) => {
          const shared = flowOf({ flushSize: 50, bufferSize: 1000, highWatermark, publishEvery });
          const progress = new Progress(shared.ring);
          const producers = [0, 1, 2].map(() => openProducer<typeof schema>(shared, 0));
          for (const [k, count] of steps) {
            producers[k]?.pushMany(Array.from({ length: count }, (_, i) => ({ i })));
            const held = producers.reduce((sum, { unpublished }) => sum + unpublished, progress.waiting);
            expect(held).toBeLessThanOrEqual(highWatermark + 2 * publishEvery);
          }
          for (const producer of producers) producer.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  test('after the count of published rows has wrapped, they are counted again', () => {
    const shared = flowOf({ flushSize: 50, bufferSize: 1000, highWatermark: 10, publishEvery: 1 });
    const producer = openProducer<typeof schema>(shared, 0);
    producer.push({ i: 0 });
    // TOTAL, the 97th control word: as if others had published 2^31 rows since.
    Atomics.add(new Int32Array(shared.ring.buffer), 96, 2 ** 31);
    expect(producer.pushMany(Array.from({ length: 50 }, (_, i) => ({ i })))).toBe(9);
    producer.close();
  });
});

describe('at the watermark', () => {
  const full = (settings: object) => {
    const shared = flowOf({
      flushSize: 50,
      bufferSize: 200,
      highWatermark: 20,
      publishEvery: 1,
      ...settings,
    });
    const producer = openProducer<typeof schema>(shared, 0);
    const counters = new Counters(shared.counters, 0, producerCell);
    return { shared, producer, counters, progress: new Progress(shared.ring) };
  };

  test('reject leaves the event with its caller, and takes it when rows of the open block have ended', () => {
    const { shared, producer, counters } = full({ onFull: 'reject' });
    expect(producer.pushMany(Array.from({ length: 30 }, (_, i) => ({ i })))).toBe(20);
    expect(counters.get('rejected')).toBe(1);
    settle(shared, 3);
    expect(producer.pushMany(Array.from({ length: 30 }, (_, i) => ({ i })))).toBe(3);
    producer.close();
  });

  test('drop-newest drops the event and counts it', () => {
    const { producer, counters, progress } = full({ onFull: 'drop-newest' });
    producer.pushMany(Array.from({ length: 30 }, (_, i) => ({ i })));
    expect([counters.get('accepted'), counters.get('droppedNewest'), progress.waiting]).toEqual([30, 10, 20]);
    producer.close();
  });

  test('drop-oldest drops what came first, also where all of it is in the open block', () => {
    const { producer, counters, progress } = full({ onFull: 'drop-oldest' });
    producer.pushMany(Array.from({ length: 95 }, (_, i) => ({ i })));
    const [accepted, oldest, newest] = (['accepted', 'droppedOldest', 'droppedNewest'] as const).map((cell) =>
      counters.get(cell),
    ) as [number, number, number];
    expect([accepted, newest]).toEqual([95, 0]);
    expect(progress.waiting).toBe(accepted - oldest);
    expect(progress.waiting).toBeLessThanOrEqual(20);
    expect(progress.waiting).toBeGreaterThan(0);
    producer.close();
  });

  test('block waits no longer than blockTimeoutMs, then leaves the event with its caller', () => {
    const { producer, counters } = full({ onFull: 'block', blockTimeoutMs: 30 });
    producer.pushMany(Array.from({ length: 20 }, (_, i) => ({ i })));
    const began = performance.now();
    expect(producer.push({ i: 20 })).toBe(false);
    // The thread was blocked: no clock can be moved then. A busy machine only makes the wait longer.
    expect(performance.now() - began).toBeGreaterThanOrEqual(29);
    expect(counters.get('rejected')).toBe(1);
    producer.close();
  });
});

describe('in a running flow', () => {
  const settings = { flushSize: 1000, bufferSize: 4000, flushIntervalMs: 3_600_000, highWatermark: 40 };

  test('batches go out though none is full, and a producer that blocks goes on', async () => {
    const { sink, flow } = await scriptedFlow(({ rows, store }) => store(rows), {
      ...settings,
      onFull: 'block',
      blockTimeoutMs: 60_000,
    });
    expect(flow.pushMany(events(200))).toBe(200);
    await flow.flush();
    expect(sink.stored(200).every((times) => times === 1)).toBe(true);
    expect(flow.ring()).toMatchObject({ highWatermark: 40, capacity: 4000 });
    expect(flow.settings()).toMatchObject({ highWatermark: 40 });
  });

  /** A flow at its watermark, whose sink waits until `letGo`. */
  async function held(more: object = {}) {
    const { sink, flow } = await scriptedFlow(
      async ({ rows, store, words }) => {
        await Atomics.waitAsync(words, 8000, 0).value;
        store(rows);
      },
      { ...settings, ...more },
    );
    const letGo = () => {
      Atomics.store(sink.words, 8000, 1);
      Atomics.notify(sink.words, 8000);
    };
    expect(flow.pushMany(events(100))).toBe(40);
    await until(() => sink.writes === 1, 'the write');
    return { sink, flow, letGo };
  }

  test('writable, send and write wait while rows are in flight, and go on when they have ended', async () => {
    const { flow, letGo } = await held();
    const waits = [
      flow.writable(),
      flow.send({ i: 100, text: '' }),
      flow.write({ i: 101, text: '' }).then(() => {}),
    ];
    let ended = 0;
    for (const wait of waits) wait.then(() => ended++);
    await until(() => flow.stats().inFlight === 40, 'the flight');
    expect(ended).toBe(0);
    letGo();
    await Promise.all(waits);
    await flow.flush();
    expect(flow.stats()).toMatchObject({ committed: 42, pending: 0 });
  });

  test("each of these waits ends by its time limit and by the caller's signal", async () => {
    const { flow, letGo } = await held();
    const event = { i: 100, text: '' };
    const waits = [
      (options: object) => flow.writable(options),
      (options: object) => flow.send(event, options),
      (options: object) => flow.write(event, options),
    ];
    for (const wait of waits) {
      await expect(wait({ timeoutMs: 20 })).rejects.toThrow(WaitTimeoutError);
      const controller = new AbortController();
      const waiting = wait({ signal: controller.signal });
      controller.abort(new Error('given up'));
      await expect(waiting).rejects.toThrow('given up');
    }
    letGo();
    await flow.close();
    expect(flow.stats()).toMatchObject({ accepted: 40, committed: 40 });
  });

  test('a wait ends when the flow closes', async () => {
    const { flow, letGo } = await held();
    const producer = flow.producer();
    const waiting = producer.writable();
    const closed = flow.close();
    await expect(waiting).rejects.toThrow(FlowClosedError);
    letGo();
    await closed;
  });

  test("a stream's wait ends when it is destroyed", async () => {
    const { flow, letGo } = await held();
    const stream = flow.toWritable();
    stream.on('error', () => {});
    stream.write({ i: 100, text: '' });
    await until(() => stream.writableNeedDrain || stream.writableLength > 0, 'the write');
    expect(flow.metrics().enqueue.count).toBe(0);
    stream.destroy();
    // A wait is measured when it ends.
    await until(() => flow.metrics().enqueue.count === 1, 'the end of the wait');
    letGo();
  });
});

describe('the places up to the watermark', () => {
  /** A ring of which each reading is noted. */
  function scene(total: number, waiting: number) {
    const read: string[] = [];
    const ring = { total, waiting };
    const progress = {
      get total() {
        read.push('total');
        return ring.total;
      },
      get waiting() {
        read.push('waiting');
        return ring.waiting;
      },
    };
    return { read, ring, watermark: new Watermark(100, progress as unknown as Progress) };
  }

  test('are looked up by the rows that wait, after the total, which counts what this look misses', () => {
    const { read, watermark } = scene(0, 40);
    expect(watermark.places(80)).toBe(60);
    expect(read.slice(-2)).toEqual(['total', 'waiting']);
  });

  test('are looked up anew when as many rows may have come, also where their number has wrapped', () => {
    const { read, ring, watermark } = scene(0, 40);
    expect(watermark.places(10)).toBe(10);
    ring.total = 50;
    ring.waiting = 90;
    read.length = 0;
    // Of 60 places, 50 rows have come since.
    expect(watermark.places(10)).toBe(10);
    expect(read).toEqual(['total']);
    expect(watermark.places(11)).toBe(10);
    ring.total = (2 ** 31 + 60) | 0;
    ring.waiting = 100;
    expect(watermark.places(10)).toBe(0);
    expect(watermark.isReached).toBe(true);
  });
});
