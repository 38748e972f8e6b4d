/**
 * Names of schemas, columns and keys come from users. In generated code they are names, whatever they hold: they end no
 * literal, no comment and no line, run nothing, and are invisible to tools that look for directives.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, expect, test } from 'vitest';
import { visible } from '../../../dist/src/describe.js';
import { ColumnsCheck } from '../../../dist/src/flow/producer/columns-input.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { compile } from '../../../dist/src/schema/codegen/compile.js';
import { columnComment, literalKey, quoted } from '../../../dist/src/schema/codegen/names.js';
import { type Column, t } from '../../../dist/src/schema/columns/columns.js';
import { anySchema, defineSchema, type Schema } from '../../../dist/src/schema/columns/schema.js';
import { compileFromJson } from '../../../dist/src/schema/write/from-json.js';
import { hostileNames } from '../../fixtures/any-rows.js';
import { WrittenBlocks } from '../../fixtures/written-blocks.js';

const run = 'globalThis.hostileCodeRan = true';
const names = [
  ...hostileNames,
  `*/ ${run} //`,
  `\n${run}\n`,
  `\r${run}\r`,
  `\u2028${run}\u2029`,
  `"]; ${run}; //`,
  `"; ${run}; "`,
  `'; ${run}; '`,
  `\\"; ${run}; //`,
  `\${${run}}`,
  `--> ${run}`,
  '<!-- x',
  '</script>',
  '*/',
  '/*',
  '//# sourceMappingURL=data:application/json,{}',
  '//@ sourceURL=evil.js',
  '/*# sourceURL=evil.js */',
  '..',
  '%',
  'a b\tc',
  '\0\x07\x1b[31m\x9b31m',
  '\u{e0041}\u{10ffff}',
  'ünïcödé 名前 😀',
];

/** Own properties whatever their names: a literal would take `__proto__` for the prototype. */
const object = (...entries: [string, unknown][]) => Object.fromEntries(entries);
const schemaOf = (name: string, ...columns: [string, Column][]): Schema =>
  defineSchema(name, object(...columns) as Record<string, Column>);
const rowsOf = (schema: Schema, events: readonly object[]) => batchOf(schema, events as never[]).rows();

afterEach(() => {
  expect(globalThis).not.toHaveProperty('hostileCodeRan');
});

describe.each(names)('%j', (name) => {
  /** As an error shows it. */
  const shown = visible(name);

  test('is a literal of one line, which says the same and ends no comment', () => {
    const literal = quoted(name);
    expect(new Function(`return ${literal};`)()).toBe(name);
    expect(new Function(`/* ${literal} */ // ${literal}\nreturn ${literal};`)()).toBe(name);
    expect(literal).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]|\*\/|[*/][#@]/u);
    const made = new Function(`return { ${literalKey(name)}: 1 };`)() as object;
    expect(Object.entries(made)).toEqual([[name, 1]]);
    expect(columnComment(3, name, { type: 'bool', nullable: true })).toBe(`// 3 ${literal}: bool, optional`);
  });

  test('is part of a URL that stack traces name', () => {
    const fail = compile<() => void>([name, 'part'], [], ['throw new Error("here");']);
    try {
      fail();
      expect.unreachable();
    } catch (error) {
      const [, url] = (error as Error).stack?.match(/\((batchflow\/.*\/part-\d+\.js):\d+:\d+\)/) ?? [];
      expect(url).toMatch(/^[\w./%!~*()-]+$/);
      expect(url).toContain(encodeURIComponent(name.toWellFormed()).replaceAll("'", '%27'));
    }
  });

  test('is a column that is written, and read as a row', () => {
    const types = [t.uint8(), t.bool().optional(), t.label(), t.string().optional(), t.json(), t.any()];
    for (const column of types) {
      const schema = schemaOf(name, [name, column], [`${name}2`, column]);
      const value = column.type === 'bool' ? true : column.type === 'uint8' ? 5 : 'text';
      const rows = [object([name, value], [`${name}2`, value])];
      assert.deepStrictEqual(rowsOf(schema, rows), rows);
      const without = () => rowsOf(schema, [object([`${name}2`, value])]);
      if (column.nullable) assert.deepStrictEqual(without(), [object([name, null], [`${name}2`, value])]);
      else expect(without).toThrow(`${shown}.${shown}: missing; expected`);
    }
  });

  test('is a column that is pushed as a column', () => {
    const schema = schemaOf(name, [name, t.uint8()], ['other', t.string()]);
    const blocks = new WrittenBlocks(schema, { blocks: 1, rowsPerBlock: 3, variableBytes: 64 });
    expect(
      blocks.writeColumns(
        [
          [1, 2],
          ['a', 'b'],
        ],
        2,
      ),
    ).toBe(2);
    const events = [object([name, 1], ['other', 'a']), object([name, 2], ['other', 'b'])];
    assert.deepStrictEqual(blocks.read().rows(), events);
    const { eventAt } = new ColumnsCheck(schema).check(object([name, [1, 2]], ['other', ['a', 'b']]), 2);
    assert.deepStrictEqual([eventAt(0), eventAt(1)], events);
  });

  test('is a column that comes as JSON', () => {
    const from = compileFromJson(schemaOf(name, [name, t.bigint64()], ['other', t.timestamp().optional()]));
    const read = (text: string) => from(JSON.parse(text), text, 0);
    for (const value of ['"12"', '12', '12e0', '1.2e1'])
      assert.deepStrictEqual(read(`{${JSON.stringify(name)}:${value}}`), object([name, 12n]));
    const large = read(`{${JSON.stringify(name)}:9007199254740993}`);
    assert.deepStrictEqual(large, object([name, 9007199254740993n]));
    expect(() => read(`{${JSON.stringify(name)}:"x"}`)).toThrow(`${shown}.${shown}: got "x" (string)`);
  });

  test('is a key of a flat event without a schema', () => {
    const events = [object([name, 1], ['other', 'text']), object([name, 'text'], ['other', null])];
    assert.deepStrictEqual(rowsOf(anySchema(name), events), events);
  });
});
