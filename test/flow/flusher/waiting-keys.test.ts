/**
 * The keys of waiting rows, where several flushers look at one ring.
 */
import { expect, test } from 'vitest';
import { BatchTaker } from '../../../dist/src/flow/flusher/batch-taker.js';
import { Dedupe } from '../../../dist/src/flow/flusher/dedupe.js';
import type { Due } from '../../../dist/src/flow/flusher/flush-policy.js';
import type { WaitingKeys } from '../../../dist/src/flow/flusher/waiting-keys.js';
import { BlockClaims, type Sighting } from '../../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../../dist/src/ring/block-lease.js';
import { createRingMemory } from '../../../dist/src/ring/layout.js';
import { releaseClaims } from '../../../dist/src/ring/recovery.js';
import { RingControl } from '../../../dist/src/ring/ring-control.js';
import { type Field, layOut } from '../../../dist/src/schema/block/block-layout.js';
import { createLabelMemory, LabelDictionary } from '../../../dist/src/schema/block/label-dictionary.js';
import { t } from '../../../dist/src/schema/columns/columns.js';
import { defineSchema } from '../../../dist/src/schema/columns/schema.js';
import { BatchReader } from '../../../dist/src/schema/read/batch-reader.js';
import { type Part, RingBlocks } from '../../../dist/src/schema/read/ring-blocks.js';

const rowsPerBlock = 8;
const schema = defineSchema('numbers', { n: t.int32() });

/** A ring of numbers with one producer. */
function setUp() {
  const layout = layOut(schema, rowsPerBlock, 0);
  const memory = createRingMemory(4, layout.end);
  const reader = new BatchReader(layout, memory, new LabelDictionary(createLabelMemory(1)));
  const rowsRead = { count: 0 };
  const read = reader.read.bind(reader);
  reader.read = (parts) => {
    for (const { from, to } of parts) rowsRead.count += to - from;
    return read(parts);
  };
  const blocks = new RingBlocks(layout, memory);
  const lease = new BlockLease(memory, 1);
  const push = (...numbers: number[]) => {
    for (const n of numbers) {
      if (lease.block < 0) expect(lease.open(0, 0)).toBe(true);
      blocks.views.I32[blocks.cellIndex(layout.fields[0] as Field, lease.block) + lease.published] = n;
      lease.publish(lease.published + 1, 0);
      if (lease.published === rowsPerBlock) lease.seal();
    }
  };
  const flusher = (id: number) => {
    const claims = new BlockClaims(memory, id);
    const spec = { by: { columns: ['n'] }, keep: 'last', schemas: {} } as const;
    const dedupe = new Dedupe(spec, { of: () => ({ schema, reader }) }, claims);
    const keys = dedupe.keys(0) as WaitingKeys;
    const look = () => {
      const found: Sighting[] = [];
      claims.survey(found);
      return found.filter(({ waiting }) => waiting > 0);
    };
    const read = (most: number) => {
      const found = look();
      keys.read(found, most);
      return keys.count;
    };
    /** Claim the first blocks, as a batch does. */
    const claim = (count: number) =>
      look()
        .slice(0, count)
        .map((seen) => {
          expect(claims.tryClaim(seen.block, seen.ticket)).toBe(true);
          const { from, to } = claims.waiting(seen.block, rowsPerBlock);
          return { block: seen.block, from, to: Math.min(to, keys.endOf(seen)) };
        });
    return { claims, dedupe, look, read, claim };
  };
  return { memory, reader, rowsRead, push, flusher };
}

test('each row is read once, over several blocks, and no more keys than a batch may have', () => {
  const { push, flusher } = setUp();
  const { dedupe, read, claim } = flusher(2);
  push(1, 2, 1);
  expect(read(4)).toBe(2);
  push(1, 1, 1, 3, 3, 3, 3);
  expect(read(4)).toBe(3);
  // 4 is the fourth key; 5 is one too many, and what is behind it waits, too.
  push(4, 1, 5, 1);
  expect(read(4)).toBe(4);
  const parts = claim(2);
  expect(parts.map(({ from, to }) => [from, to])).toEqual([
    [0, 8],
    [0, 4],
  ]);
  expect(dedupe.take(0, parts)?.kept).toEqual([1, 9, 10, 11]);
  expect(dedupe.mayHide).toBe(false);
});

