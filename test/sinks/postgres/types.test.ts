/**
 * Values of every column type in PostgreSQL: stored whole, by COPY and by INSERT, in the types that the sink takes.
 */
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, type ColumnType, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { typeNames } from '../../../dist/src/schema/columns/types/table.js';
import type { AnyColumn } from '../../../dist/src/schema/columns/views/any-column.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import { rowsOf } from '../../fixtures/any-rows.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';

describe.skipIf(noPostgres)(`PostgreSQL's types ${noPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let client: pg.Client;
  beforeAll(async () => {
    server = await PostgresServer.start();
    client = await server.connect();
    await client.query("SET timezone = 'Asia/Kolkata'; SET extra_float_digits = 3");
    await client.query(`
      CREATE TYPE mood AS ENUM ('fine', 'bad');
      CREATE DOMAIN small AS integer CHECK (VALUE < 100);
      CREATE DOMAIN good_mood AS mood CHECK (VALUE = 'fine');
      CREATE DOMAIN tiny AS small;`);
  });
  afterAll(() => client?.end());

  const wholeText = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd');
  const micros = (ms: number) =>
    BigInt(Math.floor(ms)) * 1000n + BigInt(Math.round((ms - Math.floor(ms)) * 1000));
  /** Of each type: how the server shows a value as a text, and the text that is expected. */
  type Shown = { as: string; text(value: never): string };
  const number: Shown = { as: 'value::text', text: String };
  const shown: Record<ColumnType, Shown> = {
    bool: number,
    int8: number,
    int16: number,
    int32: number,
    uint8: number,
    uint16: number,
    uint32: number,
    bigint64: number,
    float32: { as: "encode(float4send(value), 'hex')", text: (value) => floatBytes(value, 4) },
    float64: { as: "encode(float8send(value), 'hex')", text: (value) => floatBytes(value, 8) },
    timestamp: {
      as: '(extract(epoch FROM value) * 1000000)::numeric(30, 0)::text',
      text: (value) => String(micros(value)),
    },
    label: { as: 'value', text: wholeText },
    string: { as: 'value', text: wholeText },
    bytes: { as: "encode(value, 'hex')", text: (value) => Buffer.from(value).toString('hex') },
    json: { as: 'value::text', text: String },
    any: { as: "encode(value, 'hex')", text: String },
  };

  it.each(typeNames)('keep every value of %s, by COPY and by INSERT', async (type) => {
    const run = async (options: Partial<PostgresOptions>, schema: Schema, events: unknown[]) => {
      await client.query(`DROP TABLE IF EXISTS "${schema.name}"`);
      const sink = await directSink(postgres({ url: server.url, ...options }), schema);
      await sink.write(events as never[]);
      await sink.close();
      const { rows } = await client.query({
        text: `SELECT ${shown[type].as}, value IS NULL, value::text FROM "${schema.name}"`,
        rowMode: 'array',
      });
      return rows as [string | null, boolean, string][];
    };
    // A pair of surrogates, another character by its number, any other escape.
    const escapes = /\\(?:ud[89ab]..\\ud[c-f]..|u....|.)/gis;
    const wholeEscape = (found: string) => (/^\\u(0000|d[89a-f]..)$/i.test(found) ? '\\ufffd' : found);
    await fc.assert(
      fc.asyncProperty(
        rowsOf([['value', { type, nullable: true }]], 12),
        fc.constantFrom('error', 'ignore'),
        async ({ schema, events, rows }, conflict) => {
          const named = { ...schema, name: 'values' } as Schema;
          // The server's time ends before that of JavaScript begins.
          const inRange = (value: unknown) => type !== 'timestamp' || (value as number) > -2e14;
          const kept = events.filter((_, i) => inRange((rows[i] as { value: unknown }).value ?? 0));
          const batch = batchOf(named, kept as never[]);
          const stored = await run({ conflict } as PostgresOptions, named, kept);
          const expected = batch.rows().map((row, i) => {
            const { value } = row as { value: never };
            // Documents are compared below: an object has no text that compares.
            if (value === null || type === 'json') return null;
            if (type === 'any') {
              const bytes = (batch.columns.value as unknown as AnyColumn).encoded(i);
              return Buffer.from(bytes).toString('hex');
            }
            return shown[type].text(value);
          });
          if (type !== 'json') {
            expect(stored.map(([text]) => text)).toEqual(expected);
            return;
          }
          const documents = stored.map(([, isNull, text]) => (isNull ? null : JSON.parse(text)));
          const whole = (text: string) => JSON.parse(text.replace(escapes, wholeEscape));
          const originals = (batch.columns.value as unknown as { text: { get(i: number): string | null } })
            .text;
          const wanted = kept.map((_, i) => {
            const text = originals.get(i);
            return text === null ? null : withoutNegativeZero(whole(text));
          });
          expect(documents).toEqual(wanted);
        },
      ),
      { numRuns: 15 },
    );
  });

  /** JSON of the server has one zero. */
  function withoutNegativeZero(value: unknown): unknown {
    if (Object.is(value, -0)) return 0;
    if (Array.isArray(value)) return value.map(withoutNegativeZero);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutNegativeZero(each)]));
  }

  const cases: [ColumnType, string, unknown, string][] = [
    ['uint16', 'bigint', 65_535, '65535'],
    ['uint16', 'numeric', 65_535, '65535'],
    ['uint16', 'double precision', 65_535, '65535'],
    ['int16', 'real', -32_768, '-32768'],
    ['uint32', 'numeric', 4_294_967_295, '4294967295'],
    ['int32', 'bigint', -5, '-5'],
    ['bigint64', 'numeric', -(2n ** 63n), '-9223372036854775808'],
    ['float32', 'double precision', 1.5, '1.5'],
    ['float64', 'numeric', 0.1 + 0.2, '0.30000000000000004'],
    ['float64', 'numeric(10, 2)', 2.005, '2.01'],
    ['timestamp', 'timestamp', Date.UTC(2025, 0, 31, 12) + 0.25, '2025-01-31 12:00:00.00025'],
    ['string', 'varchar(5)', 'abc', 'abc'],
    ['string', 'char(5)', 'abc', 'abc'],
    ['string', 'uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['string', 'inet', '10.0.0.1/8', '10.0.0.1/8'],
    ['string', 'numeric', '12345678901234567890.5', '12345678901234567890.5'],
    ['string', 'date', '2025-01-31', '2025-01-31'],
    ['string', 'jsonb', '{"b":1, "a":2}', '{"a": 2, "b": 1}'],
    ['string', 'json', '{"b":1, "a":2}', '{"b":1, "a":2}'],
    ['label', 'mood', 'bad', 'bad'],
    ['label', 'good_mood', 'fine', 'fine'],
    ['int32', 'small', 99, '99'],
    ['int32', 'tiny', 99, '99'],
    ['json', 'json', { b: 1, a: 2 }, '{"b":1,"a":2}'],
    ['json', 'text', { b: 1 }, '{"b":1}'],
  ];

  it.each(cases)('take %s in a column of %s', async (type, declared, value, text) => {
    const schema = defineSchema('one', { value: { type, nullable: true } });
    for (const conflict of ['error', 'ignore'] as const) {
      await client.query(`DROP TABLE IF EXISTS one; CREATE TABLE one (value ${declared})`);
      const sink = await directSink(postgres({ url: server.url, conflict }), schema);
      expect(await sink.write([{ value }, { value: null }] as never[])).toBeUndefined();
      const { rows } = await client.query('SELECT value::text AS text FROM one ORDER BY value IS NULL');
      expect(rows).toEqual([{ text }, { text: null }]);
      await sink.close();
    }
  });

  it('keep times past the year 2255 and before 2000', async () => {
    const Times = defineSchema('times', { at: t.timestamp() });
    const sink = await directSink(postgres({ url: server.url }), Times);
    const times = [Date.UTC(9999, 11, 31, 23, 59, 59, 999), -62_135_596_800_000, -0.5, 8.64e15, -1];
    await sink.write(times.map((at) => ({ at })));
    const { rows } = await client.query({
      text: 'SELECT (extract(epoch FROM at) * 1000)::text FROM times',
      rowMode: 'array',
    });
    expect(rows.map(([text]) => Number(text))).toEqual(times);
  });

  it('give up a time that the server cannot hold, alone', async () => {
    const Old = defineSchema('old', { at: t.timestamp() });
    for (const conflict of ['error', 'ignore'] as const) {
      const sink = await directSink(postgres({ url: server.url, conflict }), Old);
      const result = await sink.write([{ at: 0 }, { at: -8.64e15 }, { at: 1 }]);
      expect(result?.failed.map(({ index }) => index)).toEqual([1]);
      await sink.close();
    }
  });

  it('refuse a row for its text where the options say so', async () => {
    const Texts = defineSchema('texts', { text: t.string().optional(), label: t.label(), json: t.json() });
    const sink = await directSink(postgres({ url: server.url, badText: 'refuse' }), Texts);
    const good = { text: 'a', label: 'b', json: 'c\\u0000' };
    const result = await sink.write([
      good,
      { ...good, text: 'a\0' },
      { ...good, label: '\ud800' },
      { ...good, json: { a: '\0' } },
      { ...good, text: null },
      { ...good, json: '\udc00' },
    ]);
    expect(result?.failed.map(({ index }) => index)).toEqual([1, 2, 3, 5]);
    for (const { error } of result?.failed ?? []) expect(sink.classify(error)).toBe('fatal');
    expect(await server.sql('SELECT json FROM texts')).toEqual([['c\\u0000'], ['c\\u0000']]);
  });
});

function floatBytes(value: number, bytes: 4 | 8): string {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 4) buffer.writeFloatBE(value);
  else buffer.writeDoubleBE(value);
  // NaN has one form here.
  return Number.isNaN(value) ? (bytes === 4 ? '7fc00000' : '7ff8000000000000') : buffer.toString('hex');
}
