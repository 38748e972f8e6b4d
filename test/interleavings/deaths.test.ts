/**
 * Threads that die before any of their steps, and the supervisor that cleans up after them, in every
 * interleaving with those that live on.
 */
import { test } from 'vitest';
import { addFlusher, addSupervisor } from './flusher-thread.js';
import { addProducer } from './producer-thread.js';
import { proveSound } from './proof.js';
import { TinyRing } from './tiny-ring.js';

test('rows that a dead flusher had taken are delivered by another', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2, redelivery: true });
  addProducer(ring, 1, { blocks: [[1, 2]] });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 2 });
});

test('a flusher that dies while it frees a block leaves no producer without room', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1, redelivery: true });
  addProducer(ring, 1, { blocks: [[1], [1]] });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 1 });
});

test('a flusher that dies while it commits leaves nobody waiting for the commit', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1, redelivery: true });
  addProducer(ring, 1, { blocks: [[1]], waitsForCommit: true });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 1 });
});

test('what a dead producer had published is delivered, and its blocks come back', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2 });
  addSupervisor(ring, addProducer(ring, 1, { blocks: [[1]], mortal: true }), 1);
  addProducer(ring, 2, { blocks: [[2]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 1 });
});

test('a producer that dies while it drops a block leaves the block to the flusher', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1, redelivery: true });
  addSupervisor(ring, addProducer(ring, 1, { blocks: [[1], [1]], evicts: true, mortal: true }), 1);
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 1 });
});
