/**
 * Rows of one key found in a batch, and merged.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, defineSchema, t } from '../../../dist/src/index.js';
import { mergeRows, type Take } from '../../../dist/src/schema/read/merge-rows.js';
import { rowsByKey } from '../../../dist/src/schema/read/rows-by-key.js';

const Rows = defineSchema('rows', {
  text: t.string(),
  label: t.label().optional(),
  number: t.float64().optional(),
  big: t.bigint64(),
  bytes: t.bytes().optional(),
  at: t.timestamp().optional(),
});

const row = (over: object) => ({
  ...{ text: '', label: null, number: null, big: 0n, bytes: null, at: null },
  ...over,
});
const groupsOf = (rows: object[], ...columns: string[]) => rowsByKey(batchOf(Rows, rows.map(row)), columns);

describe('rows by key', () => {
  it('are not grouped when no two share one', () => {
    expect(groupsOf([{ text: 'a' }, { text: 'b' }], 'text')).toBeUndefined();
    expect(groupsOf([], 'text')).toBeUndefined();
  });

  it('keep the order of their first rows', () => {
    const rows = ['b', 'a', 'b', 'c', 'a', 'b'].map((text) => ({ text }));
    expect(groupsOf(rows, 'text')).toEqual([[0, 2, 5], [1, 4], [3]]);
  });

  it.each([
    ['label', ['x', null, 'x', null], [[0, 2], [1], [3]]],
    ['number', [0, -0, Number.NaN, Number.NaN, null, null], [[0, 1], [2, 3], [4], [5]]],
    ['big', [1n, 2n, 1n], [[0, 2], [1]]],
    ['bytes', [Buffer.from('a'), null, Buffer.from('a')], [[0, 2], [1]]],
    ['at', [5.5, 5, 5.5], [[0, 2], [1]]],
  ])('of %s: equal values are one, missing ones are like no other', (column, values, expected) => {
    expect(
      groupsOf(
        values.map((value) => ({ [column]: value })),
        column,
      ),
    ).toEqual(expected);
  });

  it('of several columns do not run into each other', () => {
    const rows = [
      { text: 'a1', label: 'b' },
      { text: 'a', label: '1b' },
      { text: 'a1', label: null },
      { text: 'a1', label: null },
      { text: 'a1', label: 'b' },
      { text: '1:a', label: '' },
      { text: '', label: '1:a' },
    ];
    expect(groupsOf(rows, 'text', 'label')).toEqual([[0, 4], [1], [2], [3], [5], [6]]);
    expect(groupsOf([{ number: 0 }, { number: -0 }], 'number', 'big')).toEqual([[0, 1]]);
  });
});

describe('merged rows', () => {
  it('have of each column what its rule takes', () => {
    const rule: Record<string, Take> = { label: 'last-present', number: 'last', bytes: 'last-present' };
    const any = fc.record({
      text: fc.constantFrom('a', 'b', 'c'),
      label: fc.option(fc.string()),
      number: fc.option(fc.integer()),
      big: fc.bigInt({ min: 0n, max: 99n }),
      bytes: fc.option(fc.uint8Array()),
      at: fc.option(fc.integer({ min: 0, max: 10 })),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 12 }), (rows) => {
        const batch = batchOf(Rows, rows);
        const groups = rowsByKey(batch, ['text']) ?? rows.map((_, i) => [i]);
        const merged = mergeRows(batch, groups, (column) => rule[column] ?? 'first').rows();
        const expected = [...new Set(rows.map(({ text }) => text))].map((text) => {
          const own = rows.filter((each) => each.text === text);
          const [first, last] = [own[0], own.at(-1)] as [(typeof own)[0], (typeof own)[0]];
          const present = <K extends 'label' | 'bytes'>(name: K) =>
            own.findLast((each) => each[name] !== null)?.[name] ?? null;
          return {
            ...{ text, label: present('label'), number: last.number, big: first.big },
            ...{ bytes: present('bytes'), at: first.at },
          };
        });
        const listed = ({ bytes, ...rest }: { bytes: Uint8Array | null }) => ({
          ...rest,
          bytes: bytes && Array.from(bytes),
        });
        expect((merged as typeof expected).map(listed)).toEqual(expected.map(listed));
      }),
    );
  });
});
