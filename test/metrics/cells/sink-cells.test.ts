/**
 * Cells of a sink that only counts: they change together with the settlement of the batch, whenever its thread dies.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../../dist/src/index.js';
import { createNotes, SinkCells } from '../../../dist/src/metrics/cells/sink-cells.js';

const blocks = 8;

function memories() {
  const cells = { memory: new SharedArrayBuffer(2 * 4 * 8), each: 4 };
  return { cells, notes: createNotes(cells, 2, blocks) };
}

test('a batch that has ended has changed its cells, and the next flusher goes on with them', () => {
  const { cells, notes } = memories();
  const mine = new SinkCells(cells, notes, 2, blocks);
  mine.stage([0, 3], 2, [7, 0, 0, 8]);
  expect(mine.get(0)).toBe(0);
  mine.begin([{ block: 1, to: 5 }]);
  mine.end();
  expect([...new Float64Array(cells.memory)]).toEqual([0, 0, 0, 0, 7, 0, 0, 8]);
  const next = new SinkCells(cells, notes, 2, blocks);
  next.recover(() => expect.fail('nothing is to be settled'));
  expect(next.get(3)).toBe(8);
});

test('what was staged for a batch that did not end changes nothing', () => {
  const { cells, notes } = memories();
  const mine = new SinkCells(cells, notes, 1, blocks);
  mine.stage([0], 1, [7]);
  new SinkCells(cells, notes, 1, blocks).recover(() => expect.fail('nothing is to be settled'));
  expect(mine.get(0)).toBe(0);
  mine.stage([1], 1, [0, 5]);
  mine.begin([{ block: 0, to: 1 }]);
  mine.end();
  expect([mine.get(0), mine.get(1)]).toEqual([0, 5]);
});

test('a death after the note settles its blocks and changes its cells, once', () => {
  const { cells, notes } = memories();
  const mine = new SinkCells(cells, notes, 1, blocks);
  mine.stage([2, 0], 2, [4, 0, 9]);
  mine.begin([
    { block: 3, to: 10 },
    { block: 7, to: 2 },
  ]);
  // It dies while it changes them.
  new Float64Array(cells.memory).fill(0);
  const settled: number[][] = [];
  const next = new SinkCells(cells, notes, 1, blocks);
  next.recover((block, to) => settled.push([block, to]));
  expect(settled).toEqual([
    [3, 10],
    [7, 2],
  ]);
  expect([...new Float64Array(cells.memory)].slice(0, 4)).toEqual([4, 0, 9, 0]);
  next.recover(() => expect.fail('it is crossed out'));
});

test('deaths count no row twice, and none not at all', async () => {
  const cells = { memory: new SharedArrayBuffer(2 * 2 * 8), each: 2 };
  const moments = new Int32Array(new SharedArrayBuffer(8));
  const module = new URL('../../fixtures/sinks/counting-cells-sink.mjs', import.meta.url);
  await using flow = await createBatchFlow({
    schema: defineSchema('counted', { id: t.int32() }),
    sink: { ...handler(module, { moments }), cells },
    flushers: 2,
    flushSize: 50,
    flushIntervalMs: 2,
    maxDeliveries: 1000,
  });
  flow.on('flusherExit', () => {});
  // Batches of rows of several blocks.
  const producers = [flow.producer(), flow.producer(), flow.producer()];
  let pushed = 0;
  while (moments[1] === undefined || moments[1] < 40) {
    for (const producer of producers) for (let n = 0; n < 9; n++) if (producer.push({ id: pushed })) pushed++;
    await pause(1);
  }
  expect(await flow.close()).toMatchObject({ committed: pushed, undelivered: 0 });
  expect(flow.stats()).toMatchObject({ accepted: pushed, committed: pushed, pending: 0, dropped: {} });
  const [rowsOfOne = 0, sumOfOne = 0, rows = 0, sum = 0] = new Float64Array(cells.memory);
  expect([rowsOfOne + rows, sumOfOne + sum]).toEqual([pushed, (pushed * (pushed - 1)) / 2]);
}, 60_000);
