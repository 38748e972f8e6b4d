/**
 * Rows as JSON, NDJSON and MessagePack: every column type comes back as it was, hostile names and texts included.
 */
import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { typeNames } from '../../../dist/src/schema/columns/types/table.js';
import { compileFromJson } from '../../../dist/src/schema/write/from-json.js';
import { jsonRows } from '../../../dist/src/sinks/encode/json-rows.js';
import { msgpackRows } from '../../../dist/src/sinks/encode/msgpack-rows.js';
import type { RowEncoder } from '../../../dist/src/sinks/encode/row-writer.js';
import { WireBuffer } from '../../../dist/src/sinks/wire/wire-buffer.js';
import { rowsOf } from '../../fixtures/any-rows.js';
import { hostile } from '../../fixtures/hostile-text.js';

const usual = {
  absent: 'null',
  times: 'ms',
  bigints: 'text',
  nonFinite: 'null',
  identityField: undefined,
} as const;

/** The bytes of each row. */
function encoded(encoder: RowEncoder, batch: ReturnType<typeof batchOf>): Buffer[] {
  const { refused, write } = encoder.of(batch);
  expect(refused.size).toBe(0);
  return Array.from({ length: batch.length }, (_, row) => {
    const into = new WireBuffer(2 ** 28);
    write(into, row);
    return Buffer.from(into.written);
  });
}

/** What JSON.stringify says of a row, with the forms of this package for what JSON has none for. */
function plain(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, each: unknown) {
    const own = this[key];
    if (typeof own === 'bigint') return String(own);
    return own instanceof Uint8Array ? Buffer.from(own).toString('base64') : each;
  });
}

