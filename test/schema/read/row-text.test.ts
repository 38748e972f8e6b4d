/**
 * Rows and columns as text: what goes in comes out again, for every column type, and what was edited is refused.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventError, SchemaError } from '../../../dist/src/errors.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { type Column, t } from '../../../dist/src/schema/columns/columns.js';
import {
  anySchema,
  defineSchema,
  type EventOf,
  type Schema,
} from '../../../dist/src/schema/columns/schema.js';
import { columnsText, schemaOfText } from '../../../dist/src/schema/columns/schema-text.js';
import { rowOfText, rowText } from '../../../dist/src/schema/read/row-text.js';
import { anyCase, rowsOf, structured, types } from '../../fixtures/any-rows.js';

/** Rows that have been texts, read by a schema that has been a text: what is left of them in a batch. */
function throughText(schema: Schema, events: readonly unknown[]) {
  const batch = batchOf(schema, events as EventOf<Schema>[]);
  const read = schemaOfText(schema.name, columnsText(schema));
  assert.deepStrictEqual(read, schema);
  assert.deepStrictEqual(Object.keys(read.columns), Object.keys(schema.columns));
  const texts = batch.rows().map((_, i) => rowText(batch, i));
  // What any store for UTF-8 texts keeps.
  for (const text of texts) assert.match(text, /^[^\0\n\p{Cs}]*$/u);
  return {
    before: batch.rows(),
    after: batchOf(
      read,
      texts.map((text) => rowOfText(read, text)),
    ).rows(),
  };
}

function same(schema: Schema, events: readonly unknown[]): void {
  const { before, after } = throughText(schema, events);
  assert.deepStrictEqual(after, before);
}

