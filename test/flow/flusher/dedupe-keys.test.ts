/**
 * Which rows of a batch stand for which: keys of every type, and the rows that are kept for them.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../dist/src/errors.js';
import { type DedupeSpec, describeDedupe } from '../../../dist/src/flow/config/dedupe.js';
import { Dedupe, type Duplicates } from '../../../dist/src/flow/flusher/dedupe.js';
import { batchOf } from '../../../dist/src/index.js';
import type { BlockClaims, Sighting } from '../../../dist/src/ring/block-claims.js';
import { t } from '../../../dist/src/schema/columns/columns.js';
import { anySchema, defineSchema, type Schema } from '../../../dist/src/schema/columns/schema.js';
import type { Batch } from '../../../dist/src/schema/read/batch.js';
import type { BatchReader } from '../../../dist/src/schema/read/batch-reader.js';

/** The duplicates of a batch, as if its rows were all that waits, in one block. */
function duplicatesOf(batch: Batch, spec: DedupeSpec) {
  const to = batch.length;
  const claims: Partial<BlockClaims> = { tryClaim: () => true, waiting: () => ({ from: 0, to }), letGo() {} };
  const reader: Partial<BatchReader> = { read: () => batch.data };
  const dedupe = new Dedupe(
    spec,
    { of: () => ({ schema: batch.schema, reader: reader as BatchReader }) },
    claims as BlockClaims,
  );
  const seen = { block: 0, waiting: to, settled: 0, schema: 0, ticket: 1 } as Sighting;
  dedupe.keys(0)?.read([seen], 1000);
  return dedupe.take(0, to === 0 ? [] : [{ block: 0, from: 0, to }]) as Duplicates;
}

