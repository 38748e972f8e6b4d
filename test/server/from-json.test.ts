/**
 * What JSON cannot say, converted by the schema; and schemas that come as JSON files.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { EventError, SchemaError } from '../../dist/src/errors.js';
import { t } from '../../dist/src/schema/columns/columns.js';
import { anySchema, type Columns, defineSchema } from '../../dist/src/schema/columns/schema.js';
import { isoTimeMs } from '../../dist/src/schema/columns/types/iso-time.js';
import { compileFromJson } from '../../dist/src/server/from-json.js';
import { loadSchemaFile, schemaFromJson } from '../../dist/src/server/index.js';

const all = defineSchema('all', {
  at: t.timestamp(),
  big: t.bigint64().optional(),
  raw: t.bytes().optional(),
  note: t.string().optional(),
});
const convert = compileFromJson(all);
const at = 0;

function fault(value: object): EventError {
  try {
    convert(value);
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
  test('come as safe integers or as decimal text', () => {
    expect(convert({ at, big: 7 })).toEqual({ at, big: 7n });
    expect(convert({ at, big: -0 })).toEqual({ at, big: 0n });
    expect(convert({ at, big: '-9223372036854775808' })).toEqual({ at, big: -9223372036854775808n });
    expect(convert({ at, big: Number.MAX_SAFE_INTEGER })).toEqual({
      at,
      big: BigInt(Number.MAX_SAFE_INTEGER),
    });
  });

  test('refuse numbers that have lost digits on their way, and other texts', () => {
    expect(fault(JSON.parse('{"at":0,"big":9007199254740993}'))).toMatchObject({
      fault: 'range',
      field: 'big',
    });
    expect(fault({ at, big: 1.5 })).toMatchObject({ fault: 'type', field: 'big' });
    for (const big of ['', ' 1', '0x10', '1n', '1e3', '9'.repeat(20), [], true]) {
      expect(fault({ at, big })).toMatchObject({ fault: 'type', field: 'big' });
    }
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
    expect(compileFromJson(defineSchema('plain', { note: t.string() }))(value)).toBe(value);
  });

  // An array has members called "at" and "length".
  test.each([null, 1, 'text', true, [[]], [[1]]])(
    '%j is no event, except for a flow without a schema',
    (value) => {
      expect(fault(value as object)).toMatchObject({ fault: 'type', field: undefined });
      expect(compileFromJson(anySchema('any'))(value)).toBe(value);
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
    const from = compileFromJson(schema);
    const value = from(JSON.parse(`{${JSON.stringify(name)}:"12"}`)) as object;
    expect(Object.getOwnPropertyDescriptor(value, name)?.value).toBe(12n);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    // Where it is missing, what objects inherit under that name is not a value.
    expect(Object.keys(from({}) as object)).toEqual([]);
  });

  test('a key "__proto__" in an event changes no prototype', () => {
    const value = convert(JSON.parse('{"at":0,"__proto__":{"polluted":true}}')) as object;
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
