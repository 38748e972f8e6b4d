/**
 * A batch has the bytes of its own rows: of a block, and of its extent, nothing else is copied.
 */
import { describe, expect, it } from 'vitest';
import { defineSchema, t } from '../../../dist/src/index.js';
import type { Batch } from '../../../dist/src/schema/read/batch.js';
import { WrittenBlocks } from '../../fixtures/written-blocks.js';

const schema = defineSchema('rows', { text: t.string(), data: t.bytes(), value: t.any() });

const rowOf = (n: number, size: number) => ({
  text: `${n}`.repeat(size),
  data: new Uint8Array(size).fill(n),
  value: { n: `${n}`.repeat(size) },
});

/** Bytes of records beside their values: of each row's bytes its length; of each any value its words. */
const recordBytes = (rows: number, size: number) => rows * (4 + size + 4 + 4 * 4);

describe.each([
  ['a block', { variableBytes: 8000, extentBytes: 0 }],
  ['an extent', { variableBytes: 64, extentBytes: 2 ** 20 }],
])('of %s', (_, sizes) => {
  const size = 200;
  const rows = Array.from({ length: 9 }, (_, n) => rowOf(n + 1, size));
  const written = new WrittenBlocks(schema, { blocks: 1, rowsPerBlock: 9, ...sizes });
  for (const row of rows) written.push(row);
  written.flush();

  it.each([
    [0, 1],
    [4, 5],
    [8, 9],
    [3, 7],
    [0, 9],
  ])('rows %i to %i are copied, and no bytes of others', (from, to) => {
    const batch = written.read([{ block: 0, from, to }]) as Batch<typeof schema>;
    expect(batch.rows()).toEqual(rows.slice(from, to));
    const { text, data } = batch.columns;
    // A text column's, and those of the any values, which lie beside them.
    expect(text.raw.bytes.length).toBe((to - from) * 2 * size);
    expect(data.raw.bytes.length).toBe(recordBytes(to - from, size));
    // All arrays of a batch share one buffer.
    expect(data.raw.bytes.buffer.byteLength).toBeLessThan((to - from) * 3 * size + 1000);
  });
});