describe('dedupe chooses rows: it', () => {
  const schema = defineSchema('pairs', {
    n: t.uint32(),
    key: t.string().optional(),
    kind: t.label().optional(),
    amount: t.float64().optional(),
    big: t.bigint64().optional(),
    id: t.bytes().optional(),
    data: t.json().optional(),
    any: t.any().optional(),
  });
  type Cells = Partial<Record<'key' | 'kind' | 'amount' | 'big' | 'id' | 'data' | 'any', unknown>>;
  const kept = (
    rows: Cells[],
    by: string | string[] | ((row: never) => unknown),
    keep: 'last' | 'first' = 'last',
  ) => {
    const batch = batchOf(
      schema,
      rows.map((row, n) => ({ n, ...row }) as never),
    );
    const { kept, errors } = duplicatesOf(
      batch as never,
      describeDedupe({ by: by as never, keep }, [schema]),
    );
    expect(errors.size).toBe(0);
    return kept;
  };
  const keys = (...values: (string | null)[]) => values.map((key) => ({ key }));

  test('keeps the last row of each key, where it stands', () => {
    expect(kept(keys('a', 'b', 'a', 'c', 'b'), 'key')).toEqual([2, 3, 4]);
    expect(kept(keys('a', 'b', 'c', 'a'), 'key')).toEqual([1, 2, 3]);
  });

  test('keeps the first row of each key, where it stands', () => {
    expect(kept(keys('a', 'b', 'a', 'c', 'b'), 'key', 'first')).toEqual([0, 1, 3]);
  });

  test('keeps every row without a key', () => {
    expect(kept(keys(null, 'a', null, 'a', null), 'key')).toEqual([0, 2, 3, 4]);
    expect(kept(keys(null, 'a', null, 'a', null), 'key', 'first')).toEqual([0, 1, 2, 4]);
    expect(kept(keys('a', 'a', 'a'), () => undefined)).toEqual([0, 1, 2]);
    expect(kept(keys('a', 'a', 'a'), () => null)).toEqual([0, 1, 2]);
  });

  test('tells empty keys from none', () => {
    expect(kept(keys('', null, ''), 'key')).toEqual([1, 2]);
    expect(kept([{ amount: 0 }, { amount: null }, { amount: 0 }], 'amount')).toEqual([1, 2]);
  });

  test('finds keys by a function of the row', () => {
    expect(kept(keys('a', 'A', 'b', 'B'), (row: { key: string }) => row.key.toLowerCase())).toEqual([1, 3]);
    expect(kept(keys('a', 'A'), ((row: { key: string }) => row.key.length) as never)).toEqual([1]);
  });

  test.each([
    ['label', [{ kind: 'a' }, { kind: 'b' }, { kind: 'a' }], 'kind', [1, 2]],
    [
      'number',
      [{ amount: 1 }, { amount: Number.NaN }, { amount: 1 }, { amount: Number.NaN }],
      'amount',
      [2, 3],
    ],
    [
      'bytes',
      [{ id: new Uint8Array([1, 200]) }, { id: new Uint8Array([1]) }, { id: new Uint8Array([1, 200]) }],
      'id',
      [1, 2],
    ],
    ['json', [{ data: { a: 1 } }, { data: { a: 2 } }, { data: { a: 1 } }], 'data', [1, 2]],
    ['any', [{ any: { a: 1 } }, { any: { a: 2 } }, { any: { a: 1 } }], 'any', [1, 2]],
  ] as [string, Cells[], string, number[]][])(
    'compares the values of a %s column',
    (_, rows, by, expected) => {
      expect(kept(rows, by)).toEqual(expected);
    },
  );

  test.each([
    ['a json text that looks like another row’s object', [{ data: { a: 1 } }, { data: '{"a":1}' }], 'data'],
    ['different Maps', [{ any: new Map([[1, 2]]) }, { any: new Map([[3, 4]]) }], 'any'],
    ['different Sets', [{ any: new Set([1]) }, { any: new Set([2]) }], 'any'],
    ['objects with different bigints', [{ any: { id: 1n } }, { any: { id: 2n } }], 'any'],
    ['bytes and the text of the same bytes', [{ any: new Uint8Array([97]) }, { any: 'a' }], 'any'],
  ] as [string, Cells[], string][])('keeps both of %s', (_, rows, by) => {
    expect(kept(rows, by)).toEqual([0, 1]);
  });

  test.each(['last', 'first'] as const)(
    'keeps the rows for which its function throws, with the error, and the %s of the others',
    (keep) => {
      const by = (row: { data: { id: number } }) => row.data.id;
      const batch = batchOf(
        schema,
        [{ id: 1 }, undefined, { id: 2 }, undefined, { id: 1 }].map((data, n) => ({ n, data })) as never,
      );
      const found = duplicatesOf(batch as never, describeDedupe({ by: by as never, keep }, [schema]));
      expect(found.kept).toEqual(keep === 'last' ? [1, 2, 3, 4] : [0, 1, 2, 3]);
      expect([...found.errors.keys()]).toEqual([1, 3]);
      expect(String(found.errors.get(3))).toMatch(/dedupe\.by, which runs in the flusher/);
    },
  );

  test('agrees with a plain Map on random keys', () => {
    const key = fc.constantFrom('a', 'b', 'c', '', null);
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 20 }),
        fc.constantFrom('last' as const, 'first' as const),
        (values, keep) => {
          const expected = values.flatMap((value, n) => {
            const same = (other: string | null) => other === value;
            const stays =
              value === null || (keep === 'last' ? values.findLastIndex(same) : values.findIndex(same)) === n;
            return stays ? [n] : [];
          });
          expect(kept(keys(...values), 'key', keep)).toEqual(expected);
        },
      ),
    );
  });

  describe('by several columns', () => {
    const bytes = (...values: number[]) => new Uint8Array(values);
    test.each([
      [
        'texts that run into each other',
        ['key', 'kind'],
        [
          { key: 'a1', kind: 'b' },
          { key: 'a', kind: '1b' },
        ],
      ],
      [
        'texts that look like lengths',
        ['key', 'kind'],
        [
          { key: '1:a', kind: '' },
          { key: '', kind: '1:a' },
        ],
      ],
      [
        'NUL characters',
        ['key', 'kind'],
        [
          { key: 'a\0', kind: 'b' },
          { key: 'a', kind: '\0b' },
        ],
      ],
      [
        'the halves of a surrogate pair',
        ['key', 'kind'],
        [
          { key: '\ud83d', kind: '\ude00' },
          { key: '😀', kind: '' },
        ],
      ],
      [
        'different halves',
        ['key', 'kind'],
        [
          { key: 'x\ud83d', kind: '' },
          { key: 'x\ud83e', kind: '' },
        ],
      ],
      [
        'bytes',
        ['id', 'key'],
        [
          { id: bytes(49, 58), key: 'a' },
          { id: bytes(49), key: ':a' },
        ],
      ],
      [
        'numbers in texts',
        ['amount', 'key'],
        [
          { amount: 1, key: '12' },
          { amount: 11, key: '2' },
        ],
      ],
      [
        'the infinities',
        ['amount', 'key'],
        [
          { amount: Infinity, key: '' },
          { amount: -Infinity, key: '' },
        ],
      ],
      [
        'neighbours among doubles',
        ['amount', 'key'],
        [
          { amount: 0.1 + 0.2, key: '' },
          { amount: 0.3, key: '' },
        ],
      ],
      [
        'bigints beyond doubles',
        ['big', 'key'],
        [
          { big: 2n ** 53n, key: '' },
          { big: 2n ** 53n + 1n, key: '' },
        ],
      ],
      [
        'JSON',
        ['data', 'key'],
        [
          { data: ['a'], key: '' },
          { data: '["a"]', key: '' },
        ],
      ],
      [
        'any values',
        ['any', 'key'],
        [
          { any: new Map([[1, 2]]), key: '' },
          { any: { 1: 2 }, key: '' },
        ],
      ],
      [
        'any values by their zeros',
        ['any', 'key'],
        [
          { any: -0, key: '' },
          { any: 0, key: '' },
        ],
      ],
      [
        'no value and an empty text',
        ['key', 'kind'],
        [
          { key: 'a', kind: '' },
          { key: 'a', kind: null },
        ],
      ],
      ['no values', ['key', 'kind'], [{ key: 'a' }, { key: 'a' }]],
    ] as [string, string[], Cells[]][])('keeps rows apart that differ in %s', (_, by, rows) => {
      expect(kept(rows, by)).toEqual([0, 1]);
    });

    test('knows equal values of every type', () => {
      const row = () => ({
        ...{ key: 'x\ud83d', kind: 'é', amount: Number.NaN, big: -1n, id: bytes(0, 255) },
        ...{ data: { a: [null] }, any: { b: new Date(5) } },
      });
      const by = ['key', 'kind', 'amount', 'big', 'id', 'data', 'any'];
      expect(kept([row(), row(), { ...row(), big: 1n }], by)).toEqual([1, 2]);
      expect(
        kept(
          [
            { amount: 0, key: '' },
            { amount: -0, key: '' },
          ],
          ['amount', 'key'],
        ),
      ).toEqual([1]);
      // As for one column.
      expect(kept([{ amount: 0 }, { amount: -0 }], 'amount')).toEqual([1]);
    });

    test('agrees with a comparison of values one by one', () => {
      const text = fc.oneof(
        fc.string({ maxLength: 3 }),
        fc.constantFrom('1:', '2:a', '\ud800', '\udc00', ':'),
      );
      const cells = fc.record({
        key: fc.option(text, { freq: 8 }),
        kind: fc.option(text, { freq: 8 }),
        amount: fc.constantFrom(0, -0, Number.NaN, 1, 11),
      });
      const isSame = (a: Cells, b: Cells) =>
        a.key === b.key && a.kind === b.kind && (a.amount === b.amount || Object.is(a.amount, b.amount));
      fc.assert(
        fc.property(fc.array(cells, { maxLength: 12 }), (rows) => {
          const expected = rows.flatMap((row, n) => {
            const isWhole = row.key !== null && row.kind !== null;
            return isWhole && rows.slice(n + 1).some((later) => isSame(row, later)) ? [] : [n];
          });
          expect(kept(rows, ['key', 'kind', 'amount'])).toEqual(expected);
        }),
      );
    });
  });

  test('of a schema by its own rule, of the others by the one for all', () => {
    const [logs, orders] = [
      defineSchema('logs', { n: t.int32() }),
      defineSchema('orders', { id: t.int32() }),
    ];
    const spec = describeDedupe(
      { by: 'key', keep: 'last', schemas: { orders: { by: ['id'], keep: 'merge' }, logs: false } },
      [logs, orders, schema],
    );
    const schemas = [logs, orders, schema] as const;
    const of = (k: number) => ({ schema: schemas[k] as Schema, reader: {} as BatchReader });
    const dedupe = new Dedupe(spec, { of }, {} as BlockClaims);
    expect([0, 1, 2].map((k) => dedupe.keys(k) !== undefined)).toEqual([false, true, true]);
    expect(dedupe.take(0, [])).toBeUndefined();
    expect(dedupe.take(1, [])).toMatchObject({ merged: true });
    expect(dedupe.take(2, [])).toMatchObject({ merged: false });
  });

  test('by a column that the schema has not is a mistake', () => {
    expect(() => describeDedupe({ by: 'kye', keep: 'last' }, [schema])).toThrow(ConfigError);
    expect(() => describeDedupe({ by: 'toString', keep: 'last' }, [schema])).toThrow(
      /dedupe\.by.*a column of "pairs"/,
    );
    expect(() =>
      describeDedupe({ by: 'key', keep: 'last' }, [schema, defineSchema('other', { a: t.bool() })]),
    ).toThrow(/a column of "other"/);
  });

  test('by something that is no function on its own is a mistake', () => {
    const shorthand = {
      by(row: { key: string }) {
        return row.key;
      },
    }.by;
    for (const by of [shorthand, Math.max, shorthand.bind(null)]) {
      expect(() => describeDedupe({ by: by as never, keep: 'last' }, [schema])).toThrow(ConfigError);
    }
  });

  test('works on the values of a flow without a schema', () => {
    const values = anySchema('events');
    const batch = batchOf(values, [{ id: 1, v: 'a' }, { id: 2 }, { id: 1, v: 'b' }]);
    const spec = describeDedupe({ by: ((value: { id: number }) => value.id) as never, keep: 'last' }, [
      values,
    ]);
    expect(duplicatesOf(batch as never, spec).kept).toEqual([1, 2]);
  });
});
