/**
 * Identities of a batch's rows: their form, and which rows of a batch they stay with.
 */
import { describe, expect, it } from 'vitest';
import { batchOf, defineSchema, t } from '../../../dist/src/index.js';
import { BlockLease } from '../../../dist/src/ring/block-lease.js';
import { createRingMemory } from '../../../dist/src/ring/layout.js';
import { layOut } from '../../../dist/src/schema/block/block-layout.js';
import { createLabelMemory, LabelDictionary } from '../../../dist/src/schema/block/label-dictionary.js';
import { Batch } from '../../../dist/src/schema/read/batch.js';
import { BatchReader } from '../../../dist/src/schema/read/batch-reader.js';
import { selectRows } from '../../../dist/src/schema/read/batch-select.js';
import { mergeRows } from '../../../dist/src/schema/read/merge-rows.js';

const Event = defineSchema('events', { i: t.int32() });
const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ i }));

/** Two blocks of four rows, of two producers. */
function ringOf(sequences: readonly [number, number]) {
  const layout = layOut(Event, 4, 0);
  const memory = createRingMemory(2, layout.end);
  const blocks = sequences.map((sequence, i) => {
    const lease = new BlockLease(memory, 1 + 258 * i);
    lease.open(0, sequence);
    lease.publish(4, 0);
    return lease.block;
  }) as [number, number];
  const reader = new BatchReader(layout, memory, new LabelDictionary(createLabelMemory(1)));
  const read = (...parts: [block: 0 | 1, from: number, to: number][]) =>
    new Batch(Event, reader.read(parts.map(([n, from, to]) => ({ block: blocks[n], from, to }))));
  const run = Buffer.alloc(16);
  memory.run.forEach((word, i) => {
    run.writeUInt32BE(word, 4 * i);
  });
  return { read, run: run.toString('hex') };
}

const hex = (batch: Batch, i: number) => Buffer.from(batch.identityBytes(i)).toString('hex');
const all = (batch: Batch) => Array.from({ length: batch.length }, (_, i) => batch.identity(i));

/** The hexadecimal digits of a producer's number and a row's sequence. */
const digits = (producer: number, sequence: number) =>
  producer.toString(16).padStart(4, '0') + sequence.toString(16).padStart(14, '0');

describe('an identity', () => {
  it('is run, producer and sequence, big-endian, also where the sequence passes 32 bits', () => {
    const { read, run } = ringOf([2 ** 32 - 2, 2 ** 53 - 5]);
    const batch = read([0, 0, 4], [1, 1, 4]);
    expect(Array.from({ length: 7 }, (_, i) => hex(batch, i))).toEqual([
      ...[-2, -1, 0, 1].map((i) => run + digits(0, 2 ** 32 + i)),
      ...[-4, -3, -2].map((i) => run + digits(258, 2 ** 53 + i)),
    ]);
    expect(run + digits(0, 2 ** 32)).toBe(`${run}000000000100000000`);
    expect(batch.ranges).toEqual([
      { producer: 0, first: 2 ** 32 - 2, count: 4 },
      { producer: 258, first: 2 ** 53 - 4, count: 3 },
    ]);
  });

  it('is a text of 34 characters, and bytes wherever an encoder wants them', () => {
    const batch = ringOf([0, 0]).read([0, 0, 4]);
    const bytes = new Uint8Array(30).fill(0xaa);
    batch.writeIdentity(2, new DataView(bytes.buffer), 3);
    expect(bytes.subarray(3, 28)).toEqual(batch.identityBytes(2));
    expect([...bytes.subarray(0, 3), ...bytes.subarray(28)]).toEqual(Array(5).fill(0xaa));
    expect(batch.identity(2)).toMatch(/^[\w-]{34}$/);
    expect(Buffer.from(batch.identity(2), 'base64url')).toEqual(Buffer.from(batch.identityBytes(2)));
    for (const row of [-1, 4, Number.NaN]) expect(() => batch.identity(row), String(row)).toThrow(RangeError);
  });

  it('stays with its row when rows are chosen, in any order, and with the last row of merged ones', () => {
    const { read } = ringOf([7, 100]);
    const batch = read([0, 0, 4], [1, 0, 4]);
    const identities = all(batch);
    for (const chosen of [[0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7], [6, 1, 0, 7], [3], []]) {
      const chosenRows = new Batch(Event, selectRows(batch.data, chosen));
      expect(all(chosenRows)).toEqual(chosen.map((row) => identities[row]));
      const again = new Batch(
        Event,
        structuredClone(selectRows(chosenRows.data, [...chosen.keys()].reverse())),
      );
      expect(all(again)).toEqual(chosen.map((row) => identities[row]).reverse());
    }
    const groups = [
      [0, 5],
      [2, 3],
    ];
    expect(all(mergeRows(batch, groups, () => 'first'))).toEqual([identities[5], identities[3]]);
  });

  it('takes a few numbers a range, not an object a row', () => {
    const { read } = ringOf([7, 100]);
    const split = read([0, 0, 1], [0, 1, 4], [1, 0, 2]);
    expect(split.ranges).toEqual([
      { producer: 0, first: 7, count: 4 },
      { producer: 258, first: 100, count: 2 },
    ]);
    expect(new Batch(Event, selectRows(split.data, [1, 2, 3])).ranges).toEqual([
      { producer: 0, first: 8, count: 3 },
    ]);
  });

  it("is each row's own in batches made on the spot", () => {
    const seen = new Set([...all(batchOf(Event, rows(5))), ...all(batchOf(Event, rows(5)))]);
    expect(seen.size).toBe(10);
  });

  it('may come from elsewhere', () => {
    const given = Uint8Array.from({ length: 75 }, (_, i) => i);
    const batch = batchOf(Event, rows(3), given);
    given.fill(0);
    expect(batch.ranges).toBeUndefined();
    expect([...batch.identityBytes(1)]).toEqual(Array.from({ length: 25 }, (_, i) => 25 + i));
    const chosen = new Batch(Event, selectRows(batch.data, [2, 0]));
    expect(all(chosen)).toEqual([batch.identity(2), batch.identity(0)]);
    expect(() => batchOf(Event, rows(3), new Uint8Array(74))).toThrow(/74 bytes for 3 rows/);
  });
});
