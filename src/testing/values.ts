/**
 * Values of each column type: those at the ends of what the type holds, and plain ones.
 */
import type { Column, ColumnType } from '../schema/columns/columns.js';
import type { Schema } from '../schema/columns/schema.js';
import { hostileTexts } from './hostile-texts.js';
import type { Row } from './options.js';
import { keyOf } from './schemas.js';

const day = 86_400_000;
const someday = Date.UTC(2026, 1, 3, 4, 5, 6, 789);

/** Values that are hard to keep. */
const hardValues: Record<ColumnType, readonly unknown[]> = {
  bool: [true, false],
  int8: [-128, 127, 0, -1],
  int16: [-32_768, 32_767, 0, -1],
  int32: [-2_147_483_648, 2_147_483_647, 0, -1],
  uint8: [0, 255, 1],
  uint16: [0, 65_535, 1],
  uint32: [0, 4_294_967_295, 1],
  float32: [0, 1.5, -0, Math.fround(0.1), 2 ** -149, Math.fround(3.4e38), Number.NaN, ...infinities()],
  float64: [0, 0.1 + 0.2, -0, 5e-324, Number.MAX_VALUE, 2 ** 53 + 2, 1e21, Number.NaN, ...infinities()],
  bigint64: [0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  timestamp: [someday, 0, -1, someday + 0.25, -day * 365, Date.UTC(2100, 1, 28), Date.UTC(9999, 11, 31)],
  label: hostileTexts,
  string: hostileTexts,
  bytes: [
    new Uint8Array(0),
    new Uint8Array([0, 255, 10, 13, 39, 92]),
    Uint8Array.from({ length: 3000 }, (_, i) => i),
  ],
  json: [
    ...[
      true,
      false,
      0,
      -1.5e-7,
      '',
      'text',
      [],
      {},
      [null],
      { a: null, b: [1, { c: 'd' }], '': 0, 'e"\\\n': 'f' },
    ],
    ...hostileTexts.map((text) => [text, { [text]: text }]),
  ],
  any: [
    ...[0, 'text', true, 12n, [1, 'a', null], { a: { b: [undefined] } }, new Date(someday)],
    ...[new Map([['k', new Set([1, 'a'])]]), new Uint8Array([1, 2, 3]), hostileTexts],
  ],
};

function infinities(): number[] {
  return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
}

/** Values that any target keeps as they are. */
const plainValues: Record<ColumnType, (n: number) => unknown> = {
  bool: (n) => n % 2 === 0,
  int8: (n) => n % 100,
  int16: (n) => n % 30_000,
  int32: (n) => n,
  uint8: (n) => n % 200,
  uint16: (n) => n % 60_000,
  uint32: (n) => n,
  float32: (n) => n / 4,
  float64: (n) => n / 4,
  bigint64: BigInt,
  timestamp: (n) => someday + n * 1000,
  label: (n) => `tag ${n % 7}`,
  string: (n) => `row ${n}`,
  bytes: (n) => new Uint8Array([n & 127, 1]),
  json: (n) => ({ n }),
  any: (n) => ({ n }),
};

/** Values that tell row `n` from others. */
const keyValues: { readonly [T in ColumnType]?: (n: number) => unknown } = {
  string: (n) => `key ${n}`,
  label: (n) => `key ${n}`,
};

/** Rows that any target keeps as they are; every third lacks its optional values. @param from number of the first. */
export function plainRows(schema: Schema, count: number, from = 0): Row[] {
  return rowsOf(schema, count, from, ({ type, nullable }, n) =>
    nullable && n % 3 === 0 ? null : plainValues[type](n),
  );
}

/**
 * Rows with all values that are hard to keep. Optional values are missing in the first row and null in the second.
 */
export function hardRows(schema: Schema): Row[] {
  const lengths = Object.values(schema.columns).map(({ type }) => hardValues[type].length);
  const rows = rowsOf(schema, Math.max(2, ...lengths) + 2, 0, ({ type, nullable }, n) => {
    if (nullable && n < 2) return null;
    const values = hardValues[type];
    return values[n % values.length];
  });
  const [first, ...others] = rows as [Row, ...Row[]];
  const present = Object.entries(first).filter(([name]) => schema.columns[name]?.nullable === false);
  return [Object.fromEntries(present), ...others];
}

function rowsOf(schema: Schema, count: number, from: number, cellOf: (column: Column, n: number) => unknown) {
  const key = keyOf(schema);
  return Array.from({ length: count }, (_, i): Row => {
    const n = from + i;
    const cells = Object.entries(schema.columns).map(([name, column]) => {
      const ofKey = keyValues[column.type] ?? plainValues[column.type];
      return [name, name === key ? ofKey(n) : cellOf(column, n)] as const;
    });
    return Object.fromEntries(cells);
  });
}
