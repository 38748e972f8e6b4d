/**
 * What a producer tells flushers, and what it knows of its own block.
 */
import { expect, test } from 'vitest';
import { BlockClaims } from '../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../dist/src/ring/block-lease.js';
import { createRingMemory } from '../../dist/src/ring/layout.js';
import { Parking } from '../../dist/src/ring/parking.js';
import { RingControl } from '../../dist/src/ring/ring-control.js';
import { wakes } from '../fixtures/meanwhile.js';

function ring() {
  const memory = createRingMemory(1, 8);
  return { memory, lease: new BlockLease(memory, 1), work: new RingControl(memory).work };
}

test('a producer that finds no free block wakes flushers, once', () => {
  const { memory, lease, work } = ring();
  expect(lease.open(0, 0)).toBe(true);
  lease.publish(1, 0);
  const other = new BlockLease(memory, 2);
  expect(wakes(work, () => expect(other.open(0, 0)).toBe(false))).toBe(true);
  expect(wakes(work, () => expect(other.open(0, 0)).toBe(false))).toBe(false);
});

test('a publish wakes flushers when it reaches their alarm, and a seal in any case', () => {
  const { memory, lease, work } = ring();
  const parking = new Parking(memory);
  lease.open(0, 0);
  lease.publish(1, 0);
  parking.announce(parking.total, 2);
  expect(wakes(work, () => lease.publish(2))).toBe(false);
  expect(wakes(work, () => lease.publish(3))).toBe(true);
  parking.announce(parking.total, 100);
  expect(wakes(work, () => lease.seal())).toBe(true);
});

test('a row that is published while others wait starts no wait of its own', () => {
  const { memory, lease } = ring();
  const claims = new BlockClaims(memory, 11);
  lease.open(0, 0);
  expect(lease.nothingWaits).toBe(true);
  lease.publish(1, 0);
  expect(lease.nothingWaits).toBe(false);
  expect(claims.tryClaim(0, 0)).toBe(true);
  claims.taken(0, 1);
  expect(lease.nothingWaits).toBe(true);
});
