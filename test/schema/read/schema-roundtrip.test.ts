/**
 * What is pushed comes back: every column type, required and optional, as rows and as columns,
 * through one block and through parts of several.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventError } from '../../../dist/src/errors.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { unpackAny } from '../../../dist/src/schema/codec/any-codec.js';
import { arrayTypes } from '../../../dist/src/schema/codec/array-types.js';
import { type ColumnType, t } from '../../../dist/src/schema/columns/columns.js';
import { anySchema, defineSchema } from '../../../dist/src/schema/columns/schema.js';
import { specOf } from '../../../dist/src/schema/columns/types/table.js';
import type { AnyColumn } from '../../../dist/src/schema/columns/views/any-column.js';
import { LabelColumn } from '../../../dist/src/schema/columns/views/label-column.js';
import {
  BytesColumn,
  JsonColumn,
  TextColumn,
} from '../../../dist/src/schema/columns/views/variable-column.js';
import type { Batch } from '../../../dist/src/schema/read/batch.js';
import { anyCase, rowsOf, structured, types } from '../../fixtures/any-rows.js';
import { WrittenBlocks } from '../../fixtures/written-blocks.js';

/** WTF-8 by its definition: UTF-8, in which a lone surrogate is a code point like any other. */
function wtf8(value: string): number[] {
  return Array.from(value, (character) => character.codePointAt(0) as number).flatMap((point) => {
    const tail = (shift: number) => 0x80 | ((point >> shift) & 0x3f);
    if (point < 0x80) return [point];
    if (point < 0x800) return [0xc0 | (point >> 6), tail(0)];
    if (point < 0x10000) return [0xe0 | (point >> 12), tail(6), tail(0)];
    return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
  });
}

/** Each value's bytes, by a variable-size column in Arrow's shape. */
function slices({ offsets, bytes }: { offsets: Int32Array; bytes: Uint8Array }, length: number): number[][] {
  assert.equal(offsets.length, length + 1);
  assert.equal(offsets[0], 0);
  assert.equal(offsets[length], bytes.length);
  return Array.from({ length }, (_, i) => [...bytes.subarray(offsets[i], offsets[i + 1])]);
}

/** What the bytes of a cell say: they are null for no value. */
function unpacked(bytes: Uint8Array | null): unknown {
  return bytes === null ? null : unpackAny(bytes);
}

/** Write all events, ending a group after some. @returns false when one does not fit a block. */
function writeAll(
  written: WrittenBlocks,
  events: readonly object[],
  flushAfter: (i: number) => boolean,
): boolean {
  try {
    for (const [i, event] of events.entries()) {
      written.push(event);
      if (flushAfter(i)) written.flush();
    }
  } catch (error) {
    if (error instanceof EventError && error.fault === 'too_large') return false;
    throw error;
  }
  written.flush();
  return true;
}

/** Check both faces of a batch. */
function check(batch: Batch, rows: readonly object[]): void {
  assert.equal(batch.length, rows.length);
  assert.deepStrictEqual(batch.rows(), rows);
  assert.deepStrictEqual([...batch], rows);
  for (const [key, { type, nullable }] of Object.entries(batch.schema.columns)) {
    const cells = rows.map((row) => (row as Record<string, unknown>)[key]);
    checkValidity(batch.validity[key], nullable ? cells : undefined);
    checkColumn(batch.columns[key], type, cells);
  }
}

function checkValidity(bitmap: Uint8Array | undefined, cells: readonly unknown[] | undefined): void {
  const bits = cells && new Uint8Array(Math.ceil(cells.length / 8));
  cells?.forEach((cell, i) => {
    if (bits !== undefined && cell !== null) (bits[i >> 3] as number) |= 1 << (i & 7);
  });
  assert.deepStrictEqual(bitmap, bits);
}

function checkColumn(view: unknown, type: ColumnType, cells: readonly unknown[]): void {
  const spec = specOf(type);
  if (spec.cell === 'fixed') {
    const none = type === 'bigint64' ? 0n : 0;
    const values = cells.map((cell) => (typeof cell === 'boolean' ? Number(cell) : (cell ?? none)));
    assert.equal((view as object).constructor, arrayTypes[spec.array]);
    assert.deepStrictEqual(Array.from(view as ArrayLike<unknown>), values);
    return;
  }
  const column = view as { get(i: number): unknown };
  assert.deepStrictEqual(
    cells.map((_, i) => column.get(i)),
    cells,
  );
  if (column instanceof LabelColumn) {
    assert.deepStrictEqual(
      Array.from(column.ids, (id) => (id === -1 ? null : column.dictionary[id])),
      cells,
    );
  } else if (column instanceof TextColumn) {
    const texts = cells.map((cell) => wtf8((cell ?? '') as string));
    assert.deepStrictEqual(slices(column, cells.length), texts);
  } else if (column instanceof JsonColumn) {
    const jsons = cells.map((cell) => (cell === null ? [] : wtf8(JSON.stringify(cell))));
    assert.deepStrictEqual(slices(column.text, cells.length), jsons);
  } else if (column instanceof BytesColumn) {
    assert.deepStrictEqual(
      slices(column, cells.length),
      cells.map((cell) => [...((cell ?? []) as Uint8Array)]),
    );
  } else {
    assert.deepStrictEqual(
      cells.map((_, i) => unpacked((column as AnyColumn).encoded(i))),
      cells,
    );
  }
}

