/**
 * Rows of a batch that end one after the other: which blocks are free, and what is counted.
 */
import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import type { Duplicates } from '../../../dist/src/flow/flusher/dedupe.js';
import { takeRows } from '../../../dist/src/flow/flusher/taken-rows.js';
import { EventProducer } from '../../../dist/src/flow/producer/event-producer.js';
import { FlowSchemas } from '../../../dist/src/flow/shared/flow-schemas.js';
import { RowLog } from '../../../dist/src/flow/shared/row-log.js';
import { settlementOf } from '../../../dist/src/flow/shared/settlements.js';
import { claimerOf, createShared, sinkCellsOf } from '../../../dist/src/flow/shared/shared-flow.js';
import { StoredBefore } from '../../../dist/src/flow/shared/stored-before.js';
import { defineSchema, handler, t } from '../../../dist/src/index.js';
import { Counters, flusherCell } from '../../../dist/src/metrics/cells/counters.js';
import { BlockClaims, type Sighting } from '../../../dist/src/ring/block-claims.js';
import { Progress } from '../../../dist/src/ring/progress.js';
import { LabelDictionary } from '../../../dist/src/schema/block/label-dictionary.js';
import { BatchReader } from '../../../dist/src/schema/read/batch-reader.js';

const schema = defineSchema('events', { i: t.int32() });

/** A batch of six rows, of two full blocks. */
function scene(duplicates?: Duplicates) {
  const cells = { memory: new SharedArrayBuffer(8), each: 1 };
  const sink = { ...handler('file:///no-thread-loads-it.mjs'), cells };
  const shared = createShared(resolveConfig({ schema, sink, flushSize: 3, bufferSize: 12 }), threadId);
  const producer = new EventProducer(shared, 0, 0, new LabelDictionary(shared.labels), () => {});
  for (let i = 0; i < 6; i++) producer.push({ i });
  const claims = new BlockClaims(shared.ring, claimerOf(shared, 1));
  const found: Sighting[] = [];
  claims.survey(found);
  for (const { block, ticket } of found) expect(claims.tryClaim(block, ticket)).toBe(true);
  const parts = found.map(({ block }) => ({ block, from: 0, to: 3 }));
  const counters = new Counters(shared.counters, shared.maxProducers, flusherCell);
  const { layout } = new FlowSchemas(shared).blocksOf(0);
  const reader = new BatchReader(layout, shared.ring, new LabelDictionary(shared.labels));
  const sinkCells = sinkCellsOf(shared, sink, 1);
  const tools = {
    ...{ claims, counters, settlement: settlementOf(counters), listened: () => false },
    ...{ log: new RowLog(shared.givenUp), storedBefore: new StoredBefore(shared.storedBefore) },
    cells: duplicates === undefined ? sinkCells : undefined,
  };
  const rows = takeRows(schema, reader, parts, tools, duplicates);
  const progress = new Progress(shared.ring);
  /** How many blocks are free, how many rows are in the ring, and how many are in flight. */
  const usage = () => [progress.usage().freeBlocks, progress.waiting, counters.get('inFlight')];
  return { rows, counters, usage, sinkCells };
}

test('a block is free as soon as its own rows have ended, in whatever order', () => {
  const { rows, usage, counters } = scene();
  expect(usage()).toEqual([2, 6, 6]);
  rows.end([1, 2, 4], 'failed');
  // A block is settled as far as all of its rows have ended.
  expect(usage()).toEqual([2, 6, 6]);
  expect(rows.left).toEqual([0, 3, 5]);
  expect(rows.outOfOrder).toEqual([0, 3, 5]);
  rows.end([3], 'committed');
  expect(usage()).toEqual([2, 4, 4]);
  rows.end([0], 'deadLettered');
  expect(usage()).toEqual([3, 1, 1]);
  rows.end([5], 'committed');
  expect([...usage(), rows.haveEnded]).toEqual([4, 0, 0, true]);
  expect(['committed', 'failed', 'deadLettered'].map((name) => counters.get(name as 'failed'))).toEqual([
    2, 3, 1,
  ]);
});

test('rows that are released before they end wait again, and are in flight no longer', () => {
  const { rows, usage } = scene();
  rows.end([0], 'committed');
  rows.release();
  rows.release();
  expect(usage()).toEqual([2, 5, 0]);
});

test('cells of the sink change with a batch, and what they noted is crossed out', () => {
  const { rows, sinkCells, counters } = scene();
  sinkCells?.stage([0], 1, [7]);
  rows.committed([0, 1, 2, 3, 4, 5], 0);
  sinkCells?.recover(() => expect.fail('nothing is to be settled'));
  expect([sinkCells?.get(0), counters.get('committed')]).toEqual([7, 6]);
});

test('rows that the target had already are counted as both', () => {
  const { rows, counters, usage } = scene();
  rows.end([0, 1, 2, 3, 4, 5], 'skipped');
  expect([counters.get('committed'), counters.get('skipped'), ...usage()]).toEqual([6, 6, 4, 0, 0]);
});

test('a newer row of a key is settled with the older one in an earlier block, and not before', () => {
  // Row 3 stands for row 1; all others stand for themselves.
  const next = Int32Array.of(-1, -1, -1, 1, -1, -1);
  const { rows, usage, counters } = scene({ kept: [0, 2, 3, 4, 5], next, merged: false, errors: new Map() });
  rows.end([3, 4, 5], 'committed');
  // Row 1 has ended with row 3, but row 0 before it has not.
  expect(usage()).toEqual([2, 6, 6]);
  rows.end([0], 'committed');
  expect(usage()).toEqual([3, 1, 1]);
  rows.end([2], 'committed');
  expect([...usage(), counters.get('committed'), counters.get('duplicates')]).toEqual([4, 0, 0, 5, 1]);
});
