/** The order of pushes over shards, as a producer remembers it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PushOrder } from '../../../dist/src/flow/producer/push-order.js';

const always = () => true;

/** Shards without anything behind them; rows may have come before. */
function shardsOf(...rows: number[]) {
  return rows.map((before) => ({ rows: before }));
}

function positionOf(shards: readonly { rows: number }[]) {
  const place = (sequence: number) => ({ sequence, dropped: 0, logged: 0, storedBefore: 0 });
  return {
    ...place(shards.reduce((sum, { rows }) => sum + rows, 0)),
    shards: shards.map(({ rows }) => place(rows)),
  };
}

const push = (order: PushOrder, shards: { rows: number }[], shard: number, count = 1) => {
  order.turnTo(shard);
  (shards[shard] as { rows: number }).rows += count;
};

it('finds each row by its place, whatever came before', () => {
  const choices = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 4 })), { maxLength: 200 });
  fc.assert(
    fc.property(choices, fc.nat(200), (pushed, cut) => {
      const shards = shardsOf(7, 0, 1000);
      const order = new PushOrder(shards);
      const rows: { shard: number; number: number }[] = [];
      let since = positionOf(shards);
      let start = 0;
      for (const [n, [shard, count]] of pushed.entries()) {
        if (n === cut) {
          order.gather();
          since = positionOf(shards);
          start = rows.length;
        }
        const { rows: first } = shards[shard] as { rows: number };
        for (let k = 0; k < count; k++) rows.push({ shard, number: first + k });
        push(order, shards, shard, count);
      }
      for (let place = start; place < rows.length; place++) {
        const { shard, number } = rows[place] as { shard: number; number: number };
        const from = since.shards[shard]?.sequence as number;
        const wanted = shards.map((_, s) =>
          s === shard ? [{ first: number - from, count: 1, what: 'x' }] : [],
        );
        const ranges = [{ first: place - start, count: 1, what: 'x' }];
        expect(order.find(since, wanted, always)).toEqual({ ranges, rows: 1, lost: 0 });
      }
    }),
    { numRuns: 50 },
  );
});

describe('of very many rows', () => {
  const shards = shardsOf(0, 0);
  const order = new PushOrder(shards);
  const since = positionOf(shards);
  const most = 2 ** 20;
  for (let n = 0; n < most / 4 + 25; n++) push(order, shards, n % 2, 4);

  it('the first are forgotten, and counted as lost', () => {
    const first = [{ first: 0, count: 100, what: 0 }];
    // Of both shards, 50 rows are behind those that are forgotten.
    expect(order.find(since, [first, []], always)).toEqual({
      ranges: Array.from({ length: 12 }, (_, n) => ({ first: 104 + 8 * n, count: 4, what: 0 })),
      rows: 100,
      lost: 52,
    });
  });

  it('the last are known', () => {
    const { rows } = shards[1] as { rows: number };
    const all = most + 100;
    const wanted = [{ first: rows - 1, count: 1, what: 0 }];
    const last = (most / 4 + 24) % 2 === 1 ? all - 1 : all - 5;
    expect(order.find(since, [[], wanted], always).ranges).toEqual([{ first: last, count: 1, what: 0 }]);
  });
});

it('rows that were logged twice are told once', () => {
  const shards = shardsOf(0, 0);
  const order = new PushOrder(shards);
  const since = positionOf(shards);
  push(order, shards, 0, 10);
  const twice = [
    { first: 2, count: 3, what: 0 },
    { first: 2, count: 3, what: 0 },
    { first: 4, count: 2, what: 0 },
  ];
  expect(order.find(since, [twice, []], always)).toEqual({
    ranges: [{ first: 2, count: 4, what: 0 }],
    rows: 4,
    lost: 0,
  });
});

it('a row that comes in unseen has its place before what is pushed then', async () => {
  const shards = shardsOf(0, 0, 0);
  const order = new PushOrder(shards);
  const since = positionOf(shards);
  let end = () => {};
  order.turnTo(2);
  order.unseenUntil(new Promise<void>((resolve) => (end = resolve)));
  push(order, shards, 0);
  (shards[2] as { rows: number }).rows++;
  push(order, shards, 1);
  end();
  await new Promise(setImmediate);
  push(order, shards, 0);
  const one = [{ first: 0, count: 1, what: 0 }];
  const placeOf = (shard: number) =>
    order.find(
      since,
      shards.map((_, s) => (s === shard ? one : [])),
      always,
    ).ranges[0]?.first;
  expect([placeOf(0), placeOf(2), placeOf(1)]).toEqual([0, 1, 2]);
});
