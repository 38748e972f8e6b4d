/**
 * Bytes that blocks have for texts, blobs and labels.
 */
import { expect, test } from 'vitest';
import { batchOf, defineSchema, t } from '../../../dist/src/index.js';
import { defaultVariableBytes } from '../../../dist/src/schema/block/block-layout.js';

test('labels have room for those that their dictionary cannot take, and numbers need none', () => {
  const Labelled = defineSchema('labelled', { kind: t.label() });
  expect(defaultVariableBytes(Labelled, 10)).toBe(65_536);
  expect(defaultVariableBytes(defineSchema('numbers', { n: t.int32() }), 10)).toBe(0);
  const rows = Array.from({ length: 2000 }, (_, i) => ({ kind: `${i}`.padEnd(100) }));
  expect(batchOf(Labelled, rows).rows()).toEqual(rows);
});
