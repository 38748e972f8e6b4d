/**
 * Deduplication in every interleaving of a producer and its flushers, which die before any of their steps: the store
 * ends with the newest row of each key, no row is settled before one that stands for it is stored, and each is settled
 * and counted once.
 */
import { describe, test } from 'vitest';
import { proveSound } from '../../../ring/interleavings/proof.js';
import {
  blockIsReopened,
  flusherDies,
  flusherDiesOnFullRing,
  flusherDiesOverKeys,
  oneOfTwoDies,
  oneOfTwoDiesOverKeys,
  rowsWaitBehind,
} from './scenarios.js';

/** More for a longer search: with 2 some take minutes. */
const bounds = { preemptions: Number(process.env.BATCHFLOW_PREEMPTIONS ?? 1) };
const fewer = { preemptions: bounds.preemptions - 1 };

describe('one flusher, which dies and is started again', () => {
  test('takes rows as they come', () => proveSound(flusherDies(), bounds));
  test('dies twice', () => proveSound(flusherDies({}, 2), { ...fewer, deaths: 2 }));
  test('waits for as many keys as a batch has', () => proveSound(flusherDiesOverKeys(), bounds));
  test('takes rows of a full ring before', () => proveSound(flusherDiesOnFullRing(), fewer));
});

describe('two flushers', () => {
  test('take rows as they come, and one dies', () => proveSound(oneOfTwoDies(), bounds));
  test('wait for as many keys as a batch has, and one dies', () => proveSound(oneOfTwoDiesOverKeys(), fewer));
  test('read keys of a block that is opened for other rows', () => proveSound(blockIsReopened(), bounds));
  test('leave rows behind a batch to each other', () => proveSound(rowsWaitBehind(), bounds));
});
