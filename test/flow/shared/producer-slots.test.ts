/**
 * Slots of producers: their holders are told apart, and what a closed one wants harms no other.
 */
import { expect, test } from 'vitest';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';

test('a slot that was given back has another holder from then on', () => {
  const slots = ProducerSlots.create(2);
  expect(slots.take(7)).toBe(0);
  const holder = slots.holder(0);
  expect(slots.isHeldBy(0, holder)).toBe(true);
  slots.activate(0);
  slots.free(0);
  expect(slots.anyActive).toBe(false);
  expect(slots.isHeldBy(0, holder)).toBe(false);
  expect([...slots.held()]).toEqual([]);
  expect(slots.take(8)).toBe(0);
  expect(slots.isHeldBy(0, holder)).toBe(false);
  expect([...slots.held()]).toMatchObject([{ slot: 0, holder: holder + 1, thread: 8 }]);
});

test('the last slot is kept for the own producer', () => {
  const slots = ProducerSlots.create(2);
  expect([slots.take(1), slots.take(1), slots.takeOwn(1), slots.takeOwn(1)]).toEqual([0, -1, 1, -1]);
});

test('a closed producer wants rows of its own, and takes nothing back that the next one wants', () => {
  const slots = ProducerSlots.create(2);
  slots.wantOfClosed(0, 5);
  expect(slots.wanted(0)).toBe(5);
  slots.want(0, 9);
  slots.wantOfClosed(0, 7);
  expect(slots.wanted(0)).toBe(9);
  // Numbers wrap.
  slots.want(0, 2 ** 31 - 1);
  slots.wantOfClosed(0, 2 ** 31 + 1);
  expect(slots.wanted(0)).toBe((2 ** 31 + 1) | 0);
});
