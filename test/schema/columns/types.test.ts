/**
 * The table of column types: what it says of each type agrees, all the way round. A new type is tested as it stands in
 * the table; only what values it takes is said elsewhere (`fixtures/any-rows.ts`).
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventError } from '../../../dist/src/errors.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { arrayTypes } from '../../../dist/src/schema/codec/array-types.js';
import { type Column, t } from '../../../dist/src/schema/columns/columns.js';
import { defineSchema, type Schema } from '../../../dist/src/schema/columns/schema.js';
import type { FixedSpec } from '../../../dist/src/schema/columns/types/spec.js';
import {
  type ColumnType,
  isColumnType,
  specOf,
  typeNames,
} from '../../../dist/src/schema/columns/types/table.js';
import type { Batch } from '../../../dist/src/schema/read/batch.js';
import { rowOfText, rowText } from '../../../dist/src/schema/read/row-text.js';
import { compileFromJson } from '../../../dist/src/schema/write/from-json.js';
import { schemaFromJson } from '../../../dist/src/server/schema-file.js';
import { rowsOf } from '../../fixtures/any-rows.js';
import { WrittenBlocks } from '../../fixtures/written-blocks.js';

interface Row {
  value: unknown;
}

/** Rows of a schema whose one column has the type. */
const casesOf = (type: ColumnType, nullable: boolean) =>
  rowsOf([['value', { type, nullable } as Column]], 20).map(({ schema, events, rows }) => ({
    schema,
    events: events as Row[],
    rows: rows as Row[],
  }));

const only = (type: ColumnType): Schema => defineSchema('only', { value: { type, nullable: false } });
const batch = (schema: Schema, events: readonly unknown[]): Batch => batchOf(schema, events as never[]);
const again = (schema: Schema, events: readonly unknown[]) => batch(schema, events).rows();
const evaluate = (code: string, element: unknown): unknown =>
  new Function('element', `return ${code};`)(element);

/** What a value is in JSON, as the text of a row has it. */
const jsonOf = (schema: Schema, row: Row): unknown => JSON.parse(textsOf(schema, [row])[0] as string).value;

function textsOf(schema: Schema, events: readonly unknown[]): string[] {
  const rows = batch(schema, events);
  return events.map((_, i) => rowText(rows, i));
}

describe('the table', () => {
  it('has the types that schemas can name, in their order', () => {
    expect(Object.keys(t)).toEqual(typeNames);
    for (const type of typeNames) {
      expect(t[type]()).toMatchObject({ type, nullable: false });
      expect(t[type]().optional()).toEqual({ type, nullable: true });
    }
  });

  it.each(['', 'constructor', '__proto__', 'toString', 'Bool', 5, null, undefined, {}])(
    'has no type %j',
    (name) => {
      expect(isColumnType(name)).toBe(false);
      expect(() => defineSchema('x', { a: { type: name as ColumnType, nullable: false } })).toThrow(
        /is not a column type/,
      );
    },
  );
});

