/**
 * Producers that wait for room or make it, and those who wait for commits, in every interleaving.
 */
import { test } from 'vitest';
import { addFlusher } from './flusher-thread.js';
import { addProducer, addWaiter } from './producer-thread.js';
import { proveSound } from './proof.js';
import { TinyRing } from './tiny-ring.js';

test('producers that find the ring full wait for room', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1], [1]] });
  addProducer(ring, 2, { blocks: [[1], [1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 2 });
});

test('a producer waits until each of its parts is committed', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1, 2]], waitsForCommit: true });
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 2 });
});

test('a flush waits for the rows that were there, not for those that came into the same block later', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2, leftOpen: { rows: 0 } });
  addProducer(ring, 1, { blocks: [[2], [1]], open: true });
  addFlusher(ring, 11);
  addWaiter(ring);
  proveSound(ring, { preemptions: 3 });
});

test('a producer drops the oldest sealed block while a flusher takes it', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1], [1], [1]], evicts: true });
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 2 });
});

test('two producers drop blocks, of each other too', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1], [1]], evicts: true });
  addProducer(ring, 2, { blocks: [[1], [1]], evicts: true });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 2 });
});

test('a producer that drops its own rows hides no work from a flusher', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1], [1]], evicts: true });
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 2 });
});
