/**
 * Threads that die before any of their steps, and the supervisor that cleans up after them, in every
 * interleaving with those that live on.
 */
import { test } from 'vitest';
import { addFlusher } from './flusher-thread.js';
import { addProducer } from './producer-thread.js';
import { proveSound } from './proof.js';
import { addSupervisor, addUndertaker } from './supervisor-thread.js';
import { TinyRing } from './tiny-ring.js';

test('rows that a dead flusher had taken are delivered by another', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1, 2]] });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 2 });
});

test('a flusher that dies while it frees a block leaves no producer without room', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1], [1]] });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 1 });
});

test('a flusher that dies while it commits leaves nobody waiting for the commit', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1]], waitsForCommit: true });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 1 });
});

test('what a dead producer had published is delivered, and its blocks come back', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2 });
  addUndertaker(ring, addProducer(ring, 1, { blocks: [[1]], mortal: true }), 1);
  addProducer(ring, 2, { blocks: [[2]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 1 });
});

test('a producer that dies while it drops a block leaves the block to the flusher', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1 });
  addUndertaker(ring, addProducer(ring, 1, { blocks: [[1], [1]], evicts: true, mortal: true }), 1);
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 1 });
});

test('a flusher that dies between the rows of a block leaves those that it had not settled', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 3 });
  addProducer(ring, 1, { blocks: [[2, 3]] });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true, settlesRows: true }), 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 1 });
});

test('a flusher that dies with two blocks lets both go, and a producer finds room', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  addProducer(ring, 1, { blocks: [[1], [1], [1]] });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true, flushSize: 2 }), 11);
  addFlusher(ring, 12);
  proveSound(ring, { preemptions: 1 });
});

test('the only flusher dies, and goes on where it was when it is started again', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1, 2], [1]], waitsForCommit: true });
  const supervisor = addSupervisor(ring, addFlusher(ring, 11, { mortal: true, settlesRows: true }), 11);
  addFlusher(ring, 11, { after: supervisor });
  proveSound(ring, { preemptions: 2 });
});

test('two flushers die', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[1, 2]] });
  const supervisor = addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addSupervisor(ring, addFlusher(ring, 12, { mortal: true, settlesRows: true }), 12);
  addFlusher(ring, 11, { after: supervisor });
  proveSound(ring, { preemptions: 1, deaths: 2 });
});

test('a flusher dies, and so does the one in its place', () => {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 2 });
  addProducer(ring, 1, { blocks: [[2], [1]], waitsForCommit: true });
  const first = addSupervisor(ring, addFlusher(ring, 11, { mortal: true, settlesRows: true }), 11);
  const second = addSupervisor(ring, addFlusher(ring, 11, { mortal: true, after: first }), 11);
  addFlusher(ring, 11, { after: second });
  proveSound(ring, { preemptions: 1, deaths: 2 });
});

test('a producer and a flusher die', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2 });
  addUndertaker(ring, addProducer(ring, 1, { blocks: [[1, 2], [1]], mortal: true }), 1);
  addProducer(ring, 2, { blocks: [[1]] });
  const supervisor = addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addFlusher(ring, 11, { after: supervisor });
  proveSound(ring, { preemptions: 0, deaths: 2 });
});

test('a producer that dies leaves room to one that waits for it', () => {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1 });
  addUndertaker(ring, addProducer(ring, 1, { blocks: [[1], [1]], mortal: true }), 1);
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  proveSound(ring, { preemptions: 1 });
});