describe.each(typeNames)('%s', (type) => {
  const spec = specOf(type);
  const facts = [false, true].map((nullable) => ({ nullable, cases: casesOf(type, nullable) }));

  it.each(facts)('comes back as a row and is an event again, optional: $nullable', ({ cases }) => {
    fc.assert(
      fc.property(cases, ({ schema, events, rows }) => {
        assert.deepStrictEqual(again(schema, events), rows);
        assert.deepStrictEqual(again(schema, rows), rows);
      }),
      { numRuns: 30 },
    );
  });

  it.each(facts)('comes back from the text of a row, optional: $nullable', ({ cases }) => {
    fc.assert(
      fc.property(cases, ({ schema, events, rows }) => {
        const texts = textsOf(schema, events);
        assert.deepStrictEqual(
          again(
            schema,
            texts.map((text) => rowOfText(schema, text)),
          ),
          rows,
        );
      }),
      { numRuns: 30 },
    );
  });

  it.each(facts)('comes back from the JSON of a client, optional: $nullable', ({ cases }) => {
    if (!spec.inSchemaFiles) return;
    fc.assert(
      fc.property(cases, ({ schema, rows }) => {
        // NaN and its like are texts only in the text of a row.
        const sent = rows.filter(
          (row) => typeof row.value !== 'number' || typeof jsonOf(schema, row) === 'number',
        );
        const from = compileFromJson(schema);
        const texts = sent.map((row) => JSON.stringify({ value: jsonOf(schema, row) }));
        const events = texts.map((text) => from(JSON.parse(text), text, 0));
        assert.deepStrictEqual(again(schema, events), sent);
      }),
      { numRuns: 30 },
    );
  });

  it.each(facts)('comes back from columns, optional: $nullable', ({ cases }) => {
    fc.assert(
      fc.property(cases, ({ schema, events, rows }) => {
        const view: unknown = batch(schema, events).columns.value;
        const byColumn = spec.cell === 'fixed' || spec.byColumn;
        for (const values of [events.map(({ value }) => value), view as ArrayLike<unknown>]) {
          // Views but for typed arrays are no columns to push, and an element does not say whether it is a value.
          if (values === view && (spec.cell !== 'fixed' || rows.some(({ value }) => value === null)))
            continue;
          const written = new WrittenBlocks(schema, {
            blocks: 2,
            rowsPerBlock: rows.length + 1,
            variableBytes: 2 ** 18,
            maxLabels: 500,
          });
          const taken = written.writeColumns([values], rows.length);
          assert.equal(taken !== undefined, byColumn);
          if (taken === undefined) return;
          // A label that the dictionary does not take ends a run of rows.
          if (spec.cell !== 'label') assert.equal(taken, rows.length);
          assert.deepStrictEqual(written.read().rows(), rows.slice(0, taken));
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each(facts)('has keys that are equal for equal values, optional: $nullable', ({ cases }) => {
    fc.assert(
      fc.property(cases, ({ schema, events }) => {
        const twice = batch(schema, [...events, ...events]);
        const rows = twice.rows() as unknown as Row[];
        const texts = new Map<unknown, string>();
        rows.forEach((row, i) => {
          if (row.value === null || Object.is(row.value, -0)) return;
          const key = spec.keyAt(twice.columns.value, i);
          assert.notEqual(typeof key, 'object');
          const text = rowText(twice, i);
          assert.equal(texts.get(key) ?? text, text);
          texts.set(key, text);
        });
        assert.equal(texts.size, new Set(texts.values()).size);
      }),
      { numRuns: 30 },
    );
  });

  it('is refused with what the table says is expected', () => {
    const schema = only(type);
    expect(() => batch(schema, [{}])).toThrow(`only.value: missing; expected ${spec.expected}`);
    const optional = defineSchema('only', { value: { type, nullable: true } });
    const misfit = () => batch(optional, [{ value: Symbol() }]);
    expect(misfit).toThrow(EventError);
    if (spec.cell !== 'any') expect(misfit).toThrow(`got a symbol; expected ${spec.expected}, or nothing`);
    expect(spec.isOfKind(Symbol())).toBe(false);
  });

  it('can stand in a schema file if the table says so', () => {
    const load = () => schemaFromJson({ name: 'only', columns: { value: type } });
    if (spec.inSchemaFiles) expect(load()).toEqual(only(type));
    else expect(load).toThrow(/column "value"/);
  });
});

const fixed = typeNames.flatMap((type) => {
  const spec = specOf(type);
  return spec.cell === 'fixed' ? [{ type, spec: spec as FixedSpec }] : [];
});

describe.each(fixed)('$type', ({ type, spec }) => {
  it('lies in the typed array that the table names, zero where there is no value', () => {
    fc.assert(
      fc.property(casesOf(type, true), ({ schema, events, rows }) => {
        const view = batch(schema, events).columns.value as unknown as ArrayLike<unknown>;
        assert.equal(view.constructor, arrayTypes[spec.array]);
        assert.equal(view.length, rows.length);
        rows.forEach(({ value }, i) => {
          if (value === null) assert.equal(view[i], evaluate(spec.zero, undefined));
          else assert.deepStrictEqual(evaluate(spec.valueOf('element'), view[i]), value);
        });
      }),
      { numRuns: 30 },
    );
  });
});
