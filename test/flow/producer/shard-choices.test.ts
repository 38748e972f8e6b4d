/**
 * Which rows went to which shard: as many as are remembered, in the order of their pushes.
 */
import { expect, test } from 'vitest';
import { ShardChoices, type ShardRows } from '../../../dist/src/flow/producer/shard-choices.js';

/** Find rows of two shards by their own numbers, among the last `back`. */
function found(choices: ShardChoices, back: number, ...wanted: ShardRows<string>[][]): [number, string][] {
  const all: [number, string][] = [];
  choices.find(back, wanted, (place, what) => all.push([place, what]));
  return all;
}

test('rows of shards are found by their places among all', () => {
  const choices = new ShardChoices([10, 20]);
  choices.add(0, 2);
  choices.add(1, 3);
  choices.add(0, 1);
  expect([choices.rowsOf(0), choices.rowsOf(1)]).toEqual([13, 23]);
  const wanted: [ShardRows<string>[], ShardRows<string>[]] = [
    [
      { first: 10, count: 1, what: 'a' },
      { first: 12, count: 5, what: 'b' },
    ],
    [{ first: 21, count: 2, what: 'c' }],
  ];
  expect(found(choices, 6, ...wanted)).toEqual([
    [0, 'a'],
    [3, 'c'],
    [4, 'c'],
    [5, 'b'],
  ]);
  // Places count from where the question begins.
  expect(found(choices, 3, ...wanted)).toEqual([
    [0, 'c'],
    [1, 'c'],
    [2, 'b'],
  ]);
});

test.each([1000, 1024, 1025, 5000, 2 ** 20])('of %s rows, all are remembered', (rows) => {
  const choices = new ShardChoices([0, 0]);
  for (let left = rows; left > 0; left -= 100) choices.add(left % 200 === 0 ? 0 : 1, Math.min(left, 100));
  const [first, second] = [choices.rowsOf(0), choices.rowsOf(1)];
  expect(first + second).toBe(rows);
  const all = [[{ first: 0, count: first, what: 'a' }], [{ first: 0, count: second, what: 'b' }]];
  expect(found(choices, rows, ...all)).toHaveLength(rows);
});

test('of more than a million rows, the last million is remembered', () => {
  const most = 2 ** 20;
  const choices = new ShardChoices([0, 0]);
  choices.add(0, most);
  choices.add(1, 3);
  const all = [[{ first: 0, count: most, what: 'a' }], [{ first: 0, count: 3, what: 'b' }]];
  const places = found(choices, most + 3, ...all);
  expect([places.length, places[0], places.at(-1)]).toEqual([most, [3, 'a'], [most + 2, 'b']]);
});
