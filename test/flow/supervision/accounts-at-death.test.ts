/**
 * A thread may die before any of its stores: what it has settled or published in the ring is counted, once.
 */
import { type EventEmitter, once } from 'node:events';
import { MessageChannel, threadId } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { takeRows } from '../../../dist/src/flow/flusher/taken-rows.js';
import { EventProducer } from '../../../dist/src/flow/producer/event-producer.js';
import { FlowSchemas } from '../../../dist/src/flow/shared/flow-schemas.js';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { RowLog } from '../../../dist/src/flow/shared/row-log.js';
import { type Ending, endings, settlementOf } from '../../../dist/src/flow/shared/settlements.js';
import { claimerOf, createShared, type SharedFlow } from '../../../dist/src/flow/shared/shared-flow.js';
import { StoredBefore } from '../../../dist/src/flow/shared/stored-before.js';
import { receiveAttachments } from '../../../dist/src/flow/supervision/attachments.js';
import { defineSchema, t } from '../../../dist/src/index.js';
import {
  Counters,
  createCounterMemory,
  flusherCell,
  producerCell,
} from '../../../dist/src/metrics/cells/counters.js';
import { Settlement } from '../../../dist/src/metrics/cells/settlement.js';
import { BlockClaims, type Sighting } from '../../../dist/src/ring/block-claims.js';
import { Progress } from '../../../dist/src/ring/progress.js';
import { releaseClaims } from '../../../dist/src/ring/recovery.js';
import { LabelDictionary } from '../../../dist/src/schema/block/label-dictionary.js';
import { BatchReader } from '../../../dist/src/schema/read/batch-reader.js';
import { dieEverywhere, Mortal } from '../../fixtures/mortal.js';

const schema = defineSchema('events', { i: t.int32() });

/** A flow of four blocks of three rows, without threads. */
function flowOf(settings: object = {}): SharedFlow {
  const config = { schema, onBatch() {}, flushSize: 3, bufferSize: 12, publishEvery: 2, ...settings };
  return createShared(resolveConfig(config), threadId);
}

function producerOf(shared: SharedFlow, slot: number): EventProducer<typeof schema> {
  return new EventProducer(shared, 0, slot, new LabelDictionary(shared.labels), () => {});
}

describe('a settlement', () => {
  it('should count what the ring has been told, and nothing else, wherever its thread dies', async () => {
    const steps = await dieEverywhere((thread) => {
      const memory = createCounterMemory(1);
      const ring = { settled: 0 };
      const lived = thread.live(() => {
        const settlement = settlementOf(new Counters(memory, 0, flusherCell));
        for (let to = 1; to <= 3; to++) {
          settlement.begin(7, to, [1, to, 0, 0, 0, 0]);
          ring.settled = to;
          settlement.end();
        }
      });
      const counters = new Counters(memory, 0, flusherCell);
      const before = counters.get('committed');
      for (const time of ['once', 'twice']) {
        settlementOf(counters).recover((block, to) => {
          expect(block).toBe(7);
          ring.settled = to;
        });
        const { settled } = ring;
        expect(counters.get('committed'), time).toBe(settled);
        expect(settled, 'no counter goes down').toBeGreaterThanOrEqual(before);
        expect(counters.get('deadLettered'), time).toBe((settled * (settled + 1)) / 2);
      }
      return lived;
    });
    // Each time six new counts noted, row, block; six counted; the note crossed out.
    expect(steps).toBe(3 * 15);
  });

  it('should do nothing after one that has ended', () => {
    const counters = new Counters(createCounterMemory(1), 0, producerCell);
    const settlement = new Settlement(counters, ['droppedOldest']);
    settlement.begin(0, 2, [2]);
    settlement.end();
    settlement.recover(() => expect.unreachable());
    expect(counters.get('droppedOldest')).toBe(2);
  });
});

