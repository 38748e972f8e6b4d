/**
 * What is held for no event without asking `push` is none: a flow never takes what the shape refuses.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventError } from '../../dist/src/errors.js';
import { type ColumnType, t } from '../../dist/src/schema/columns/columns.js';
import { anySchema, type Columns, defineSchema, type Schema } from '../../dist/src/schema/columns/schema.js';
import { compileFromJson } from '../../dist/src/schema/write/from-json.js';
import { EventShape } from '../../dist/src/server/event-shape.js';
import { start } from '../fixtures/ingest.js';

const types = Object.keys(t) as ColumnType[];
const every = Object.fromEntries(types.map((type) => [type, t[type]().optional()])) as Columns;
const required = {
  n: t.int8(),
  text: t.string(),
  extra: t.json(),
  toString: t.label(),
  ['__proto__']: t.bool(),
};

async function oracle(schema: Schema) {
  const { flow } = await start({ schema, onFull: 'drop-newest' });
  const producer = flow.producer(schema);
  const fromJson = compileFromJson(schema);
  const shape = new EventShape(schema);
  return {
    /** Whether the flow takes what this text says, and whether the shape would let it pass. */
    judge(text: string): { taken: boolean; passes: boolean } {
      const passes = () => {
        const value = JSON.parse(text);
        return shape.isEvent(value) && shape.mayFit(fromJson(value, text, 0));
      };
      try {
        producer.push(fromJson(JSON.parse(text), text, 0) as never);
      } catch (error) {
        if (!(error instanceof EventError)) throw error;
        // Conversion may say so first, by an error.
        try {
          return { taken: false, passes: passes() };
        } catch {
          return { taken: false, passes: true };
        }
      }
      return { taken: true, passes: passes() };
    },
  };
}

const values = [
  ...[
    'null',
    'true',
    '0',
    '-0',
    '1.5',
    '-129',
    '127',
    '128',
    '32768',
    '65536',
    '-1',
    '4294967295',
    '4294967296',
  ],
  ...['1e999', '-1e999', '3e38', '4e38', '8.64e15', '9e15', '"x"', '""', '"12"', '"2025-01-31T12:00:00Z"'],
  ...['"AP8="', '[]', '{}', '[1]', '{"a":1}'],
];

describe('what the shape refuses', () => {
  test('is taken for no column', async () => {
    const { judge } = await oracle(defineSchema('every', every));
    const refused = new Set<string>();
    for (const type of types) {
      for (const value of values) {
        const { taken, passes } = judge(`{"${type}":${value}}`);
        if (taken) expect([type, value, passes]).toEqual([type, value, true]);
        if (!passes) refused.add(type);
      }
    }
    // And something is refused by each that does not take everything, unless its conversion says so before.
    const others = ['json', 'any', 'timestamp', 'bigint64', 'bytes'];
    expect([...refused].sort()).toEqual(types.filter((type) => !others.includes(type)).sort());
  });

  test('is taken in no combination', async () => {
    const { judge } = await oracle(defineSchema('required', required));
    const names = [...Object.keys(required), 'unknown', 'constructor'];
    const right = new Map(
      Object.entries({ n: '1', text: '"x"', extra: 'null', toString: '"l"', ['__proto__']: 'true' }),
    );
    const field = fc
      .constantFrom(...names)
      .chain((name) =>
        fc.constantFrom(right.get(name) ?? '1', ...values).map((value) => [name, value] as const),
      );
    const overrides = fc.array(field, { maxLength: 3 });
    const dropped = fc.subarray(Object.keys(required), { maxLength: 1 });
    const tally = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(overrides, dropped, (changes, missing) => {
        const fields = new Map([...right, ...changes]);
        for (const name of missing) fields.delete(name);
        const { taken, passes } = judge(
          `{${[...fields].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`,
        );
        if (taken) expect(passes).toBe(true);
        tally[taken ? 'taken' : 'refused'] += taken || !passes ? 1 : 0;
      }),
      { numRuns: 2000 },
    );
    expect(tally.taken).toBeGreaterThan(100);
    expect(tally.refused).toBeGreaterThan(100);
  });

  test('is nothing at all for a flow without a schema, and what is no object for all others', () => {
    const any = new EventShape(anySchema('any'));
    const other = new EventShape(defineSchema('other', { n: t.int8().optional() }));
    for (const value of [null, 1, 'x', true, [], [1]]) {
      expect([any.isEvent(value), any.mayFit(value)]).toEqual([true, true]);
      expect(other.isEvent(value)).toBe(false);
    }
    expect([other.isEvent({}), other.mayFit({}), other.mayFit({ n: 1, m: 1 })]).toEqual([true, true, false]);
  });
});
