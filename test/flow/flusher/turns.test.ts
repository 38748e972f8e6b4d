/**
 * A flusher that waits for a permit: in its turn, out of turn when nothing comes, and not any more at a stop.
 */
import { expect, test } from 'vitest';
import { Turns } from '../../../dist/src/flow/flusher/turns.js';
import { createPermitMemory } from '../../../dist/src/permits/permit-memory.js';
import { Permits } from '../../../dist/src/permits/permits.js';
import { Places } from '../../../dist/src/permits/places.js';

/** So many holders of one permit. */
function holders(count: number): Permits[] {
  const memory = createPermitMemory(1);
  const places = new Places(memory);
  return Array.from(
    { length: count },
    (_, i) =>
      new Permits(
        memory,
        places.take(1, 0, () => false),
        i + 1,
      ),
  );
}

test('the next batch has a permit at once when one is free, and gives it back when it is not taken', async () => {
  const [own, other] = holders(2) as [Permits, Permits];
  const turns = new Turns(own, new AbortController().signal, () => {});
  expect(turns.ready()).toBe(true);
  expect(other.tryTake()).toBe(false);
  turns.spare();
  expect(other.tryTake()).toBe(true);
  expect(turns.ready()).toBe(false);
  const waits = turns.wait();
  other.giveBack();
  await waits;
  expect(turns.ready()).toBe(true);
  const turn = turns.start();
  turns.spare();
  expect(other.tryTake()).toBe(false);
  turn.pause();
  turn.pause();
  expect(other.tryTake()).toBe(true);
});

test('a flush and a batch that wait go on when the flow stops, without a permit', {
  timeout: 5000,
}, async () => {
  const [own, other] = holders(2) as [Permits, Permits];
  const stop = new AbortController();
  const turns = new Turns(own, stop.signal, () => {});
  const turn = turns.start();
  expect(other.tryTake()).toBe(true);
  turn.pause();
  const waits = [turn.resume(), turns.wait()];
  stop.abort();
  await Promise.all(waits);
  expect(turns.ready()).toBe(false);
});

test('one that was not woken for a while looks for dead threads, and takes a free permit out of turn', {
  timeout: 10_000,
}, async () => {
  const [own, dead] = holders(2) as [Permits, Permits];
  // It waits for longer, and never takes its turn.
  dead.request();
  let looks = 0;
  const turns = new Turns(own, new AbortController().signal, () => {
    looks++;
  });
  expect(turns.ready()).toBe(false);
  await turns.wait();
  expect([turns.ready(), looks > 0]).toEqual([true, true]);
});
