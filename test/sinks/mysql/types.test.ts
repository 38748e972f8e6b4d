/**
 * Values of every column type in MariaDB: stored whole, by each way, in the types that the sink takes.
 */
import fc from 'fast-check';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOf, type ColumnType, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { typeNames } from '../../../dist/src/schema/columns/types/table.js';
import type { AnyColumn } from '../../../dist/src/schema/columns/views/any-column.js';
import { type MysqlWay, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { rowsOf } from '../../fixtures/any-rows.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';

const ways = ['bulk', 'execute', 'query'] as const satisfies readonly MysqlWay[];

describe.skipIf(noMariadb)(`MariaDB's types ${noMariadb ?? ''}`, () => {
  let server: MariadbServer;
  let client: Connection;
  beforeAll(async () => {
    server = await MariadbServer.start(['--default-time-zone=+05:30']);
    client = await server.connect();
  });

  const read = async (sql: string) => {
    const [rows] = await client.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
    return rows as unknown as (string | null)[][];
  };

  const micros = (ms: number) =>
    BigInt(Math.floor(ms)) * 1000n + BigInt(Math.round((ms - Math.floor(ms)) * 1000));
  /** Of each type: how the server shows a value as a text, and the text that is expected. */
  type Shown = { as: string; text(value: never): string };
  const number: Shown = { as: 'CAST(value AS CHAR)', text: (value) => String(Number(value)) };
  const hex: Shown = { as: 'LOWER(HEX(value))', text: (value) => Buffer.from(value).toString('hex') };
  const text: Shown = {
    as: 'LOWER(HEX(value))',
    text: (value) => Buffer.from((value as string).toWellFormed()).toString('hex'),
  };
  const shown: Record<ColumnType, Shown> = {
    bool: number,
    int8: number,
    int16: number,
    int32: number,
    uint8: number,
    uint16: number,
    uint32: number,
    bigint64: { as: 'CAST(value AS CHAR)', text: String },
    // As texts the server shows fewer digits: these come as they are, in binary.
    float32: { as: 'value', text: (value) => floatBytes(value, 4) },
    float64: { as: 'value', text: (value) => floatBytes(value, 8) },
    timestamp: {
      as: "CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', value) AS CHAR)",
      text: (value) => String(micros(value)),
    },
    label: text,
    string: text,
    bytes: hex,
    json: { as: 'CAST(value AS CHAR)', text: String },
    any: { as: 'LOWER(HEX(value))', text: String },
  };

  const isFloat = (type: ColumnType) => type === 'float32' || type === 'float64';
  /** What the database holds of a type. */
  const holds = (type: ColumnType, value: unknown) => {
    if (isFloat(type)) return Number.isFinite(value as number);
    return type !== 'timestamp' || ((value as number) >= -62_135_596_800_000 && (value as number) < 2.5e14);
  };

  describe.each(ways)('by %s', (way) => {
    it.each(typeNames)('keep every value of %s', async (type) => {
      await fc.assert(
        fc.asyncProperty(
          rowsOf([['value', { type, nullable: true }]], 12),
          async ({ schema, events, rows }) => {
            const named = { ...schema, name: 'values' } as Schema;
            await client.query('DROP TABLE IF EXISTS `values`');
            const sink = await directSink(mysql({ url: server.url, way }), named);
            const batch = batchOf(named, events as never[]);
            const values = batch.rows().map((row) => (row as { value: unknown }).value);
            const bad = values.flatMap((value, i) => (value !== null && !holds(type, value) ? [i] : []));
            const result = await sink.write(events as never[]);
            await sink.close();
            expect((result?.failed ?? []).map(({ index }) => index).sort((a, b) => a - b)).toEqual(bad);
            for (const { error } of result?.failed ?? []) {
              expect(error).toMatchObject({ name: 'BadValueError', reason: 'value' });
              expect(sink.classify(error)).toBe('fatal');
            }
            const kept = rows.map((_, i) => i).filter((i) => !bad.includes(i));
            const sql = `SELECT ${shown[type].as} FROM \`values\``;
            const stored = isFloat(type)
              ? await readFloats(sql, type)
              : (await read(sql)).map(([each]) => each);
            if (type === 'json') {
              const originals = (
                batch.columns.value as unknown as { text: { get(i: number): string | null } }
              ).text;
              const whole = (json: string) => JSON.parse(json, (_, each) => wellFormed(each));
              const wanted = kept.map((i) => {
                const original = originals.get(i);
                return original === null ? null : whole(original);
              });
              const documents = stored.map((each) => (each === null ? null : JSON.parse(each as string)));
              expect(documents).toEqual(wanted);
              return;
            }
            const expected = kept.map((i) => {
              if (values[i] === null) return null;
              if (type !== 'any') return shown[type].text(values[i] as never);
              const bytes = (batch.columns.value as unknown as AnyColumn).encoded(i);
              return Buffer.from(bytes).toString('hex');
            });
            expect(stored).toEqual(expected);
          },
        ),
        { numRuns: 15 },
      );
    });

    /** By a prepared statement, numbers come in binary. */
    async function readFloats(sql: string, type: ColumnType) {
      const [rows] = await client.execute<RowDataPacket[][]>({ sql, rowsAsArray: true });
      return (rows as unknown as (number | null)[][]).map(([value]) =>
        value === null ? null : floatBytes(value as number, type === 'float32' ? 4 : 8),
      );
    }

    const cases: [ColumnType, string, unknown, string][] = [
      ['bool', 'tinyint unsigned', true, '1'],
      ['int8', 'int', -5, '-5'],
      ['uint8', 'smallint', 255, '255'],
      ['uint16', 'mediumint', 65_535, '65535'],
      ['uint16', 'bigint unsigned', 65_535, '65535'],
      ['uint16', 'decimal(10)', 65_535, '65535'],
      ['int16', 'float', -32_768, '-32768'],
      ['uint32', 'bigint', 4_294_967_295, '4294967295'],
      ['int32', 'bigint', -5, '-5'],
      ['bigint64', 'decimal(20)', -(2n ** 63n), '-9223372036854775808'],
      ['float32', 'double', 1.5, '1.5'],
      ['float64', 'decimal(20, 2)', 1234.5, '1234.50'],
      ['timestamp', 'datetime(6)', Date.UTC(2025, 0, 31, 12) + 0.25, '2025-01-31 12:00:00.000250'],
      ['timestamp', 'timestamp(6)', Date.UTC(2025, 0, 31, 12) + 0.25, '2025-01-31 12:00:00.000250'],
      ['timestamp', 'datetime(3)', Date.UTC(2025, 0, 31, 12) + 7, '2025-01-31 12:00:00.007'],
      ['string', 'varchar(5)', 'abc', 'abc'],
      ['string', 'char(5)', 'abc', 'abc'],
      ['string', 'tinytext', 'abc', 'abc'],
      ['string', "enum('fine', 'bad')", 'bad', 'bad'],
      ['string', "set('a', 'b')", 'a,b', 'a,b'],
      ['string', 'uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
      ['string', 'inet6', '::1', '::1'],
      ['string', 'decimal(20, 1)', '123456789012345678.5', '123456789012345678.5'],
      ['string', 'date', '2025-01-31', '2025-01-31'],
      ['string', 'time', '12:30:00', '12:30:00'],
      ['string', 'json', '{"b":1, "a":2}', '{"b":1, "a":2}'],
      ['label', "enum('fine', 'bad')", 'bad', 'bad'],
      ['json', 'text', { b: 1 }, '{"b":1}'],
      ['json', 'varchar(20)', { b: 1 }, '{"b":1}'],
      ['bytes', 'varbinary(5)', Buffer.from('ab'), 'ab'],
    ];

    it.each(cases)('take %s in a column of %s', async (type, declared, value, expected) => {
      const schema = defineSchema('one', { value: { type, nullable: true } });
      await client.query(
        `SET time_zone = '+00:00'; DROP TABLE IF EXISTS one; CREATE TABLE one (value ${declared} NULL)`,
      );
      const sink = await directSink(mysql({ url: server.url, way }), schema);
      expect(await sink.write([{ value }, { value: null }] as never[])).toBeUndefined();
      const rows = await read(
        'SELECT CONVERT(CAST(value AS CHAR) USING utf8mb4) FROM one ORDER BY value IS NULL',
      );
      expect(rows).toEqual([[expected], [null]]);
    });

    it('keep times of every month, before the years 1970 and 100, and at the ends', async () => {
      const Times = defineSchema('times', { at: t.timestamp() });
      await client.query('DROP TABLE IF EXISTS times');
      const sink = await directSink(mysql({ url: server.url, way }), Times);
      const months = Array.from({ length: 50 }, (_, i) => Date.UTC(1999, i, 28 + (i % 2), i % 24, i, i, i));
      const times = [
        ...months,
        ...[
          253_402_300_799_999,
          -62_135_596_800_000,
          -0.5,
          -1,
          0.9999,
          Date.UTC(2000, 1, 29),
          Date.UTC(1900, 1, 28),
        ],
        ...[Date.UTC(2100, 2, 1), Date.UTC(2400, 1, 29), Date.UTC(2038, 0, 20)],
      ];
      expect(await sink.write(times.map((at) => ({ at })))).toBeUndefined();
      const stored = await read('SELECT CAST(at AS CHAR) FROM times');
      const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23);
      expect(stored.map(([each]) => each?.slice(0, 23))).toEqual(
        times.map((ms) => (ms === 0.9999 ? text(1) : text(Math.floor(ms)))),
      );
      expect(stored[months.length + 2]).toEqual(['1969-12-31 23:59:59.999500']);
    });

    it('refuse a row for its text where the options say so', async () => {
      const Texts = defineSchema('texts', { text: t.string().optional(), label: t.label(), json: t.json() });
      await client.query('DROP TABLE IF EXISTS texts');
      const sink = await directSink(mysql({ url: server.url, way, badText: 'refuse' }), Texts);
      const good = { text: 'a\0', label: 'b', json: 'c\0\\ud800' };
      const result = await sink.write([
        good,
        { ...good, text: '\ud800' },
        { ...good, label: '\ud800' },
        { ...good, json: { a: '\udc00' } },
        { ...good, text: null },
      ]);
      expect(result?.failed.map(({ index }) => index)).toEqual([1, 2, 3]);
      for (const { error } of result?.failed ?? []) expect(sink.classify(error)).toBe('fatal');
      expect((await read('SELECT text FROM texts')).flat()).toEqual(['a\0', null]);
    });

    it('keep a surrogate pair that is escaped in a document', async () => {
      const Documents = defineSchema('documents', { json: t.json() });
      await client.query('DROP TABLE IF EXISTS documents');
      const sink = await directSink(mysql({ url: server.url, way }), Documents);
      // What stands behind an escaped backslash is no escape.
      await sink.write([{ json: ['\u{1f600}', '\ud83d', '\\ud83d', '\0'] }]);
      const [[stored]] = (await read('SELECT CAST(json AS CHAR) FROM documents')) as [[string]];
      expect(JSON.parse(stored)).toEqual(['\u{1f600}', '\ufffd', '\\ud83d', '\0']);
    });
  });

  it.each([
    ["enum('a','b','it''s','7')", ['a', "it's", '7', null], ['1', '0', '+2', ' 3']],
    ["set('a','b','7')", ['a', 'a,b', '7', ''], ['1', '3', '0']],
  ])(
    'give up a number that is no member of %s: the server would store another one',
    async (type, good, bad) => {
      const Marked = defineSchema('marked', {
        id: t.int32(),
        mark: t.label().optional(),
        text: t.string().optional(),
      });
      await client.query(
        `DROP TABLE IF EXISTS marked; CREATE TABLE marked (id int, mark ${type}, text ${type})`,
      );
      const sink = await directSink(mysql({ url: server.url }), Marked);
      const values = [...good, ...bad];
      const result = await sink.write([
        ...values.map((mark, id) => ({ id, mark })),
        ...values.map((text, id) => ({ id, text })),
      ]);
      const isBad = (i: number) => i % values.length >= good.length;
      const all = Array.from({ length: 2 * values.length }, (_, i) => i);
      expect(result?.failed.map(({ index }) => index).sort((a, b) => a - b)).toEqual(all.filter(isBad));
      const [rows] = await client.query<RowDataPacket[]>('SELECT COALESCE(mark, text) AS value FROM marked');
      expect(rows.map(({ value }) => value).sort()).toEqual([...good, ...good].sort());
    },
  );

  it('give up a label that no enum has, alone', async () => {
    const Moods = defineSchema('moods', { mood: t.label() });
    await client.query("DROP TABLE IF EXISTS moods; CREATE TABLE moods (mood enum('fine', 'bad'))");
    const sink = await directSink(mysql({ url: server.url }), Moods);
    const result = await sink.write(['fine', 'lost', 'bad'].map((mood) => ({ mood })));
    expect(result?.failed).toMatchObject([{ index: 1, error: { errno: 1265 } }]);
    expect((await read('SELECT mood FROM moods')).flat()).toEqual(['fine', 'bad']);
  });
});

/** A text without halves of surrogate pairs. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toWellFormed(), each]));
}

function floatBytes(value: number, bytes: 4 | 8): string {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 4) buffer.writeFloatBE(value);
  else buffer.writeDoubleBE(value);
  // The server has one zero.
  if (value === 0) buffer.fill(0);
  return buffer.toString('hex');
}
