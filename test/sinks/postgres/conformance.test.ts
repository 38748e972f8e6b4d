/**
 * The PostgreSQL sink under the suite for makers of sinks.
 */
import { deserialize } from 'node:v8';
import { beforeAll, describe } from 'vitest';
import { type ColumnType, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import type { ConformanceOptions } from '../../../dist/src/testing/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';
import { runConformance } from '../../fixtures/run-conformance.js';

describe.skipIf(noPostgres)(`the PostgreSQL sink ${noPostgres ?? ''}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  /** How a value is read as a text, and that text. */
  const read: {
    [T in ColumnType]?: readonly [as: (column: string) => string, of: (text: string) => unknown];
  } = {
    bool: [(column) => `${column}::text`, (text) => text === 'true'],
    bigint64: [(column) => `${column}::text`, BigInt],
    // The server shows as many digits as tell a float of this precision from others.
    float32: [(column) => `${column}::text`, (text) => Math.fround(Number(text))],
    timestamp: [(column) => `(extract(epoch FROM ${column}) * 1000)::text`, Number],
    label: [(column) => column, (text) => text],
    string: [(column) => column, (text) => text],
    bytes: [(column) => `encode(${column}, 'hex')`, (text) => new Uint8Array(Buffer.from(text, 'hex'))],
    any: [(column) => `encode(${column}, 'hex')`, (text) => deserialize(Buffer.from(text, 'hex'))],
    json: [(column) => `${column}::text`, JSON.parse],
  };
  const number = [(column: string) => `${column}::text`, Number] as const;
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

  const whole = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd');
  const wholeJson = (value: unknown): unknown => {
    if (typeof value === 'string') return whole(value);
    if (Array.isArray(value)) return value.map(wholeJson);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [whole(name), wholeJson(each)]));
  };

  const options = (given: PostgresOptions = {}): ConformanceOptions => ({
    sink: () => postgres({ url: server.url, ...given }),
    readBack: async (schema: Schema) => {
      const columns = Object.entries(schema.columns).map(([name, { type }]) => ({
        name,
        way: read[type] ?? number,
      }));
      const list = columns.map(({ name, way: [as] }) => as(quoted(name))).join(', ');
      const rows = await server.sql(`SELECT ${list} FROM ${quoted(schema.name)} ORDER BY ctid`);
      return rows.map((row) =>
        Object.fromEntries(
          columns.map(({ name, way: [, of] }, i) => [name, row[i] === null ? null : of(row[i] as string)]),
        ),
      );
    },
    losses: { string: whole, label: whole, json: wholeJson },
    ordered: true,
    breakTarget: async () => {
      await server.stop('SIGINT');
      return () => server.run();
    },
    badRow: async (schema, row) => {
      const identity = given.identityColumn ? `, ${given.identityColumn} bytea UNIQUE` : '';
      await server.sql(
        `CREATE TABLE "${schema.name}" (n integer, text text CHECK (text <> 'bad'), tag text${identity})`,
      );
      return { ...row, text: 'bad' };
    },
  });

  describe('by COPY', () => runConformance(options()));
  describe('by INSERT, with identities', () =>
    runConformance({
      ...options({ conflict: 'ignore', identityColumn: 'event_id' }),
      idempotent: 'identity',
    }));

  describe('behind a network that stalls', () => {
    let proxy: CutProxy;
    const { readBack, losses } = options() as Required<ConformanceOptions>;
    runConformance({
      sink: async () => {
        proxy = await CutProxy.to(server.port);
        return postgres({ url: server.url.replace(`:${server.port}`, `:${proxy.port}`) });
      },
      readBack,
      losses,
      schemas: [defineSchema('stalled', { n: t.int32(), text: t.string() })],
      stallTarget: () => {
        proxy.stall();
        return () => proxy.resume();
      },
    });
  });
});