describe('a flusher that dies while rows end', () => {
  /** What ends together, and how; rows 5, 7 and 8 do not. */
  const fates: readonly (readonly [Ending, ...number[]])[] = [
    ['failed', 1],
    ['committed', 0],
    ['duplicates', 4],
    ['deadLettered', 2, 3],
    ['skipped', 6],
  ];

  it('should have counted each row that is settled in the ring, by its ending', async () => {
    const steps = await dieEverywhere((thread) => {
      const shared = flowOf();
      const producer = producerOf(shared, 0);
      for (let i = 0; i < 9; i++) producer.push({ i });
      const lived = thread.live(() => flush(shared));

      const counters = new Counters(shared.counters, shared.maxProducers, flusherCell);
      const progress = new Progress(shared.ring);
      const claims = new BlockClaims(shared.ring, claimerOf(shared, 1));
      const recover = () => settlementOf(counters).recover((block, to) => claims.settle(block, to));
      recover();
      releaseClaims(shared.ring, claimerOf(shared, 1));
      recover();
      const expected = Object.fromEntries(endings.map((ending) => [ending, 0]));
      for (const [ending, ...rows] of fates) {
        for (const row of rows) if (isSettled(row)) (expected[ending] as number)++;
      }
      // What was skipped is committed, too.
      (expected.committed as number) += expected.skipped as number;
      expect(Object.fromEntries(endings.map((ending) => [ending, counters.get(ending)]))).toEqual(expected);
      return lived;

      function isSettled(row: number): boolean {
        const block = blocks[Math.floor(row / 3)] as number;
        return progress.isCommitted({ block, generation: 0, rows: (row % 3) + 1 });
      }
    });
    expect(steps).toBeGreaterThan(60);
  });

  /** The blocks in which the first producer's rows are. */
  const blocks = sightings(flowOf(), 9).map(({ block }) => block);

  function sightings(shared: SharedFlow, rows: number): Sighting[] {
    const producer = producerOf(shared, 0);
    for (let i = 0; i < rows; i++) producer.push({ i });
    const found: Sighting[] = [];
    new BlockClaims(shared.ring, 99).survey(found);
    return found;
  }

  function flush(shared: SharedFlow): void {
    const claims = new BlockClaims(shared.ring, claimerOf(shared, 1));
    const found: Sighting[] = [];
    claims.survey(found);
    for (const { block, ticket } of found) claims.tryClaim(block, ticket);
    const parts = found.map(({ block }) => ({ block, ...claims.waiting(block, 3) }));
    const { layout } = new FlowSchemas(shared).blocksOf(0);
    const counters = new Counters(shared.counters, shared.maxProducers, flusherCell);
    const reader = new BatchReader(layout, shared.ring, new LabelDictionary(shared.labels));
    const rows = takeRows(schema, reader, parts, {
      claims,
      counters,
      settlement: settlementOf(counters),
      log: new RowLog(shared.givenUp),
      storedBefore: new StoredBefore(shared.storedBefore),
      cells: undefined,
      listened: () => false,
    });
    for (const [ending, ...ended] of fates) rows.end(ended, ending);
    rows.release();
  }
});

describe('a producer that dies while it pushes', () => {
  /** The producer's thread dies; the creating thread hears of it. */
  async function bury(shared: SharedFlow, slot: number): Promise<void> {
    const forget = receiveAttachments(shared);
    const { port1, port2 } = new MessageChannel();
    const holder = new ProducerSlots(shared.slots, shared.maxProducers).holder(slot);
    (process as EventEmitter).emit('workerMessage', { batchflow: shared.id, slot, holder, port: port1 });
    const closed = once(port1, 'close');
    port2.close();
    await closed;
    forget();
  }

  async function dies(thread: Mortal, shared: SharedFlow, rows: number): Promise<boolean> {
    const slots = new ProducerSlots(shared.slots, shared.maxProducers);
    const slot = slots.take(threadId);
    const lived = thread.live(() => {
      const producer = producerOf(shared, slot);
      for (let i = 0; i < rows; i++) producer.push({ i });
    });
    await bury(shared, slot);
    expect(slots.anyActive).toBe(false);
    const counters = new Counters(shared.counters, slot, producerCell);
    const waiting = new Progress(shared.ring).remaining().reduce((sum, { from, to }) => sum + to - from, 0);
    const published = counters.get('accepted') - counters.get('droppedNewest');
    expect(published - counters.get('droppedOldest')).toBe(waiting);
    expect(slots.sequence(slot)).toBe(published);
    return lived;
  }

  it.each(['reject', 'drop-newest', 'drop-oldest'])(
    'should have counted the rows that are in the ring: %s',
    async (onFull) => {
      // The ring is full before the last of them; the last one's group is never published.
      const steps = await dieEverywhere((thread) => dies(thread, flowOf({ onFull }), 16));
      expect(steps).toBeGreaterThan(100);
    },
  );

  it('should leave its slot to one that counts on, and dies as well', async () => {
    await dieEverywhere(async (thread) => {
      const shared = flowOf();
      const lived = await dies(thread, shared, 4);
      await dies(new Mortal(Number.POSITIVE_INFINITY), shared, 5);
      return lived;
    });
  });
});