test('rows are in sight of other flushers before and after they are read, and nobody is woken', () => {
  const { memory, push, flusher } = setUp();
  const { work } = new RingControl(memory);
  const [one, other] = [flusher(2), flusher(3)];
  push(1, 2);
  const epoch = work.announce();
  expect(one.read(9)).toBe(2);
  expect(work.waitAsync(epoch, 1)).toBeDefined();
  work.retire();
  expect(one.dedupe.mayHide).toBe(true);
  expect(other.read(9)).toBe(2);
  expect(one.look()).toHaveLength(1);
});

test('rows are read once by each flusher, though they look at the same time', () => {
  const { rowsRead, push, flusher } = setUp();
  const [one, other] = [flusher(2), flusher(3)];
  push(1, 2, 3, 4, 5, 6, 7, 8, 9, 1);
  expect([one.read(20), other.read(20)]).toEqual([9, 9]);
  const [seen] = one.look();
  for (const [holder, looker] of [
    [one, other],
    [other, one],
  ] as const) {
    expect(holder.claims.tryClaim((seen as Sighting).block, (seen as Sighting).ticket)).toBe(true);
    expect(looker.read(20)).toBe(9);
    holder.claims.letGo((seen as Sighting).block);
    expect(looker.read(20)).toBe(9);
  }
  expect(rowsRead.count).toBe(20);
});

test('keys of rows that another flusher took count no longer', () => {
  const { push, flusher } = setUp();
  const [one, other] = [flusher(2), flusher(3)];
  push(1, 2, 3, 4, 5, 6, 7, 8, 9, 1);
  expect(one.read(20)).toBe(9);
  expect(other.read(20)).toBe(9);
  const [first] = other.claim(1);
  // The block is out of sight, but its rows may only be looked at.
  expect(one.read(20)).toBe(9);
  other.claims.taken((first as Part).block, 8);
  // They are taken: of the rest, 9 and 1 are read anew.
  expect(one.read(20)).toBe(2);
  other.claims.settle((first as Part).block, 3);
  other.claims.finish((first as Part).block);
  // Back in sight, with fewer rows.
  expect(one.read(20)).toBe(7);
  const parts = one.claim(2);
  expect(one.dedupe.take(0, parts)?.kept).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('keys of blocks that another flusher holds do not keep those behind them unread', () => {
  const { push, flusher } = setUp();
  const [one, other] = [flusher(2), flusher(3)];
  push(1, 2, 3, 4, 5, 6, 7, 8, 9);
  expect(one.read(8)).toBe(8);
  expect(other.read(8)).toBe(8);
  // Before it says that it takes their rows.
  other.claim(1);
  expect(one.read(8)).toBe(1);
  expect(one.claim(1)).toMatchObject([{ from: 0, to: 1 }]);
});

test('a batch leaves out a block that another flusher took meanwhile', () => {
  const { push, flusher } = setUp();
  const [one, other] = [flusher(2), flusher(3)];
  push(1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9);
  expect(one.read(20)).toBe(9);
  other.claim(1);
  const parts = one.claim(2);
  expect(parts.map(({ from, to }) => [from, to])).toEqual([[0, 3]]);
  expect(one.dedupe.take(0, parts)?.kept).toEqual([0, 2]);
});

test('a suspect block that was not read does not keep the rows from going that were', () => {
  const { memory, reader, push, flusher } = setUp();
  const [one, dying] = [flusher(2), flusher(3)];
  push(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  const [first] = dying.look();
  expect(dying.claims.tryClaim((first as Sighting).block, (first as Sighting).ticket)).toBe(true);
  dying.claims.taken((first as Sighting).block, 8);
  expect(one.read(2)).toBe(2);
  releaseClaims(memory, 3);
  const { claims, dedupe } = one;
  const nothing = { add() {}, observe() {}, raise() {} };
  const taker = new BatchTaker({
    ...{ dedupe, readers: { of: () => ({ schema, reader }) }, settings: { flushSize: 2 }, maxDeliveries: 1 },
    ...{ meters: [nothing], settle: { claims, counters: nothing } },
  } as never);
  const due: Due = { schema: 0, trigger: 'size', blocks: one.look(), waitedMs: 0, lateMs: 0 };
  expect(due.blocks.map(({ deaths }) => deaths)).toEqual([1, 0]);
  expect(taker.take(due)).toMatchObject({ rows: { length: 2 }, suspicion: undefined });
});
