/**
 * What JSON cannot say, converted by the schema; and schemas that come as JSON files.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { EventError, SchemaError } from '../../../dist/src/errors.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { t } from '../../../dist/src/schema/columns/columns.js';
import {
  anySchema,
  type Columns,
  defineSchema,
  type Schema,
} from '../../../dist/src/schema/columns/schema.js';
import { isoTimeMs } from '../../../dist/src/schema/columns/types/iso-time.js';
import { compileFromJson, compileReadsText } from '../../../dist/src/schema/write/from-json.js';
import { loadSchemaFile, schemaFromJson } from '../../../dist/src/server/index.js';

const all = defineSchema('all', {
  at: t.timestamp(),
  big: t.bigint64().optional(),
  raw: t.bytes().optional(),
  note: t.string().optional(),
});
const at = 0;

/** What a schema makes of the text of an event, which lies between others. */
function read(schema: Schema, text: string): unknown {
  return compileFromJson(schema)(JSON.parse(text), `[1, ${text}, {"big":5}]`, 4);
}

const convert = (value: unknown) => read(all, JSON.stringify(value));

function fault(value: object): EventError {
  return faultOf(all, JSON.stringify(value));
}

function faultOf(schema: Schema, text: string): EventError {
  try {
    read(schema, text);
  } catch (error) {
    if (error instanceof EventError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('timestamps', () => {
  test('come as ISO-8601 with a zone, or as milliseconds', () => {
    expect(convert({ at: '2025-01-31T12:00:00.5Z' })).toEqual({ at: Date.UTC(2025, 0, 31, 12, 0, 0, 500) });
    expect(convert({ at: '2025-01-31T12:00:00+02:00' })).toEqual({ at: Date.UTC(2025, 0, 31, 10) });
    expect(convert({ at: '2024-02-29T00:00Z' })).toEqual({ at: Date.UTC(2024, 1, 29) });
    expect(convert({ at: 12.5 })).toEqual({ at: 12.5 });
  });

  test.each([
    '',
    '1',
    'May',
    '2025-01-31',
    '2025-01-31T12:00:00',
    '2025-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-01-00T00:00:00Z',
    '2025-01-01T25:00:00Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:60Z',
    '2025-01-01T00:00:00+25:00',
    ' 2025-01-01T00:00:00Z',
    'Z'.repeat(100),
  ])('refuse %j', (text) => {
    expect(isoTimeMs(text)).toBeNaN();
    expect(fault({ at: text })).toMatchObject({ fault: 'type', field: 'at', schema: 'all' });
  });

  test('refuse what is neither', () => {
    expect(fault({ at: true })).toMatchObject({ fault: 'type', field: 'at' });
    expect(fault({ at: {} })).toMatchObject({ fault: 'type', field: 'at' });
  });

  test('agree with toISOString for every day that there is', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0000-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        }),
        (date) => {
          expect(isoTimeMs(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });
});

describe('64-bit integers', () => {
  const big = (text: string) => (read(all, `{"at":0,"big": ${text} }`) as { big: bigint }).big;
  const bigFault = (text: string) => faultOf(all, `{"at":0,"big":${text}}`);

  test('come as numbers, digit by digit, or as decimal text', () => {
    expect(convert({ at, big: 7 })).toEqual({ at, big: 7n });
    expect(big('-0')).toBe(0n);
    expect(big('"-9223372036854775808"')).toBe(-9223372036854775808n);
    expect(big('9007199254740993')).toBe(9007199254740993n);
    expect(big('-9223372036854775808')).toBe(-9223372036854775808n);
    fc.assert(fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => big(String(value)) === value));
  });

  test('may be written as any number of whole value', () => {
    expect(big('1e3')).toBe(1000n);
    expect(big('1000.0')).toBe(1000n);
    expect(big('9.223372036854775807E+18')).toBe(9223372036854775807n);
  });

  test('refuse fractions that a double has lost, what is out of range, and other texts', () => {
    const expected = 'expected an integer from -2^63 to 2^63 - 1, or its decimal text';
    for (const text of ['1.5', '9007199254740990.6', '70368744177664.01', '1e-1']) {
      expect(bigFault(text)).toMatchObject({ fault: 'type', field: 'big' });
      expect(bigFault(text).message).toMatch(expected);
    }
    for (const text of ['1e400', '-1e39', '9'.repeat(50)])
      expect(bigFault(text)).toMatchObject({ fault: 'range', field: 'big' });
    for (const value of ['', ' 1', '0x10', '1n', '1e3', '9'.repeat(20), [], true])
      expect(fault({ at, big: value })).toMatchObject({ fault: 'type', field: 'big' });
  });

  test('just out of range are refused by the column, with all of their digits', () => {
    for (const text of ['9223372036854775808', '-9223372036854775809', '12345678901234567890123']) {
      const event = { at, big: big(text) };
      expect(() => batchOf(all, [event])).toThrow(
        `all.big: got ${text}n (bigint); expected a bigint from -2^63`,
      );
    }
  });
});

describe('JSON', () => {
  const schema = defineSchema('json', { id: t.json(), more: t.json().optional() });
  const texts = (text: string) => {
    const { id, more } = batchOf(schema, [read(schema, text) as never]).columns;
    return [id.text.get(0), more.text.get(0)];
  };

  test('keeps the digits of its numbers', () => {
    expect(texts('{"id":{"id":12345678901234567890},"more":[1e999, 0.10]}')).toEqual([
      '{"id":12345678901234567890}',
      '[1e999,0.10]',
    ]);
  });

  test('is the text that a push of the value would have made, where no digits are lost', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const [posted] = texts(JSON.stringify({ id: value }, undefined, 2));
        expect(posted).toBe(batchOf(schema, [{ id: value as never }]).columns.id.text.get(0));
      }),
    );
  });

  test('is that of the last of equal keys, escaped or not, and of no object within', () => {
    expect(texts('{"id":1,"\\u0069d":{"more":2}}')).toEqual(['{"more":2}', null]);
    expect(texts('{"more":{"id":9},"id":null}')).toEqual(['null', '{"id":9}']);
    expect(texts('{"id":0,"more":null}')).toEqual(['0', null]);
  });

  test('is missing where the event has none', () => {
    expect(read(schema, '{"more":1}')).not.toHaveProperty('id');
  });
});

