/**
 * What a claimer tells others: which threads it wakes, and what it leaves to the next look.
 */
import { expect, test } from 'vitest';
import { BlockClaims, type Sighting } from '../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../dist/src/ring/block-lease.js';
import { createRingMemory, header, headerAt } from '../../dist/src/ring/layout.js';
import { RingControl } from '../../dist/src/ring/ring-control.js';
import { meanwhile, wakes } from '../fixtures/meanwhile.js';

const all = Number.MAX_SAFE_INTEGER;

/** A ring of so many blocks, of which a producer has filled all with two rows each. */
function fullRing(blocks: number) {
  const memory = createRingMemory(blocks, 8);
  const lease = new BlockLease(memory, 1);
  for (let block = 0; block < blocks; block++) {
    lease.open(0, 2 * block);
    lease.publish(2, 0);
    lease.seal();
  }
  return { memory, lease, claims: new BlockClaims(memory, 11), control: new RingControl(memory) };
}

function seen(claims: BlockClaims): Sighting[] {
  const found: Sighting[] = [];
  claims.survey(found);
  return found;
}

/** Claim the oldest block and take its rows. */
function take(claims: BlockClaims): number {
  const { block, ticket } = seen(claims)[0] as Sighting;
  expect(claims.tryClaim(block, ticket)).toBe(true);
  claims.taken(block, claims.waiting(block, all).to);
  return block;
}

test('settled rows wake callers that wait for commits', () => {
  const { claims, control } = fullRing(2);
  const block = take(claims);
  expect(wakes(control.done, () => claims.settle(block, 1))).toBe(true);
});

test('a block that is free wakes producers; each second of four, those that wait for a good part of the ring', () => {
  const { claims, control } = fullRing(4);
  const woken = [1, 2, 3, 4].map(() => {
    const block = take(claims);
    claims.settle(block, 2);
    let roomy = false;
    const room = wakes(control.room, () => {
      roomy = wakes(control.roomy, () => claims.finish(block));
    });
    return [room, roomy];
  });
  expect(woken).toEqual([
    [true, false],
    [true, true],
    [true, false],
    [true, true],
  ]);
});

test('a block that is not free wakes no producer, but flushers: its rows wait again', () => {
  const { claims, control } = fullRing(1);
  const block = take(claims);
  claims.settle(block, 1);
  expect(wakes(control.room, () => expect(wakes(control.work, () => claims.finish(block))).toBe(true))).toBe(
    false,
  );
  expect(seen(claims)).toMatchObject([{ block, waiting: 1, settled: 1 }]);
});

test('rows that were taken and not settled wait since they were published, whatever comes after them', () => {
  const memory = createRingMemory(1, 8);
  const lease = new BlockLease(memory, 1);
  lease.open(0, 0);
  lease.publish(1, 100);
  const claims = new BlockClaims(memory, 11);
  const block = take(claims);
  expect(lease.nothingWaits).toBe(true);
  claims.finish(block);
  expect(lease.nothingWaits).toBe(false);
});

test('a block that was opened after a look began is left to the next one', () => {
  const memory = createRingMemory(2, 8);
  const claims = new BlockClaims(memory, 11);
  const open = (block: number) => {
    // The second producer starts at block 1.
    const lease = new BlockLease(memory, block === 0 ? 2 : 1);
    expect(lease.open(0, 0)).toBe(true);
    expect(lease.block).toBe(block);
    lease.publish(1, 0);
  };
  open(0);
  const found: Sighting[] = [];
  meanwhile(
    'load',
    headerAt(1) + header.OWNER,
    () => open(1),
    () => claims.survey(found),
  );
  expect(found).toMatchObject([{ block: 0 }]);
  expect(seen(claims)).toMatchObject([{ block: 0 }, { block: 1 }]);
});

test('a block is not claimed for what was seen in it when it was freed and opened for other rows since', () => {
  const { memory, lease, claims } = fullRing(1);
  const [old] = seen(claims);
  const other = new BlockClaims(memory, 12);
  const block = take(other);
  other.settle(block, 2);
  other.finish(block);
  expect(lease.open(0, 2)).toBe(true);
  lease.publish(1, 0);
  expect(claims.tryClaim(block, (old as Sighting).ticket)).toBe(false);
  expect(seen(claims)).toMatchObject([{ block, waiting: 1 }]);
});
