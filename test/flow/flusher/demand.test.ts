/**
 * Rows for whose commit a caller waits: which of them make a batch due.
 */
import { expect, test } from 'vitest';
import { Demand } from '../../../dist/src/flow/flusher/demand.js';
import { FlushPolicy } from '../../../dist/src/flow/flusher/flush-policy.js';
import { LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { BlockClaims } from '../../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../../dist/src/ring/block-lease.js';
import { createRingMemory } from '../../../dist/src/ring/layout.js';

/** A producer's block whose first row has the number `first`; 4 rows are published. */
function blockFrom(first: number) {
  const ring = createRingMemory(4, 64);
  const slots = ProducerSlots.create(2);
  const lease = new BlockLease(ring, 2);
  expect(lease.open(0, first)).toBe(true);
  lease.publish(4, 0);
  const claims = new BlockClaims(ring, 9);
  const demand = new Demand({ ring, slots: slots.memory, maxProducers: 2, rowsPerBlock: 4 });
  const settle = (rows: number) => {
    expect(claims.tryClaim(lease.block, 0)).toBe(true);
    claims.taken(lease.block, rows);
    claims.settle(lease.block, rows);
    claims.finish(lease.block);
  };
  return { slots, lease, claims, demand, settle, isWanted: () => demand.isFor(lease.block) };
}

test.each([0, 5, 2 ** 31 - 2, 2 ** 31, 2 ** 32 - 3])(
  'a row of the block is wanted, until it is settled (from %d)',
  (first) => {
    const { slots, settle, isWanted } = blockFrom(first);
    slots.want(1, first + 2);
    expect(isWanted()).toBe(true);
    settle(1);
    expect(isWanted()).toBe(true);
    settle(2);
    expect(isWanted()).toBe(false);
  },
);

test('a row of a later block makes those before it wanted, as far ahead as the ring has rows', () => {
  const { slots, settle, isWanted } = blockFrom(1000);
  for (const wanted of [1005, 1016]) {
    slots.want(1, wanted);
    expect(isWanted()).toBe(true);
  }
  slots.want(1, 1017);
  expect(isWanted()).toBe(false);
  slots.want(1, 1008);
  settle(4);
  expect(isWanted()).toBe(false);
});

test('what was wanted long ago makes no row wanted', () => {
  const { slots, isWanted } = blockFrom(1000);
  for (const wanted of [0, 1000, 1000 - 2 ** 31, 1000 + 2 ** 31 - 1]) {
    slots.want(1, wanted);
    expect(isWanted()).toBe(false);
  }
  // Another producer's rows.
  slots.want(0, 1002);
  expect(isWanted()).toBe(false);
});

test('a full batch and a deadline come first; a flush under way holds up only the wish', () => {
  const { slots, claims, demand } = blockFrom(0);
  const settings = new LiveSettings();
  settings.flushSize = 10;
  settings.flushIntervalMs = 100;
  let busy = true;
  const policy = new FlushPolicy(
    claims,
    settings,
    () => 0,
    (_, blocks) => !busy && blocks.some(({ block }) => demand.isFor(block)),
  );
  slots.want(1, 1);
  expect(policy.look(50)).toMatchObject({ due: undefined, rowsToGo: 6, sleepMs: 50 });
  busy = false;
  expect(policy.look(50).due).toMatchObject({ trigger: 'demand', lateMs: 0, waitedMs: 50 });
  expect(policy.look(100).due).toMatchObject({ trigger: 'deadline' });
  settings.flushSize = 4;
  expect(policy.look(50).due).toMatchObject({ trigger: 'size' });
});
