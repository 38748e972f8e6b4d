/**
 * Producers and flushers in every interleaving: no row is lost, torn, doubled or out of order, nobody sleeps
 * for ever, and in the end every block is free.
 */
import { test } from 'vitest';
import { addFlusher } from './flusher-thread.js';
import { addProducer } from './producer-thread.js';
import { proveSound } from './proof.js';
import { TinyRing } from './tiny-ring.js';

test('a producer and a flusher pass rows on, whenever either is interrupted', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1], [1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: Number.POSITIVE_INFINITY });
});

test('a flusher takes rows out of two blocks that are still being written', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1, 2], [1]] });
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 2 });
});

test('a flusher alone takes the rows of a producer in their order, over all of its blocks', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1], [1], [1]] });
  addFlusher(ring, 11, { alone: true });
  proveSound(ring, { preemptions: 2 });
});

test('two flushers share the blocks of one producer', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1, 2], [1]] });
  addFlusher(ring, 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 2 });
});

test('a block whose rows do not fit into one batch is committed in parts', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 3 });
  addProducer(ring, 1, { blocks: [[1, 3]] });
  addFlusher(ring, 11, { room: 1 });
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 2 });
});

test('two producers and two flushers', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1]] });
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 2 });
});

test('a block that is opened again is not taken for what it held before', () => {
  // The ring in which the controls look for damage.
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1]] });
  addProducer(ring, 2, { blocks: [[2]] });
  addFlusher(ring, 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 2 });
});

test('a flusher that gives up a claim leaves the rows to another', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1, 2]] });
  addFlusher(ring, 11, { abandons: true });
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 2 });
});

test('two flushers wake up when rows of several blocks make a batch', () => {
  const ring = new TinyRing({ blocks: 3, rowsPerBlock: 1, leftOpen: { rows: 1 } });
  addProducer(ring, 1, { blocks: [[1]], open: true });
  addProducer(ring, 2, { blocks: [[1]], open: true });
  addFlusher(ring, 11, { flushSize: 2 });
  addFlusher(ring, 12, { flushSize: 2 });
  proveSound(ring, { preemptions: 2 });
});
