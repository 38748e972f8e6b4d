/**
 * The log of rows that were given up: what it remembers of each producer, and that it knows what it has forgotten.
 */
import { expect, test } from 'vitest';
import { RowLog } from '../../../dist/src/flow/shared/row-log.js';
import { meanwhile } from '../../fixtures/meanwhile.js';

/** Number of entries of the smallest log. */
const least = 64;
const firsts = (log: RowLog, slot: number, seen: number) =>
  log.after(slot, seen).rows.map(({ first }) => first);

test('remembers as many rows given up one by one as it was made for, of each producer', () => {
  const log = RowLog.create(2, 1000);
  for (let i = 0; i < 1000; i++) log.add(1, 2 * i, 1, `row ${2 * i} of many`);
  log.add(0, 7, 3, 'another producer', true);
  const { known, unknown } = log.between(1, 0, 2000, 0);
  expect([known.length, unknown]).toEqual([1000, 0]);
  expect(known.map(({ first }) => first)).toEqual(Array.from({ length: 1000 }, (_, i) => 2 * i));
  expect(log.between(0, 0, 100, 0)).toEqual({
    known: [{ first: 7, count: 3, deadLettered: true, message: 'another producer' }],
    unknown: 0,
  });
});

test('keeps one text for rows of one reason, and the last 256 of different ones', () => {
  const log = RowLog.create(1, 1000);
  log.add(0, 0, 1, 'the first');
  for (let i = 1; i <= 600; i++) log.add(0, i, 1, 'the same for all');
  expect(log.after(0, 0).rows[0]?.message).toBe('the first');
  for (let i = 601; i <= 900; i++) log.add(0, i, 1, `row ${i}`);
  const messages = log.after(0, 0).rows.map(({ message }) => message);
  expect(messages.slice(0, 645)).toEqual(Array.from({ length: 645 }, () => 'given up'));
  expect(messages.slice(645)).toEqual(Array.from({ length: 256 }, (_, i) => `row ${645 + i}`));
});

test('cuts a long text at a character, and knows it again', () => {
  const log = RowLog.create(1, 1);
  for (let i = 0; i < 40; i++) log.add(0, 2 * i, 1, 'é'.repeat(1000));
  for (let i = 0; i < 24; i++) log.add(0, 100 + 2 * i, 1, `row ${i}`);
  expect(log.after(0, 0).rows[0]?.message).toBe('é'.repeat(126));
});

test('says how many entries it has lost, and goes on behind them', () => {
  const log = RowLog.create(1, 1);
  for (let i = 0; i < least + 10; i++) log.add(0, i, 1, 'no');
  const { rows, unknown, next } = log.after(0, 0);
  expect([rows.length, rows[0]?.first, unknown, next]).toEqual([least, 10, 10, least + 10]);
  log.add(0, 500, 2, 'no');
  expect(firsts(log, 0, next)).toEqual([500]);
});

test('does not read an entry that is being written, and comes back to it', () => {
  const log = RowLog.create(1, 1);
  log.add(0, 1, 1, 'no');
  const { store } = Atomics;
  let seen: unknown;
  let next = 0;
  // A reader comes before each store of the next entry.
  Atomics.store = ((...operands: Parameters<typeof store>) => {
    Atomics.store = store;
    const read = log.after(0, 1);
    seen ??= read.rows;
    next = read.next;
    log.add(0, 9, 1, 'from another thread');
    expect(firsts(log, 0, 1)).toEqual([9]);
    return store(...operands);
  }) as typeof store;
  log.add(0, 5, 1, 'no');
  expect([seen, next]).toEqual([[], 1]);
  expect(firsts(log, 0, next)).toEqual([5, 9]);
});

test('row numbers and entries may wrap', () => {
  const log = RowLog.create(1, 1);
  const words = new Int32Array(log.memory);
  words[16] = 2 ** 31 - 2;
  const seen = log.logged(0);
  for (let i = 0; i < 5; i++) log.add(0, 2 ** 31 - 4 + 2 * i, 1, 'no');
  const { known, unknown } = log.between(0, 2 ** 31 - 5, 2 ** 31 + 10, seen);
  expect([known.map(({ first }) => first), unknown]).toEqual([[1, 3, 5, 7, 9], 0]);
});

test('names rows in their order, in whatever order they were given up', () => {
  const log = RowLog.create(1, 1);
  // Late rows of one batch, then early ones of another that took longer.
  log.add(0, 20, 2, 'late');
  log.add(0, 10, 1, 'early');
  log.add(0, 15, 1, 'between');
  expect(log.between(0, 0, 30, 0).known.map(({ first }) => first)).toEqual([10, 15, 20]);
  expect(log.between(0, 11, 21, 0).known.map(({ first, count }) => [first, count])).toEqual([
    [4, 1],
    [9, 1],
  ]);
});

test('looks at nothing of an entry whose writer has not come to its end', () => {
  const log = RowLog.create(1, 1);
  const words = new Int32Array(log.memory);
  const [logged, countOfEntry] = [16, 33];
  // Its number is drawn, and its writer may store the rest between any two readings.
  Atomics.add(words, logged, 1);
  expect(() =>
    meanwhile(
      'load',
      countOfEntry,
      () => {},
      () => log.after(0, 0),
    ),
  ).toThrow('no load of word 33');
  expect(log.after(0, 0)).toEqual({ rows: [], unknown: 0, next: 0 });
});
