/**
 * Producers and flushers of a flow with `dedupe`: what is proved sound here is searched for faults there.
 */
import { addProducer } from '../../../ring/interleavings/producer-thread.js';
import type { DedupeCode } from './damaged-dedupe.js';
import { addCloser, addDedupeFlusher } from './dedupe-flusher.js';
import { KeyedRing, producer } from './keyed-ring.js';

interface Faults {
  readonly code?: DedupeCode;
}

/** The only flusher dies, and is started again. Its sink stores the first row of a batch after the others. */
export function flusherDies(faults: Faults = {}, deaths = 1): KeyedRing {
  const ring = new KeyedRing({ blocks: 2, rowsPerBlock: 2, keys: [0, 1, 1] });
  addProducer(ring, producer, { blocks: [[2], [1]] });
  addDedupeFlusher(ring, 0, { ...faults, flushSize: 2, deaths, refusesFirst: true });
  return ring;
}

/** The same, where rows wait until those of three keys are there. */
export function flusherDiesOverKeys(faults: Faults = {}): KeyedRing {
  const ring = new KeyedRing({ blocks: 2, rowsPerBlock: 2, keys: [0, 1, 1, 2] });
  const last = addProducer(ring, producer, { blocks: [[2], [2]] });
  addDedupeFlusher(ring, 0, { ...faults, flushSize: 3, waits: true, deaths: 1, refusesFirst: true });
  addCloser(ring, last);
  return ring;
}

/** The same, where the ring is full before. */
export function flusherDiesOnFullRing(faults: Faults = {}): KeyedRing {
  const ring = new KeyedRing({ blocks: 2, rowsPerBlock: 1, keys: [0, 0, 0] });
  const last = addProducer(ring, producer, { blocks: [[1], [1], [1]] });
  addDedupeFlusher(ring, 0, { ...faults, flushSize: 3, waits: true, deaths: 1 });
  addCloser(ring, last);
  return ring;
}

/** One of two flushers dies, and is started again. */
export function oneOfTwoDies(faults: Faults = {}): KeyedRing {
  const ring = new KeyedRing({ blocks: 1, rowsPerBlock: 2, keys: [0, 0], unordered: true });
  addProducer(ring, producer, { blocks: [[1, 2]] });
  addDedupeFlusher(ring, 0, { ...faults, flushSize: 2 });
  addDedupeFlusher(ring, 1, { ...faults, flushSize: 2, deaths: 1 });
  return ring;
}

/** The same, where rows wait until those of two keys are there. */
export function oneOfTwoDiesOverKeys(faults: Faults = {}): KeyedRing {
  const ring = new KeyedRing({ blocks: 1, rowsPerBlock: 3, keys: [0, 0, 1], unordered: true });
  const last = addProducer(ring, producer, { blocks: [[2, 3]] });
  addDedupeFlusher(ring, 0, { ...faults, flushSize: 2, waits: true });
  addDedupeFlusher(ring, 1, { ...faults, flushSize: 2, waits: true, deaths: 1 });
  addCloser(ring, last);
  return ring;
}

/** Two flushers read the keys of the only block; one frees it, and it is opened for other rows. */
export function blockIsReopened(faults: Faults = {}): KeyedRing {
  const ring = new KeyedRing({ blocks: 1, rowsPerBlock: 2, keys: [0, 0, 1], unordered: true });
  const last = addProducer(ring, producer, { blocks: [[1, 2], [1]] });
  addDedupeFlusher(ring, 0, { ...faults, flushSize: 2, waits: true });
  addDedupeFlusher(ring, 1, { ...faults, flushSize: 2, waits: true });
  addCloser(ring, last);
  return ring;
}

/** Two flushers, where rows of a third key wait behind those of the two that fill a batch. */
export function rowsWaitBehind(faults: Faults = {}): KeyedRing {
  const ring = new KeyedRing({ blocks: 3, rowsPerBlock: 1, keys: [0, 1, 2], unordered: true });
  const last = addProducer(ring, producer, { blocks: [[1], [1], [1]] });
  addDedupeFlusher(ring, 0, { ...faults, flushSize: 2, waits: true });
  addDedupeFlusher(ring, 1, { ...faults, flushSize: 2, waits: true });
  addCloser(ring, last);
  return ring;
}