describe('a batch', () => {
  for (const type of types) {
    for (const nullable of [false, true]) {
      it(`gives back what was pushed to ${nullable ? 'an optional' : 'a required'} ${type} column`, () => {
        fc.assert(
          fc.property(rowsOf([['value', { type, nullable }]], 40), ({ schema, events, rows }) => {
            check(batchOf(schema, events as never[]), rows);
          }),
          { numRuns: 150 },
        );
      });
    }
  }

  it('gives back rows of several columns, whatever their names', () => {
    fc.assert(
      fc.property(anyCase, ({ schema, events, rows }) => check(batchOf(schema, events as never[]), rows)),
      { numRuns: 400 },
    );
  });

  it('gives back the rows of any parts of several blocks, in the order of the parts', () => {
    const cuts = fc.array(fc.constantFrom('nothing', 'flush', 'cut', 'batch'), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(
        anyCase,
        cuts,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        fc.boolean(),
        ({ schema, events, rows }, steps, rowsPerBlock, maxLabels, reversed, extents) => {
          const step = (i: number) => steps[i % steps.length];
          // Blocks or extents just large enough for the largest event, so that texts and blobs meet in the middle.
          let written: WrittenBlocks;
          let bytes = 32;
          do {
            bytes *= 2;
            const blocks = events.length + 1;
            const sizes = extents ? { variableBytes: 48, extentBytes: bytes } : { variableBytes: bytes };
            written = new WrittenBlocks(schema, { blocks, rowsPerBlock, ...sizes, maxLabels });
          } while (!writeAll(written, events, (i) => step(i) === 'flush'));
          // Each part with the rows that it should give.
          let at = 0;
          const pieces = written.parts.flatMap(({ block, to: end }) => {
            const found = [];
            for (let from = 0; from < end; ) {
              let to = from + 1;
              while (to < end && step(at + to - from) !== 'cut') to++;
              found.push({ part: { block, from, to }, rows: rows.slice(at, at + to - from) });
              at += to - from;
              from = to;
            }
            return found;
          });
          assert.equal(at, events.length);
          if (reversed) pieces.reverse();
          for (let from = 0; from < pieces.length; ) {
            let to = from + 1;
            while (to < pieces.length && step(to) !== 'batch') to++;
            const chosen = pieces.slice(from, to);
            check(
              written.read(chosen.map(({ part }) => part)),
              chosen.flatMap((piece) => piece.rows),
            );
            from = to;
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  it('keeps the halves of a surrogate pair apart when they lie in neighbouring columns or rows', () => {
    const schema = defineSchema('halves', { a: t.string(), b: t.string().optional(), c: t.label() });
    const rows = [
      { a: '\ud83d', b: '\ude00', c: '\ud83d' },
      { a: '\ude00', b: null, c: '\ude00' },
      { a: 'x\ud83d', b: '\ude00y', c: '😀' },
    ];
    for (const group of [1, 2, 3]) {
      const written = new WrittenBlocks(schema, { blocks: 1, rowsPerBlock: 3, variableBytes: 256 });
      rows.forEach((row, i) => {
        written.push(row);
        if ((i + 1) % group === 0) written.flush();
      });
      written.flush();
      check(written.read(), rows);
      check(written.read([{ block: 0, from: 1, to: 3 }]), rows.slice(1));
      check(
        written.read([
          { block: 0, from: 2, to: 3 },
          { block: 0, from: 0, to: 2 },
        ]),
        [rows[2] as object, ...rows.slice(0, 2)],
      );
    }
  });

  it('gives back empty and huge texts, bytes and labels', () => {
    const schema = defineSchema('huge', {
      text: t.string(),
      bytes: t.bytes(),
      label: t.label(),
      json: t.json(),
    });
    const rows = ['', 'x'.repeat(3_000_000), '€'.repeat(1_000_000), `${'😀'.repeat(200_000)}\ud83d`].map(
      (value) => ({
        text: value,
        bytes: new Uint8Array(Buffer.from(value)),
        label: value,
        json: [value],
      }),
    );
    assert.deepStrictEqual(batchOf(schema, rows).rows(), rows);
  });

  it('gives back texts of a batch that is longer than what is decoded at once, in any order', () => {
    const schema = defineSchema('texts', { a: t.string(), b: t.string() });
    const written = new WrittenBlocks(schema, { blocks: 1, rowsPerBlock: 400, variableBytes: 2 ** 20 });
    // Lengths without a common measure: texts end and begin on either side of every border.
    const events = Array.from({ length: 400 }, (_, i) => ({
      a: String(i).padStart(1 + ((i * 7) % 97), 'a'),
      b: i === 77 ? 'b'.repeat(70_000) : String(i).padEnd(1 + ((i * 31) % 1013), 'b'),
    }));
    for (const event of events) written.push(event);
    written.flush();
    const batch = written.read();
    expect(batch.data.text.bytes.length).toBeGreaterThan(200_000);
    expect(batch.rows()).toEqual(events);
    const backwards = events.map((_, i) => batch.row(399 - i)).reverse();
    expect(backwards).toEqual(events);
  });

  it('gives back labels past the bound of the dictionary, and too long for it', () => {
    const schema = defineSchema('labels', { label: t.label(), other: t.label().optional() });
    const rows = Array.from({ length: 200 }, (_, i) => ({
      label: i % 3 === 0 ? `${i}`.repeat(200) : `label ${i}`,
      other: i % 5 === 0 ? null : `label ${i % 7}`,
    }));
    const written = new WrittenBlocks(schema, {
      blocks: 40,
      rowsPerBlock: 8,
      variableBytes: 8192,
      maxLabels: 10,
    });
    for (const row of rows) written.push(row);
    written.flush();
    check(written.read(), rows);
  });

  it('of no rows has empty columns', () => {
    const columns = Object.fromEntries(types.map((type) => [type, { type, nullable: true }]));
    check(batchOf(defineSchema('none', columns), []), []);
  });

  it('refuses a row number that it has not', () => {
    const batch = batchOf(defineSchema('one', { a: t.uint8() }), [{ a: 1 }]);
    for (const i of [-1, 1, Number.NaN]) expect(() => batch.row(i)).toThrow(RangeError);
  });

  it('gives fresh objects for rows, of the same keys in the same order', () => {
    const batch = batchOf(defineSchema('fresh', { b: t.uint8(), a: t.string() }), [{ a: 'x', b: 1 }]);
    const row = batch.row(0);
    row.a = 'changed';
    expect(batch.row(0)).toEqual({ a: 'x', b: 1 });
    expect(Object.keys(batch.row(0))).toEqual(['b', 'a']);
  });
});

describe('an any column', () => {
  const values = defineSchema('values', { value: t.any() });
  const back = (value: unknown) => batchOf(values, [{ value }]).row(0).value;

  it('keeps cycles and shared references', () => {
    const shared = { x: 1 };
    const value: Record<string, unknown> = { shared: [shared, shared], map: new Map() };
    value.self = value;
    (value.map as Map<unknown, unknown>).set('back', value);
    const read = back(value) as typeof value & { shared: unknown[] };
    expect(read).not.toBe(value);
    expect(read.self).toBe(read);
    expect(read.shared[0]).toBe(read.shared[1]);
    expect((read.map as Map<unknown, unknown>).get('back')).toBe(read);
    expect(read.shared).toEqual([{ x: 1 }, { x: 1 }]);
  });

  it.each([
    ['Date', new Date(-1)],
    ['the last Date', new Date(8.64e15)],
    ['RegExp', /a\/b/gi],
    ['Float64Array', new Float64Array([Number.NaN, -0, 1.5])],
    ['part of an Int16Array', new Int16Array([1, -2, 3]).subarray(1)],
    ['BigInt64Array', new BigInt64Array([-(2n ** 63n)])],
    ['ArrayBuffer', new Uint8Array([9]).buffer],
    ['huge bigint', 2n ** 200n - 1n],
    ['Set of NaN', new Set([Number.NaN])],
    ['deep nesting', Array.from({ length: 500 }).reduce<unknown>((inner) => ({ inner }), 1)],
    ['long text', 'x€😀'.repeat(50_000)],
    ['many keys', Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`key ${i}`, i]))],
  ])('keeps a %s', (_, value) => assert.deepStrictEqual(back(value), value));

  it.each([['a key "toJSON" beside "constructor"', { constructor: 1, toJSON: 2 }]])('keeps %s', (_, value) =>
    assert.deepStrictEqual(back(value), value),
  );

  it('keeps an error’s class and message', () => {
    const read = back(new TypeError('wrong')) as Error;
    expect(read).toBeInstanceOf(TypeError);
    expect(read.message).toBe('wrong');
  });

  it('gives a fresh value at each read', () => {
    const batch = batchOf(values, [{ value: new Uint8Array([1, 2]) }]);
    (batch.row(0).value as Uint8Array)[0] = 9;
    expect(batch.row(0).value).toEqual(new Uint8Array([1, 2]));
  });

  it('is the whole event in a flow without a schema', () => {
    fc.assert(
      fc.property(fc.array(structured, { maxLength: 10 }), (events) => {
        const batch = batchOf(anySchema('events'), events);
        assert.deepStrictEqual(batch.rows(), events);
        assert.deepStrictEqual([...batch], events);
      }),
    );
  });
});
