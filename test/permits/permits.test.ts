/**
 * A holder that was taken for dead, and lives: what it had is another's by now.
 */
import { expect, test } from 'vitest';
import { createPermitMemory } from '../../dist/src/permits/permit-memory.js';
import { Permits } from '../../dist/src/permits/permits.js';
import { Places } from '../../dist/src/permits/places.js';

/** Two holders of one permit, by the marks of their threads. */
function scene() {
  const memory = createPermitMemory(1);
  const places = new Places(memory);
  const holders = [1, 2].map(
    (mark) =>
      new Permits(
        memory,
        places.take(9, 0, () => false),
        mark,
      ),
  );
  return { places, holders: holders as [Permits, Permits] };
}

test('it does not give back what another has got since', () => {
  const { places, holders } = scene();
  const [slow, other] = holders;
  expect(slow.tryTake()).toBe(true);
  places.freeDead((mark) => mark === 1);
  expect(other.tryTake()).toBe(true);
  slow.giveBack();
  expect(places.usage().held).toBe(1);
  other.giveBack();
  other.giveBack();
  expect(places.usage().held).toBe(0);
});

test('the one that has waited longest is next, and the others after it', () => {
  const { places, holders } = scene();
  const [first, second] = holders;
  expect(first.tryTake()).toBe(true);
  second.request();
  first.giveBack();
  first.request();
  expect(places.usage()).toEqual({ held: 0, waiting: 2 });
  expect(first.tryTake()).toBe(false);
  expect(second.tryTake()).toBe(true);
  expect(first.tryTake(true)).toBe(false);
  second.giveBack();
  expect([first.tryTake(), places.usage()]).toEqual([true, { held: 1, waiting: 0 }]);
});