describe('a row', () => {
  for (const type of types) {
    it.each([false, true])(`keeps a ${type} through its text, optional: %s`, (nullable) => {
      const cases = rowsOf([['value', { type, nullable } as Column]], 20);
      fc.assert(
        fc.property(cases, ({ schema, events }) => same(schema, events)),
        { numRuns: 100 },
      );
    });
  }

  it('keeps several columns, whatever their names', () => {
    fc.assert(
      fc.property(anyCase, ({ schema, events }) => same(schema, events)),
      { numRuns: 400 },
    );
  });

  it('keeps the one value of a flow without a schema', () => {
    fc.assert(
      fc.property(fc.array(structured, { maxLength: 5 }), (events) => same(anySchema('all'), events)),
    );
    same(anySchema('all'), [null, undefined, 5, 'text', new Error('wrong'), [new Map([[{}, 1]])]]);
  });

  it('keeps cycles', () => {
    const cycle: Record<string, unknown> = { name: 'x' };
    cycle.self = cycle;
    const { after } = throughText(anySchema('all'), [cycle]);
    expect((after[0] as typeof cycle).self).toBe(after[0]);
  });

  it('keeps an any value beside other columns', () => {
    same(defineSchema('both', { '~value': t.any(), a: t.uint8() }), [{ '~value': new Set([1n]), a: 1 }]);
    same(defineSchema('maybe', { '~value': t.any().optional() }), [null, 0, new Date(5)]);
  });

  it('is text of this shape', () => {
    const schema = defineSchema('all', {
      at: t.timestamp(),
      big: t.bigint64(),
      raw: t.bytes(),
      none: t.bytes().optional(),
      nan: t.float64(),
      zero: t.float32(),
      far: t.float64(),
      ok: t.bool(),
      half: t.string(),
      json: t.json(),
      any: t.any(),
      ['__proto__']: t.string(),
    });
    const event = {
      at: 1.25,
      big: -(2n ** 63n),
      raw: new Uint8Array([0, 255]),
      nan: Number.NaN,
      zero: -0,
      far: Number.NEGATIVE_INFINITY,
      ok: true,
      half: '\ud83d"\n',
      json: { deep: [null, 'NaN'] },
      any: null,
      ['__proto__']: 'plain',
    };
    same(schema, [event]);
    expect(rowText(batchOf(schema, [event]), 0)).toBe(
      '{"at":1.25,"big":"-9223372036854775808","raw":"AP8=","none":null,"nan":"NaN","zero":"-0",' +
        '"far":"-Infinity","ok":true,"half":"\\ud83d\\"\\n","json":{"deep":[null,"NaN"]},"any":"/w8w",' +
        '"__proto__":"plain"}',
    );
  });

  it('takes the bytes of a view, not of what lies around it', () => {
    const schema = defineSchema('views', { raw: t.bytes() });
    const raw = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
    expect(rowText(batchOf(schema, [{ raw }]), 0)).toBe('{"raw":"AQI="}');
  });

  it('keeps the digits of JSON that came as text, and its keys', () => {
    const schema = defineSchema('json', { ['__proto__']: t.json(), 'a"b': t.json().optional(), n: t.int8() });
    const text = '{"__proto__":{"id":12345678901234567890,"id":1e999},"a\\"b":[0.10],"n":1}';
    const batch = batchOf(schema, [rowOfText(schema, text)]);
    expect(rowText(batch, 0)).toBe(text);
    // Edited by hand: spaces, another order, a key that is escaped and one that stands twice.
    const edited =
      '{ "n": 1, "a\\u0022b": [ 0.10 ], "__proto__": {"n": "}"}, "n": 2, "__proto__": "1 \\" 2" }';
    expect(rowText(batchOf(schema, [rowOfText(schema, edited)]), 0)).toBe(
      '{"__proto__":"1 \\" 2","a\\"b":[0.10],"n":2}',
    );
    const none = rowOfText(schema, '{"__proto__":null,"a\\"b":null,"n":1}');
    expect(batchOf(schema, [none]).row(0)).toEqual({ ['__proto__']: null, 'a"b': null, n: 1 });
  });

  const edited = defineSchema('edited', {
    big: t.bigint64().optional(),
    raw: t.bytes().optional(),
    any: t.any().optional(),
    f: t.float64().optional(),
    at: t.timestamp().optional(),
  });

  it.each([
    ['{"big":', /^edited: .*JSON/],
    ['[]', /^edited: got an array of 0; expected an object/],
    ['null', /^edited: got null/],
    ['"text"', /^edited: got "text"/],
    ['{"big":"1.5"}', /^edited\.big: got "1\.5" \(string\); expected a whole number/],
    ['{"big":""}', /^edited\.big: /],
    ['{"big":12}', /^edited\.big: got 12 \(number\)/],
    ['{"raw":"AP8"}', /^edited\.raw: got "AP8" \(string\); expected base64/],
    ['{"raw":"!!!!"}', /^edited\.raw: /],
    ['{"raw":[1]}', /^edited\.raw: got an array of 1/],
    ['{"f":1e400}', /^edited\.f: got a number beyond double precision/],
    ['{"at":-1e400}', /^edited\.at: got a number beyond double precision/],
    ['{"any":"wA"}', /^edited\.any: /],
    ['{"any":"2f8="}', /^edited\.any: /],
  ])('that was edited is refused: %s', (text, message) => {
    expect(() => rowOfText(edited, text)).toThrow(EventError);
    expect(() => rowOfText(edited, text)).toThrow(message);
  });

  it('that was edited is refused where a required column has null', () => {
    const schema = defineSchema('required', { any: t.any() });
    expect(() => rowOfText(schema, '{"any":null}')).toThrow(/^required\.any: got null; expected base64/);
    expect(() => rowOfText(anySchema('whole'), 'null')).toThrow(/^whole\.~value: got null/);
  });

  it.each([
    ['{"big":"9223372036854775808"}', /edited\.big: got 9223372036854775808n.*2\^63 - 1/],
    ['{"f":"nan"}', /edited\.f: got "nan"/],
    ['{"f":[]}', /edited\.f: got an array/],
    ['{"at":"NaN"}', /edited\.at: /],
    ['{"at":"Infinity"}', /edited\.at: /],
    ['{"other":1}', /edited\.other: unknown column/],
    ['{"__proto__":1}', /edited\.__proto__: unknown column/],
    ['{"constructor":1}', /edited\.constructor: unknown column/],
  ])('that was edited is refused when it is pushed: %s', (text, message) => {
    const event = rowOfText(edited, text);
    expect(() => batchOf(edited, [event])).toThrow(message);
  });
});

describe('columns', () => {
  it('are text of this shape, in their order', () => {
    const schema = defineSchema('all', { at: t.timestamp(), note: t.string().optional(), '~value': t.any() });
    expect(columnsText(schema)).toBe('{"at":"timestamp","note":"string?","~value":"any"}');
    expect(columnsText(anySchema('any'))).toBe('{"~value":"any"}');
  });

  it.each([
    ['{', /the columns of "x" are not JSON/],
    ['', /the columns of "x" are not JSON/],
    ['[]', /"columns": got an array of 0/],
    ['{}', /no columns/],
    ['{"a":"int24"}', /column "a": got "int24" \(string\); expected one of bool, .*, any, with/],
    ['{"a":"any??"}', /column "a"/],
    ['{"~value":"string"}', /reserved/],
  ])('that were edited are refused: %s', (text, message) => {
    expect(() => schemaOfText('x', text)).toThrow(SchemaError);
    expect(() => schemaOfText('x', text)).toThrow(message);
  });
});
