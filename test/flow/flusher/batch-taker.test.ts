/**
 * Which rows a batch takes: no more than it may have, and those that may kill their flusher alone.
 */
import { expect, test } from 'vitest';
import { BatchTaker } from '../../../dist/src/flow/flusher/batch-taker.js';
import type { Due } from '../../../dist/src/flow/flusher/flush-policy.js';
import { BlockClaims, type Sighting } from '../../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../../dist/src/ring/block-lease.js';
import { createRingMemory } from '../../../dist/src/ring/layout.js';
import { releaseClaims } from '../../../dist/src/ring/recovery.js';
import { layOut } from '../../../dist/src/schema/block/block-layout.js';
import { createLabelMemory, LabelDictionary } from '../../../dist/src/schema/block/label-dictionary.js';
import { t } from '../../../dist/src/schema/columns/columns.js';
import { defineSchema } from '../../../dist/src/schema/columns/schema.js';
import { BatchReader } from '../../../dist/src/schema/read/batch-reader.js';

const schema = defineSchema('numbers', { n: t.int32() });
const all = Number.MAX_SAFE_INTEGER;

/** A ring with blocks of so many rows, and a flusher that makes batches of at most five. */
function scene(...rows: number[]) {
  const layout = layOut(schema, 8, 0);
  const memory = createRingMemory(4, layout.end);
  const lease = new BlockLease(memory, 1);
  for (const count of rows) {
    lease.open(0, 0);
    lease.publish(count, 0);
    lease.seal();
  }
  const claims = new BlockClaims(memory, 10);
  const reader = new BatchReader(layout, memory, new LabelDictionary(createLabelMemory(1)));
  const nothing = { add() {}, observe() {}, raise() {} };
  const taker = new BatchTaker({
    ...{ dedupe: undefined, readers: { of: () => ({ schema, reader }) }, settings: { flushSize: 5 } },
    ...{ maxDeliveries: 2, meters: [nothing], settle: { claims, counters: nothing } },
  } as never);
  const look = () => {
    const found: Sighting[] = [];
    claims.survey(found);
    return found;
  };
  const due = (): Due => ({ schema: 0, trigger: 'size', blocks: look(), waitedMs: 0, lateMs: 0 });
  /** Another flusher takes rows of some blocks, and dies. */
  const die = (blocks: readonly Sighting[], room = all) => {
    const dying = new BlockClaims(memory, 11);
    for (const { block, ticket } of blocks) {
      expect(dying.tryClaim(block, ticket)).toBe(true);
      dying.taken(block, dying.waiting(block, room).to);
    }
    releaseClaims(memory, 11);
  };
  return { taker, claims, look, due, die };
}

test('a batch is filled from several blocks, and leaves the rest', () => {
  const { taker, due, look } = scene(3, 4);
  const batch = taker.take(due());
  expect(batch).toMatchObject({ rows: { length: 5 }, suspicion: undefined, trigger: 'size' });
  batch?.rows.release();
  expect(look().map(({ waiting }) => waiting)).toEqual([3, 4]);
});

test('a block that others hold is passed over, and without a block there is no batch', () => {
  const { taker, due, claims } = scene(3, 4);
  const seen = due();
  const [first] = seen.blocks as [Sighting];
  const other = taker.take(seen);
  expect(taker.take(seen)).toBe(undefined);
  other?.rows.release();
  expect(claims.tryClaim(first.block, first.ticket)).toBe(true);
  expect(taker.take(seen)).toMatchObject({ rows: { length: 4 } });
});

test('rows that killed too many flushers go without those of other blocks, half as many as at the last death', () => {
  const { taker, claims, due, look, die } = scene(2, 4, 1);
  const [first] = look() as [Sighting];
  const second = () => [look()[1] as Sighting];
  die(second());
  expect(taker.isSuspect(due())).toBe(false);
  die(second());
  // Those before them do not wait for them.
  const before = taker.take(due());
  expect(before).toMatchObject({ rows: { length: 2 }, suspicion: undefined });
  claims.settle(first.block, 2);
  claims.finish(first.block);
  const suspects = due();
  expect(taker.isSuspect(suspects)).toBe(true);
  expect(taker.take(suspects)).toMatchObject({ rows: { length: 2 }, suspicion: { deaths: 2, half: 2 } });
});

test('blocks without waiting rows are freed', () => {
  const { taker, claims, look } = scene(2);
  const [{ block, ticket }] = look() as [Sighting];
  expect(claims.tryClaim(block, ticket)).toBe(true);
  claims.settle(block, 2);
  claims.letGo(block);
  expect(look()).toMatchObject([{ waiting: 0 }]);
  taker.free(look());
  expect(look()).toEqual([]);
});