describe('JSON', () => {
  it.each(typeNames.filter((type) => type !== 'any'))('of %s is what JSON.stringify says', (type) => {
    fc.assert(
      fc.property(rowsOf([['value', { type, nullable: true }]], 20), ({ schema, events }) => {
        const batch = batchOf(schema as Schema, events as never[]);
        const lines = encoded(jsonRows(schema as Schema, usual), batch);
        lines.forEach((line, i) => {
          const text = line.toString();
          const row = batch.row(i) as { value: unknown };
          if (Object.is(row.value, -0)) expect(text).toBe('{"value":-0}');
          else if (type === 'json') expect(JSON.parse(text)).toEqual(row);
          else expect(text).toBe(plain(row));
          expect(text).not.toContain('\n');
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is read again by the service of this package, which finds the same values', () => {
    const types = typeNames.filter((type) => type !== 'any' && type !== 'float64' && type !== 'float32');
    const columns = types.map((type) => [type, { type, nullable: true }] as const);
    fc.assert(
      fc.property(
        rowsOf(columns as never, 10),
        fc.constantFrom('ms' as const, 'iso' as const),
        ({ schema, events }, times) => {
          // The service reads years of four digits.
          const isRead = ({ timestamp: at }: { timestamp?: unknown }) =>
            times === 'ms' || at == null || (Number(at) >= -6.2e13 && Number(at) < 2.5e14);
          const whole = batchOf(schema as Schema, (events as object[]).filter(isRead) as never[]);
          const fromJson = compileFromJson(schema as Schema);
          const again = encoded(jsonRows(schema as Schema, { ...usual, times, absent: 'omit' }), whole).map(
            (line) => fromJson(JSON.parse(line.toString()), line.toString(), 0),
          );
          const rows = batchOf(schema as Schema, again as never[]).rows() as Record<string, number>[];
          const wanted = whole.rows() as Record<string, number>[];
          for (const [i, row] of rows.entries()) {
            const { timestamp, json, ...others } = row;
            const { timestamp: at, json: document, ...expected } = wanted[i] as typeof row;
            expect(others).toEqual(expected);
            expect(JSON.stringify(json)).toBe(JSON.stringify(document));
            if (at == null) expect(timestamp).toBe(at);
            else expect(Math.abs((timestamp as number) - at)).toBeLessThanOrEqual(times === 'ms' ? 1e-9 : 1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(['name', '__proto__', 'a"b\\c', hostile, '\ud800', 'ü\u2028', ''])('has the member %j', (name) => {
    const schema = defineSchema('names', { [name || 'empty']: t.string() });
    const value = `${hostile}"\\\ud800\udbff\udc00\ud7ff\ue000\0`;
    const column = name || 'empty';
    const [line] = encoded(
      jsonRows(schema, usual),
      batchOf(schema, [JSON.parse(`{${JSON.stringify(column)}:${JSON.stringify(value)}}`)]),
    );
    const parsed = JSON.parse((line as Buffer).toString()) as Record<string, string>;
    expect(Object.entries(parsed)).toEqual([[column, value]]);
  });

  it('has long texts, with and without characters to escape', () => {
    const schema = defineSchema('long', { text: t.string(), label: t.label() });
    const rows = ['x', 'x\n', 'ü'].map((part) => ({ text: part.repeat(100_000), label: part.repeat(300) }));
    const lines = encoded(jsonRows(schema, usual), batchOf(schema, rows));
    expect(lines.map((line) => JSON.parse(line.toString()))).toEqual(rows);
  });

  it('escapes every character that needs it, wherever it stands', () => {
    const schema = defineSchema('places', { text: t.string() });
    const characters = [
      ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)),
      '\ud800',
      '\udfff',
      '퟿',
    ];
    const rows = characters.flatMap((character) =>
      Array.from({ length: 11 }, (_, length) => length).flatMap((length) =>
        Array.from({ length: length + 1 }, (_, at) => ({
          text: 'a'.repeat(at) + character + '~'.repeat(length - at),
        })),
      ),
    );
    const lines = encoded(jsonRows(schema, usual), batchOf(schema, rows)).map(String);
    expect(lines).toEqual(rows.map((row) => JSON.stringify(row)));
  });

  it('has room for a text that fits the body just so', () => {
    const schema = defineSchema('large', { text: t.string(), value: t.any() });
    const row = { text: 'x'.repeat(1_000_000), value: 'ü'.repeat(300_000) };
    const { write } = jsonRows(schema, usual).of(batchOf(schema, [row]));
    const into = new WireBuffer(1_700_000);
    write(into, 0);
    expect(JSON.parse(Buffer.from(into.written).toString())).toEqual(row);
  });

  it('has decimals as JavaScript shows them', () => {
    const schema = defineSchema('decimals', { value: t.float64() });
    const decimal = fc.tuple(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(decimal, { minLength: 1, maxLength: 50 }), (parts) => {
        const rows = parts.map(([digits, places]) => ({ value: digits / 10 ** places }));
        const lines = encoded(jsonRows(schema, usual), batchOf(schema, rows)).map(String);
        expect(lines).toEqual(rows.map((row) => JSON.stringify(row)));
      }),
    );
  });

  it('has times as texts to the microsecond', () => {
    const schema = defineSchema('times', { at: t.timestamp() });
    const iso = jsonRows(schema, { ...usual, times: 'iso' });
    fc.assert(
      // Doubles hold microseconds of these times, as the ones next to them.
      fc.property(fc.array(fc.integer({ min: -4e15, max: 4e15 }), { minLength: 1 }), (all) => {
        const batch = batchOf(
          schema,
          all.map((micros) => ({ at: micros / 1000 })),
        );
        const texts = encoded(iso, batch).map((line) => JSON.parse(line.toString()).at as string);
        texts.forEach((text, i) => {
          const micros = all[i] as number;
          const whole = new Date(Math.floor(micros / 1000)).toISOString();
          const rest = micros - Math.floor(micros / 1000) * 1000;
          expect(text).toBe(rest === 0 ? whole : whole.replace('Z', `${String(rest).padStart(3, '0')}Z`));
        });
      }),
    );
    const [line] = encoded(iso, batchOf(schema, [{ at: 999.9996 }])).map(String);
    expect(line).toBe('{"at":"1970-01-01T00:00:01.000Z"}');
  });

  it('has the forms that options say', () => {
    const schema = defineSchema('forms', {
      at: t.timestamp(),
      big: t.bigint64(),
      float: t.float64(),
      none: t.int32().optional(),
    });
    const rows = [
      { at: Date.UTC(2025, 0, 31, 12), big: 2n ** 63n - 1n, float: Number.NaN },
      { at: -5e-324, big: 0n, float: 0, none: -1 },
      { at: -1.25, big: -(2n ** 53n), float: Number.NEGATIVE_INFINITY, none: 5 },
      { at: Date.UTC(2025, 0, 31, 12, 0, 0, 7) + 0.5, big: -1n, float: 1e21, none: 0 },
    ];
    const batch = batchOf(schema, rows);
    const form = { absent: 'omit', times: 'iso', bigints: 'number', nonFinite: 'text' } as const;
    const lines = encoded(jsonRows(schema, { ...form, identityField: 'id' }), batch).map(String);
    const [first, zero, second, third] = [0, 1, 2, 3].map((row) => batch.identity(row));
    expect(lines).toEqual([
      `{"id":"${first}","at":"2025-01-31T12:00:00.000Z","big":9223372036854775807,"float":"NaN"}`,
      `{"id":"${zero}","at":"1970-01-01T00:00:00.000Z","big":0,"float":0,"none":-1}`,
      `{"id":"${second}","at":"1969-12-31T23:59:59.998750Z","big":-9007199254740992,"float":"-Infinity","none":5}`,
      `{"id":"${third}","at":"2025-01-31T12:00:00.007500Z","big":-1,"float":1e+21,"none":0}`,
    ]);
  });

  it('of any value, and of those that have none', () => {
    const schema = defineSchema('anything', { value: t.any() });
    const circle: unknown[] = [];
    circle.push(circle);
    const batch = batchOf(schema, [
      { value: { a: 1n, b: new Map([[1, new Set([2])]]) } },
      { value: circle },
      { value: undefined },
    ]);
    const { refused, write } = jsonRows(schema, usual).of(batch);
    expect([...refused.keys()]).toEqual([1]);
    expect(refused.get(1)).toMatchObject({ verdict: 'fatal', reason: 'value' });
    const into = new WireBuffer(1000);
    write(into, 0);
    write(into, 2);
    expect(Buffer.from(into.written).toString()).toBe('{"value":{"a":"1","b":[[1,[2]]]}}{"value":null}');
  });
});

describe('MessagePack', () => {
  it('has keys of every name', () => {
    const batch = batchOf(defineSchema('docs', { doc: t.json() }), [{ doc: JSON.parse('{"__proto__":1}') }]);
    const [bytes] = encoded(msgpackRows(batch.schema, undefined), batch);
    expect(decode(renamed(bytes as Buffer))).toEqual({ doc: { __prot0__: 1 } });
  });

  it.each(typeNames.filter((type) => type !== 'any'))('of %s is read by another library', (type) => {
    fc.assert(
      fc.property(rowsOf([['value', { type, nullable: true }]], 20), ({ schema, events }) => {
        const batch = batchOf(schema as Schema, events as never[]);
        const rows = encoded(msgpackRows(schema as Schema, undefined), batch);
        rows.forEach((bytes, i) => {
          const read = type === 'json' ? renamed(bytes) : bytes;
          const { value } = decode(read, { useBigInt64: true }) as { value: unknown };
          const wanted = (batch.row(i) as { value: unknown }).value;
          if (wanted === null) expect(value).toBeNull();
          else if (type === 'timestamp') {
            expect(Math.abs((value as Date).getTime() - (wanted as number))).toBeLessThanOrEqual(1);
          } else if (type === 'json') {
            const text = JSON.stringify(wellFormed(wanted));
            expect(JSON.stringify(value, bigints)).toBe(renamed(Buffer.from(text)).toString());
          } else if (typeof wanted === 'string') expect(value).toBe(wanted.toWellFormed());
          else if (type === 'bytes')
            expect(Buffer.compare(value as Uint8Array, wanted as Uint8Array)).toBe(0);
          else expect(value).toEqual(wanted);
        });
      }),
      { numRuns: 60 },
    );
  });

  /** The library takes no key of the name `__proto__`, which documents may have: it reads another one. */
  const renamed = (bytes: Buffer) =>
    Buffer.from(bytes.toString('latin1').replaceAll('__proto__', '__prot0__'), 'latin1');
  const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  const wellFormed = (value: unknown): unknown => {
    if (typeof value === 'string') return value.toWellFormed();
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(wellFormed);
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key.toWellFormed(), wellFormed(each)]),
    );
  };

  it('has the times of all signs to the nanosecond, and identities', () => {
    const schema = defineSchema('times', { at: t.timestamp() });
    const batch = batchOf(schema, [{ at: -0.25 }, { at: 1_700_000_000_000.5 }]);
    const rows = encoded(msgpackRows(schema, 'id'), batch);
    expect(rows.map((bytes) => (decode(bytes) as { id: string }).id)).toEqual([
      batch.identity(0),
      batch.identity(1),
    ]);
    const times = rows.map((bytes) => bytes.subarray(-12));
    expect(times.map((bytes) => [bytes.readUInt32BE(0), bytes.readBigInt64BE(4)])).toEqual([
      [999_750_000, -1n],
      [500_000, 1_700_000_000n],
    ]);
  });
});