describe('the text of an event', () => {
  test('is read only for columns that need it, and only where a value needs it', () => {
    const { id, ...others } = { ...all.columns, id: t.json(), f: t.float64(), l: t.label() };
    const reads = compileReadsText(defineSchema('with', { id }));
    expect([{ id: 1 }, { id: 'a' }, { id: null }, {}, null, [], 5].map((value) => reads?.(value))).toEqual([
      ...[true, true, false, false, false, false, false],
    ]);
    const { big, ...plain } = others;
    const readsBig = compileReadsText(defineSchema('big', { big }));
    expect([5, 2 ** 60, '5', 1.5].map((value) => readsBig?.({ big: value }))).toEqual([
      ...[false, true, false, true],
    ]);
    expect(compileReadsText(defineSchema('plain', plain))).toBe(undefined);
    // A text that is not the event's is noticed when it is read.
    const convertAs = (value: object) => compileFromJson(all)(value, '{"big":99}', 0);
    for (const small of [0, -7, 1.7e12, 2 ** 46 - 1])
      expect(convertAs({ big: small })).toEqual({ big: BigInt(small) });
    for (const large of [2 ** 46, -(2 ** 60), 0.5]) expect(convertAs({ big: large })).toEqual({ big: 99n });
  });
});

describe('floats', () => {
  const floats = defineSchema('floats', { wide: t.float64().optional(), narrow: t.float32().optional() });

  test('beyond double precision are refused: JSON has no infinity', () => {
    for (const key of ['wide', 'narrow']) {
      for (const text of ['1e400', '-1e400']) {
        const error = faultOf(floats, `{"${key}":${text}}`);
        expect(error).toMatchObject({ fault: 'range', field: key });
        expect(error.message).toMatch(/expected a number within double precision/);
      }
    }
    expect(read(floats, '{"wide":1.7976931348623157e308,"narrow":null}')).toEqual({
      wide: Number.MAX_VALUE,
      narrow: null,
    });
  });
});

describe('bytes', () => {
  test('come as base64', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const converted = convert({ at, raw: Buffer.from(bytes).toString('base64') }) as { raw: Uint8Array };
        expect(Buffer.from(converted.raw).equals(bytes)).toBe(true);
      }),
    );
  });

  test.each(['a', 'ab', 'abc', 'ab=', '????', 'YQ', 'YR==', 'Y Q==', '_-8=', [1, 2], 5, {}])(
    'refuse %j',
    (raw) => {
      expect(fault({ at, raw })).toMatchObject({ fault: 'type', field: 'raw' });
    },
  );
});

