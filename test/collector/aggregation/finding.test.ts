/**
 * Finding series: texts by their bytes, and rows by the codes of their labels; also when tables have grown, or all that
 * they knew is forgotten.
 */
import { expect, test } from 'vitest';
import { SeriesTable } from '../../../dist/src/collector/aggregation/series-table.js';
import { TextCodes } from '../../../dist/src/collector/aggregation/text-codes.js';
import { batchOf, defineSchema, t } from '../../../dist/src/index.js';

const Texts = defineSchema('texts', { text: t.string() });

function read(codes: TextCodes, texts: readonly string[]): string[] {
  const batch = batchOf(
    Texts,
    texts.map((text) => ({ text })),
  );
  const into = new Int32Array(texts.length);
  codes.read(batch.columns.text as never, texts.length, into);
  return [...into].map((code) => codes.textOf(code));
}

test('equal texts have equal codes, and others have others', () => {
  const codes = new TextCodes();
  const texts = ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'abcd\0', 'ä', '\u{1f600}', '\ud800', 'a', 'abcd'];
  expect(read(codes, texts)).toEqual(texts);
  expect(read(codes, texts.toReversed())).toEqual(texts.toReversed());
});

test('texts that differ in one byte, more of them than are remembered, and long ones', () => {
  const codes = new TextCodes();
  const texts = Array.from({ length: 40_000 }, (_, i) => `/path/${i}`);
  expect(read(codes, texts)).toEqual(texts);
  expect(read(codes, texts)).toEqual(texts);
  const long = ['x', 'y'].map((end) => 'a'.repeat(10_000) + end);
  expect(read(codes, long)).toEqual(long);
});

test('a template is made once for a text', () => {
  let calls = 0;
  const codes = new TextCodes((text) => {
    calls++;
    return text.slice(0, 1);
  });
  expect(read(codes, ['ab', 'ac', 'ab', 'ac', 'ab'])).toEqual(['a', 'a', 'a', 'a', 'a']);
  expect(read(codes, ['ab', 'ac'])).toEqual(['a', 'a']);
  expect(calls).toBe(2);
});

test.each([1, 2, 3, 4, 5, 7])('keys of %i numbers are told apart', (parts) => {
  const table = new SeriesTable(parts);
  const rows = 5000;
  // Keys differ in one number only, in each place.
  const columns = Array.from({ length: parts }, (_, part) =>
    Int32Array.from({ length: rows }, (_, row) => (row % parts === part ? row : -7)),
  );
  const found = new Int32Array(rows);
  table.findAll(columns, rows, found);
  expect(new Set(found)).toEqual(new Set([-1]));
  for (let row = 0; row < rows; row++) {
    expect(table.find(columns, row)).toBe(-1);
    table.set(columns, row, row);
  }
  table.findAll(columns, rows, found);
  expect([...found]).toEqual(Array.from({ length: rows }, (_, row) => row));
  table.clear();
  table.findAll(columns, rows, found);
  expect(new Set(found)).toEqual(new Set([-1]));
});
