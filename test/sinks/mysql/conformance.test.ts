/**
 * The MySQL sink under the suite for makers of sinks, on MariaDB.
 */
import { deserialize } from 'node:v8';
import { beforeAll, describe } from 'vitest';
import { type ColumnType, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { type MysqlOptions, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { type ConformanceOptions, refused } from '../../../dist/src/testing/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';
import { runConformance } from '../../fixtures/run-conformance.js';

describe.skipIf(noMariadb)(`the MySQL sink ${noMariadb ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });

  type Reading = readonly [as: (column: string) => string, of: (text: string) => unknown];
  const asText = (column: string) => `CAST(${column} AS CHAR)`;
  const asHex = (column: string) => `HEX(${column})`;
  const bytesOf = (hex: string) => Buffer.from(hex, 'hex');
  const number: Reading = [asText, Number];
  // A conversion to text shows fewer digits.
  const float: Reading = [(column) => `CAST(${column} AS DOUBLE)`, Number];
  const read: { [T in ColumnType]?: Reading } = {
    bool: [asText, (text) => text === '1'],
    bigint64: [asText, BigInt],
    float64: float,
    float32: [(column) => `CAST(${column} AS DOUBLE)`, Number],
    timestamp: [
      (column) => `CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', ${column}) AS CHAR)`,
      (text) => Number(text) / 1000,
    ],
    label: [asHex, (hex) => bytesOf(hex).toString()],
    string: [asHex, (hex) => bytesOf(hex).toString()],
    bytes: [asHex, (hex) => new Uint8Array(bytesOf(hex))],
    any: [asHex, (hex) => deserialize(bytesOf(hex))],
    json: [asText, JSON.parse],
  };
  const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;

  const wholeJson = (value: unknown): unknown => {
    if (typeof value === 'string') return value.toWellFormed();
    if (Array.isArray(value)) return value.map(wholeJson);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name.toWellFormed(), wholeJson(each)]),
    );
  };
  // The conversion by which floats are read has one zero.
  const finite = (value: number) => (Number.isFinite(value) ? value + 0 : refused);

  const options = (given: MysqlOptions = {}): ConformanceOptions => ({
    sink: () => mysql({ url: server.url, ...given }),
    readBack: async (schema: Schema) => {
      const columns = Object.entries(schema.columns).map(([name, { type }]) => ({
        name,
        way: read[type] ?? number,
      }));
      const list = columns.map(({ name, way: [as] }) => as(quoted(name))).join(', ');
      const rows = await server.sql(`SELECT ${list} FROM ${quoted(schema.name)}`);
      return rows.map((row) =>
        Object.fromEntries(
          columns.map(({ name, way: [, of] }, i) => [name, row[i] === null ? null : of(row[i] as string)]),
        ),
      );
    },
    losses: {
      string: (text: string) => text.toWellFormed(),
      label: (text: string) => text.toWellFormed(),
      json: wholeJson,
      float32: finite,
      float64: finite,
    },
    breakTarget: async () => {
      await server.stop();
      return () => server.run();
    },
    badRow: async (schema, row) => {
      const identity = given.identityColumn ? `, ${given.identityColumn} BINARY(25) UNIQUE` : '';
      await server.sql(`CREATE TABLE \`${schema.name}\`
        (n INT, text LONGTEXT CHECK (text <> 'bad'), tag LONGTEXT${identity}) CHARACTER SET utf8mb4`);
      return { ...row, text: 'bad' };
    },
  });

  describe('by bulk execution', () => runConformance(options()));
  describe('by prepared statements, with identities', () =>
    runConformance({
      ...options({ way: 'execute', identityColumn: 'event_id' }),
      idempotent: 'identity',
    }));

  describe('behind a network that stalls', () => {
    let proxy: CutProxy;
    const { readBack, losses } = options() as Required<ConformanceOptions>;
    runConformance({
      sink: async () => {
        proxy = await CutProxy.to(server.port);
        return mysql({ url: server.url.replace(`:${server.port}`, `:${proxy.port}`) });
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
