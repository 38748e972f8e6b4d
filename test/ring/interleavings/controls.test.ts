/**
 * Faults put in on purpose: a search that does not find them proves nothing.
 */
import { expect, test } from 'vitest';
import { damage } from './damaged-code.js';
import { addFlusher } from './flusher-thread.js';
import { addProducer } from './producer-thread.js';
import { findFailure } from './proof.js';
import { type RingCode, TinyRing } from './tiny-ring.js';

const bounds = { preemptions: 2 };

/** Two producers that take turns with one block, and two flushers. */
function busyRing(code: RingCode): TinyRing {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2, code });
  addProducer(ring, 1, { blocks: [[1]] });
  addProducer(ring, 2, { blocks: [[2]] });
  addFlusher(ring, 11);
  addFlusher(ring, 12);
  return ring;
}

test('finds a producer that publishes rows before it writes them', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1, 2]], publishesEarly: true });
  addFlusher(ring, 11);
  findFailure(ring, bounds, /is torn/);
});

test('finds a flusher that sleeps without another look', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1]] });
  addFlusher(ring, 11, { sleepsBlindly: true });
  findFailure(ring, bounds, /wait for ever|blocks are free/);
});

test('finds a flusher that lets a block go before it settles it', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1]] });
  addFlusher(ring, 11, { finishesFirst: true });
  addFlusher(ring, 12);
  findFailure(ring, bounds, /is taken, and was .*delivered|delivered, and was .*delivered/);
});

test("finds the same by the ring's own assertions", () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1]] });
  addFlusher(ring, 11, { finishesFirst: true });
  addFlusher(ring, 12);
  findFailure(ring, { ...bounds, asserting: true }, /thread 11 .*breaks "only the claim's holder writes"/);
});

test('finds a block that is freed before its rows are settled', async () => {
  // Free as soon as all is taken; and say only then, still under the claim, that it is settled.
  const code = await damage('block-claims.js', [
    ['headers.settle(block, to);', ''],
    ['const committed = headers.committed(block);', 'const committed = headers.taken(block);'],
    ['headers.take(block, committed);', ''],
    [
      '        this.#release(block);\n        if (free)',
      '        headers.settle(block, committed);\n        this.#release(block);\n        if (free)',
    ],
  ]);
  findFailure(busyRing(code), bounds, /comes before|lost/);
});

test('finds a producer that owns a block before it has reset its words', async () => {
  const code = await damage('block-headers.js', [['+ OWNER, 0, -this.id)', '+ OWNER, 0, this.id)']]);
  findFailure(busyRing(code), bounds, /lost|torn|schema/);
});

test('finds a claim without a second look at the owner', async () => {
  const code = await damage('block-claims.js', [['headers.owner(block) > 0 && ', '']]);
  findFailure(busyRing(code), bounds, /lost|torn|schema/);
});

test('finds a claim without a second look at the ticket', async () => {
  const code = await damage('block-claims.js', [[' > 0 && headers.ticket(block) === ticket', ' > 0']]);
  findFailure(busyRing(code), bounds, /schema/);
});

test('finds a seal that nobody is woken for', async () => {
  const seal = 'this.#block = -1;\n        this.#control.work.signal();';
  const code = await damage('block-lease.js', [[seal, 'this.#block = -1;']]);
  findFailure(busyRing(code), bounds, /for ever|only 0 blocks are free/);
});

test('finds a damaged module that has changed since the damage was written', async () => {
  await expect(damage('layout.js', [['no such text', '']])).rejects.toThrow('does not have this once');
});