describe('everything else', () => {
  test('stays as it is, and so does what is missing', () => {
    expect(convert({ at, big: null, note: '2025-01-31T12:00:00Z' })).toEqual({
      at,
      big: null,
      note: '2025-01-31T12:00:00Z',
    });
    const value = Object.freeze({ note: 'x' });
    expect(compileFromJson(defineSchema('plain', { note: t.string() }))(value, '', 0)).toBe(value);
  });

  // An array has members called "at" and "length".
  test.each([null, 1, 'text', true, [[]], [[1]]])(
    '%j is no event, except for a flow without a schema',
    (value) => {
      expect(fault(value as object)).toMatchObject({ fault: 'type', field: undefined });
      expect(compileFromJson(anySchema('any'))(value, '', 0)).toBe(value);
    },
  );
});

describe('hostile names', () => {
  const hostile = [
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '"];process.exit()//',
    '$' + '{1}',
    '\u2028',
    "'",
    '\\',
  ];

  test.each(hostile)('a column %j is a column like any other', (name) => {
    const schema = defineSchema('hostile', Object.fromEntries([[name, t.bigint64().optional()]]) as Columns);
    const value = read(schema, `{${JSON.stringify(name)}:"12"}`) as object;
    expect(Object.getOwnPropertyDescriptor(value, name)?.value).toBe(12n);
    const number = read(schema, `{${JSON.stringify(name)}:9007199254740993}`) as object;
    expect(Object.getOwnPropertyDescriptor(number, name)?.value).toBe(9007199254740993n);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    // Where it is missing, what objects inherit under that name is not a value.
    expect(Object.keys(read(schema, '{}') as object)).toEqual([]);
  });

  test('a key "__proto__" in an event changes no prototype', () => {
    const value = read(all, '{"at":0,"__proto__":{"polluted":true}}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
  });
});

describe('a schema from a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'schema-file-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function load(content: string) {
    const file = join(folder, 'schema.json');
    writeFileSync(file, content);
    return loadSchemaFile(file);
  }

  test('is the schema that defineSchema makes', () => {
    const columns = { at: 'timestamp', status: 'uint16', note: 'string?', extra: 'json?' };
    expect(load(JSON.stringify({ name: 'requests', columns }))).toEqual(
      defineSchema('requests', {
        at: t.timestamp(),
        status: t.uint16(),
        note: t.string().optional(),
        extra: t.json().optional(),
      }),
    );
  });

  test('keeps a column named "__proto__"', () => {
    const schema = load('{"name":"x","columns":{"__proto__":"string","a":"bool"}}');
    expect(Object.keys(schema.columns)).toEqual(['__proto__', 'a']);
  });

  test.each([
    ['{', /schema\.json is not JSON/],
    ['[]', /schema\.json: got an array of 0; expected/],
    ['{"columns":{"a":"bool"}}', /"name": got undefined/],
    ['{"name":"x"}', /"columns": got undefined/],
    ['{"name":"x","columns":{}}', /no columns/],
    ['{"name":"x","columns":{"a":"int24"}}', /column "a": got "int24" \(string\); expected one of bool, /],
    ['{"name":"x","columns":{"a":"any"}}', /column "a"/],
    ['{"name":"x","columns":{"a":"constructor"}}', /column "a"/],
    ['{"name":"x","columns":{"a":"string??"}}', /column "a"/],
    ['{"name":"x","columns":{"a":5}}', /column "a": got 5/],
    ['{"name":"x","colums":{}}', /unknown key "colums"/],
  ])('says what is wrong in %s', (content, message) => {
    expect(() => load(content)).toThrow(SchemaError);
    expect(() => load(content)).toThrow(message);
  });

  test('may begin with a byte order mark, as some editors write it', () => {
    const file = join(folder, 'marked.json');
    writeFileSync(file, '\ufeff{ "name": "a", "columns": { "n": "int32" } }');
    expect(loadSchemaFile(file)).toEqual(defineSchema('a', { n: t.int32() }));
  });

  test('says which file cannot be read', () => {
    expect(() => loadSchemaFile(join(folder, 'none.json'))).toThrow(/none\.json cannot be read: ENOENT/);
    expect(() => schemaFromJson(null)).toThrow(SchemaError);
  });
});
