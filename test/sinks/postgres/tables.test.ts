/**
 * Tables: made where they are missing, checked where they are there, and never altered.
 */
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';

const Requests = defineSchema('requests', {
  at: t.timestamp(),
  path: t.label(),
  status: t.uint16().optional(),
});
const row = { at: Date.UTC(2025, 5, 1), path: '/', status: 200 };

describe.skipIf(noPostgres)(`tables in PostgreSQL ${noPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let client: pg.Client;
  beforeAll(async () => {
    server = await PostgresServer.start();
    client = await server.connect();
  });

  const open = <S extends Schema>(schema: S, options: PostgresOptions = {}) =>
    directSink(postgres({ url: server.url, ...options }), schema);
  const refusal = (schema: Schema, options?: PostgresOptions): Promise<string> =>
    open(schema, options).then(
      () => 'it was opened',
      (error: Error) => error.message,
    );
  const make = async (definition: string) => {
    await client.query(`DROP TABLE IF EXISTS requests CASCADE; CREATE TABLE requests ${definition}`);
  };

  it('are made with every type, and taken as they are by the next flusher', async () => {
    const All = defineSchema('all "types"', {
      bool: t.bool(),
      int8: t.int8(),
      int16: t.int16(),
      int32: t.int32(),
      uint8: t.uint8(),
      uint16: t.uint16(),
      uint32: t.uint32(),
      float32: t.float32(),
      float64: t.float64(),
      bigint64: t.bigint64(),
      timestamp: t.timestamp(),
      label: t.label(),
      string: t.string(),
      bytes: t.bytes(),
      json: t.json(),
      any: t.any(),
      'a "quoted" name; --': t.bool().optional(),
    });
    await open(All);
    await open(All);
    const columns = await server.sql(
      `SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
      WHERE attrelid = '"all ""types"""'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    expect(columns).toEqual([
      ['bool', 'boolean', true],
      ['int8', 'smallint', true],
      ['int16', 'smallint', true],
      ['int32', 'integer', true],
      ['uint8', 'smallint', true],
      ['uint16', 'integer', true],
      ['uint32', 'bigint', true],
      ['float32', 'real', true],
      ['float64', 'double precision', true],
      ['bigint64', 'bigint', true],
      ['timestamp', 'timestamp with time zone', true],
      ['label', 'text', true],
      ['string', 'text', true],
      ['bytes', 'bytea', true],
      ['json', 'jsonb', true],
      ['any', 'bytea', true],
      ['a "quoted" name; --', 'boolean', false],
    ]);
  });

  it('are made once by flushers that open together', async () => {
    await client.query('DROP TABLE IF EXISTS requests CASCADE');
    await Promise.all(Array.from({ length: 6 }, () => open(Requests, { conflictColumns: ['at'] })));
  });

  it.each([
    ['(at timestamptz, path text)', 'column "status" is missing', 'ADD COLUMN "status" integer'],
    [
      '(at timestamptz, path text, status smallint)',
      'column "status" is smallint; uint16 needs one of integer, bigint, real',
      'ALTER COLUMN "status" TYPE integer',
    ],
    [
      '(at timestamptz, path text, status int NOT NULL)',
      'column "status" is NOT NULL; the schema\'s is optional',
      'ALTER COLUMN "status" DROP NOT NULL',
    ],
    [
      '(at timestamptz, path text, status int, host text NOT NULL)',
      'column "host" is NOT NULL without a default, and the schema lacks it',
      'ALTER COLUMN "host" DROP NOT NULL',
    ],
    [
      '(at date, path int, status int)',
      'column "at" is date',
      'ALTER COLUMN "at" TYPE timestamptz, ALTER COLUMN "path"',
    ],
  ])('that do not fit are refused, with the statement that helps: %s', async (definition, fault, remedy) => {
    await make(definition);
    const message = await refusal(Requests);
    expect(message).toContain(`table "requests" cannot take rows of schema "requests": ${fault}`);
    expect(message).toContain(`this would help: ALTER TABLE "requests" ${remedy}`);
    // It does help.
    await client.query(
      message
        .slice(message.indexOf('ALTER TABLE'))
        .replace('TYPE timestamptz', '$& USING at')
        .replace('TYPE text', '$& USING path'),
    );
    const sink = await open(Requests);
    await sink.write([row, { ...row, status: null }]);
    expect(await server.sql('SELECT count(*)::int FROM requests')).toEqual([[2]]);
  });

  it.each([
    [
      '(at timestamptz, path text, status int GENERATED ALWAYS AS (1) STORED)',
      'column "status" is generated',
    ],
    [
      '(at timestamptz, path text, status int GENERATED ALWAYS AS IDENTITY)',
      'column "status" is GENERATED ALWAYS AS IDENTITY',
    ],
  ])('whose column takes no values are refused: %s', async (definition, fault) => {
    await make(definition);
    expect(await refusal(Requests)).toContain(fault);
  });

  it('that are views, missing, without rights or without the key are refused', async () => {
    await client.query('DROP TABLE IF EXISTS requests CASCADE');
    expect(await refusal(Requests, { createTable: false })).toContain('createTable is false');
    await client.query('CREATE VIEW requests AS SELECT 1 AS x');
    expect(await refusal(Requests)).toContain('is no table');
    await client.query('DROP VIEW requests');
    await make('(at timestamptz, path text, status int)');
    expect(await refusal(Requests, { conflictColumns: ['path'] })).toContain(
      'this would help: CREATE UNIQUE INDEX ON "requests" ("path")',
    );
    await client.query(
      'DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT SELECT ON requests TO reader',
    );
    const url = server.url.replace('tester@', 'reader@');
    expect(await refusal(Requests, { url })).toContain('permission denied for table requests');
  });

  it('that options do not go with are refused', async () => {
    expect(await refusal(Requests, { tables: { nobody: 'x' } })).toContain('the schema "nobody"');
    expect(await refusal(Requests, { conflictColumns: ['x'] })).toContain('names the column "x"');
    expect(await refusal(Requests, { conflictColumns: ['at'], conflict: { update: ['x'] } })).toContain(
      '"x"',
    );
    expect(await refusal(Requests, { table: 'a.b.c' })).toContain('does not name a table');
    expect(await refusal(Requests, { table: 'nowhere.b' })).toContain('schema "nowhere" does not exist');
    const Long = defineSchema('long', { [`${'é'.repeat(40)}`]: t.bool() });
    expect(await refusal(Long)).toContain('more than 63 bytes');
    const Dotted = defineSchema(`a.${'b'.repeat(70)}`, { value: t.bool() });
    expect(await refusal(Dotted)).toContain('more than 63 bytes');
  });

  it.each([
    ['metrics.requests', 'metrics.requests'],
    ['"metrics"."re.quests"', 'metrics."re.quests"'],
    ['Mixed', 'public."Mixed"'],
  ])('are named with their schema: %s', async (table, sql) => {
    await client.query('CREATE SCHEMA IF NOT EXISTS metrics');
    const sink = await open(Requests, { table });
    await sink.write([row]);
    expect(await server.sql(`SELECT path FROM ${sql}`)).toEqual([['/']]);
  });

  it('named by their schema may have dots', async () => {
    const sink = await open(defineSchema('a.b', { value: t.int32() }));
    await sink.write([{ value: 1 }]);
    expect(await server.sql('SELECT value FROM "a.b"')).toEqual([[1]]);
  });

  it('may be partitioned, and have columns of their own that keep their defaults', async () => {
    await make(`(at timestamptz, path text, status int, id bigint GENERATED ALWAYS AS IDENTITY,
      made date NOT NULL DEFAULT '2025-01-01', upper text GENERATED ALWAYS AS (upper(path)) STORED,
      UNIQUE (at, path)) PARTITION BY RANGE (at)`);
    await client.query(
      "CREATE TABLE p2025 PARTITION OF requests FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    );
    for (const conflict of ['error', 'update'] as const) {
      await client.query('TRUNCATE requests RESTART IDENTITY');
      const sink = await open(Requests, { conflict, conflictColumns: ['at', 'path'] });
      await sink.write([row, { ...row, path: '/b' }]);
      // There is no partition for 1970. The table's copy, in which rows of an upsert are looked for, has no partitions.
      const result = await sink
        .write([
          { ...row, path: '/c' },
          { ...row, at: 0 },
        ])
        .catch((error) => error);
      if (conflict === 'error') expect(result.failed).toMatchObject([{ index: 1, error: { code: '23514' } }]);
      else expect(sink.classify(result)).toBe('fatal');
      await client.query("DELETE FROM requests WHERE path = '/c'");
      const stored = await server.sql('SELECT path, id > 0, made::text, upper FROM requests ORDER BY path');
      expect(stored).toEqual([
        ['/', true, '2025-01-01', '/'],
        ['/b', true, '2025-01-01', '/B'],
      ]);
    }
  });

  it('with policies of rows are written by INSERT, which COPY cannot', async () => {
    await make('(at timestamptz, path text, status int)');
    await client.query(
      'ALTER TABLE requests ENABLE ROW LEVEL SECURITY; ALTER TABLE requests FORCE ROW LEVEL SECURITY',
    );
    await client.query('CREATE POLICY all_rows ON requests USING (true) WITH CHECK (status < 500)');
    await client.query(
      'DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN; GRANT ALL ON requests TO writer',
    );
    const sink = await open(Requests, { url: server.url.replace('tester@', 'writer@') });
    await sink.write([row]);
    const error = await sink.write([{ ...row, status: 503 }]).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: '42501' });
    expect(await server.sql('SELECT count(*)::int FROM requests')).toEqual([[1]]);
  });

  it('may have very many columns', async () => {
    const names = Array.from({ length: 512 }, (_, i) => `c${i}`);
    const Wide = defineSchema('wide', Object.fromEntries(names.map((name) => [name, t.int32().optional()])));
    const event = Object.fromEntries(names.map((name, i) => [name, i % 2 ? i : null]));
    for (const conflict of ['error', 'ignore'] as const) {
      const sink = await open(Wide, { conflict });
      await sink.write([event, event]);
      await sink.close();
    }
    const [last] = await server.sql('SELECT count(*)::int, sum(c511)::int, sum(c510)::int FROM wide');
    expect(last).toEqual([4, 4 * 511, null]);
  });
});
