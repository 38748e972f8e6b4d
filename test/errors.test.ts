/**
 * Names and values come from anybody: what errors say of them changes nothing on a terminal or in a log.
 */
import { expect, test } from 'vitest';
import * as errors from '../dist/src/errors.js';
import { loadSink } from '../dist/src/flow/delivery/sink-loader.js';
import { check } from '../dist/src/options/check.js';
import { batchOf } from '../dist/src/schema/batch-of.js';
import { t } from '../dist/src/schema/columns/columns.js';
import { defineSchema } from '../dist/src/schema/columns/schema.js';
import { hostile, isPlain } from './fixtures/hostile-text.js';

type Made = new (...values: unknown[]) => Error;

const classes = Object.entries(errors).filter(
  ([name, value]) => name !== 'BatchFlowError' && typeof value === 'function',
) as [string, unknown][];

test.each(classes)('%s is plain text, whatever it is told', (name, value) => {
  const options = { cause: new Error(hostile), reason: 'dead-letters' };
  const error = new (value as Made)(hostile, hostile, name === 'FlushError' ? options : hostile, hostile);
  expect(error).toBeInstanceOf(errors.BatchFlowError);
  expect(error.message).toMatch(isPlain);
  // QueueFullError quotes a number.
  if (name !== 'QueueFullError') expect(error.message).toContain('\\u001b[2J');
});

test('there are classes to look at, and hostile text is what the pattern finds', () => {
  expect(classes.length).toBeGreaterThan(10);
  expect(hostile).not.toMatch(isPlain);
});

test.each<[string, () => unknown]>([
  ['an option', () => check({} as never, { [hostile]: 1 })],
  ['a schema', () => defineSchema(hostile, {})],
  ['a column', () => defineSchema('a', { [hostile]: 5 } as never)],
  [
    'a key of an event',
    () => batchOf(defineSchema('a', { a: t.int8().optional() }), [{ [hostile]: 1 } as never]),
  ],
  ['a value', () => batchOf(defineSchema('a', { a: t.int8() }), [{ a: hostile as never }])],
  [
    "a column's own name",
    () => batchOf(defineSchema(hostile, { [hostile]: t.int8() }), [{ [hostile]: 'x' } as never]),
  ],
  ['a sink', () => loadSink({ module: `file:///no/such/${hostile}.js`, options: {} })],
])('%s with a hostile name is named in plain text', async (_, refused) => {
  const error = await Promise.resolve()
    .then(refused)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(errors.BatchFlowError);
  expect((error as Error).message).toMatch(isPlain);
  expect((error as Error).message).toMatch(/u001b/);
});
