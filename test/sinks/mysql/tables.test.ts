/**
 * Tables: made where they are missing, checked where they are there, and never altered.
 */
import type { Connection } from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { type MysqlOptions, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';

const Requests = defineSchema('requests', {
  at: t.timestamp(),
  path: t.label(),
  status: t.uint16().optional(),
});
const row = { at: Date.UTC(2025, 5, 1), path: '/', status: 200 };

describe.skipIf(noMariadb)(`tables in MariaDB ${noMariadb ?? ''}`, () => {
  let server: MariadbServer;
  let client: Connection;
  beforeAll(async () => {
    server = await MariadbServer.start();
    client = await server.connect();
  });

  const open = <S extends Schema>(schema: S, options: MysqlOptions = {}) =>
    directSink(mysql({ url: server.url, ...options }), schema);
  const refusal = (schema: Schema, options?: MysqlOptions): Promise<string> =>
    open(schema, options).then(
      () => 'it was opened',
      (error: Error) => error.message,
    );
  const make = async (definition: string) => {
    await client.query(
      `DROP VIEW IF EXISTS requests; DROP TABLE IF EXISTS requests; CREATE TABLE requests ${definition}`,
    );
  };
  const count = async () => Number((await server.sql('SELECT count(*) FROM requests'))[0]?.[0]);

  const All = defineSchema('all `types`?', {
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
    'a `quoted` ? name; --': t.bool().optional(),
  });

  it('are made with every type, and taken as they are by the next flusher', async () => {
    const options: MysqlOptions = { conflictColumns: ['int32', 'label', 'bytes'] };
    await open(All, options);
    for (const way of ['bulk', 'execute', 'query'] as const) {
      const sink = await open(All, { ...options, way });
      const bytes = Buffer.from(way);
      const numbers = { int8: 1, int16: 1, int32: 1, uint8: 1, uint16: 1, uint32: 1, float32: 1, float64: 1 };
      const others = { bigint64: 1n, timestamp: 0, label: '?', string: "'?", bytes, json: '?', any: 1 };
      const events = [{ bool: true, ...numbers, ...others, 'a `quoted` ? name; --': null }];
      expect(await sink.write(events)).toBeUndefined();
    }
    const columns = await server.sql(
      `SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE FROM information_schema.COLUMNS
      WHERE TABLE_NAME = 'all \`types\`?' ORDER BY ORDINAL_POSITION`,
    );
    expect(columns).toEqual([
      ['bool', 'tinyint(1)', 'NO'],
      ['int8', 'tinyint(4)', 'NO'],
      ['int16', 'smallint(6)', 'NO'],
      ['int32', 'int(11)', 'NO'],
      ['uint8', 'tinyint(3) unsigned', 'NO'],
      ['uint16', 'smallint(5) unsigned', 'NO'],
      ['uint32', 'int(10) unsigned', 'NO'],
      ['float32', 'float', 'NO'],
      ['float64', 'double', 'NO'],
      ['bigint64', 'bigint(20)', 'NO'],
      ['timestamp', 'datetime(6)', 'NO'],
      ['label', 'varchar(255)', 'NO'],
      ['string', 'longtext', 'NO'],
      ['bytes', 'varbinary(255)', 'NO'],
      ['json', 'longtext', 'NO'],
      ['any', 'longblob', 'NO'],
      ['a `quoted` ? name; --', 'tinyint(1)', 'YES'],
    ]);
  });

  it('are made once by flushers that open together', async () => {
    await client.query('DROP TABLE IF EXISTS requests');
    await Promise.all(Array.from({ length: 6 }, () => open(Requests, { conflictColumns: ['at'] })));
  });

  it.each([
    ['(at datetime(6), path text)', 'column `status` is missing', 'ADD COLUMN `status` smallint unsigned'],
    [
      '(at datetime(6), path text, status smallint)',
      'column `status` is smallint(6); uint16 needs one of smallint unsigned, mediumint unsigned',
      'MODIFY COLUMN `status` smallint unsigned',
    ],
    [
      '(at datetime(6), path text, status int NOT NULL)',
      "column `status` is NOT NULL; the schema's is optional",
      'MODIFY COLUMN `status` int(11) NULL',
    ],
    [
      '(at datetime(6), path text, status int, host varchar(9) NOT NULL)',
      'column `host` is NOT NULL without a default, and the schema lacks it',
      'MODIFY COLUMN `host` varchar(9) NULL',
    ],
    [
      '(at date, path int, status int)',
      'column `at` is date; timestamp needs one of datetime(6), datetime, timestamp',
      'MODIFY COLUMN `at` datetime(6), MODIFY COLUMN `path` longtext',
    ],
  ])('that do not fit are refused, with the statement that helps: %s', async (definition, fault, remedy) => {
    await make(definition);
    const message = await refusal(Requests);
    expect(message).toContain(`table \`requests\` cannot take rows of schema "requests": ${fault}`);
    expect(message).toContain(`this would help: ALTER TABLE \`requests\` ${remedy}`);
    // It does help.
    await client.query(message.slice(message.indexOf('ALTER TABLE')));
    const sink = await open(Requests);
    await sink.write([row, { ...row, status: null }]);
    expect(await count()).toBe(2);
  });

  it.each([
    ['(at datetime(6), path text, status int AS (1) STORED)', 'column `status` is generated'],
    ['(at datetime(6), path text, status int AS (1) VIRTUAL)', 'column `status` is generated'],
  ])('whose column takes no values are refused: %s', async (definition, fault) => {
    await make(definition);
    expect(await refusal(Requests)).toContain(fault);
  });

  it('whose key has texts of any length are refused, with a statement that any server takes', async () => {
    const options: MysqlOptions = { conflict: 'ignore', conflictColumns: ['path', 'at'] };
    for (const [definition, remedy] of [
      ['path text NOT NULL', 'MODIFY COLUMN `path` varchar(255) NOT NULL, ADD UNIQUE'],
      ['path longtext', 'MODIFY COLUMN `path` varchar(255), ADD UNIQUE'],
      ['path varchar(90)', 'ADD UNIQUE'],
    ]) {
      await make(`(at datetime(6) NOT NULL, ${definition}, status int)`);
      const message = await refusal(Requests, options);
      expect(message).toContain(`this would help: ALTER TABLE \`requests\` ${remedy} (\`path\`, \`at\`)`);
      await client.query(message.slice(message.indexOf('ALTER TABLE')));
      const sink = await open(Requests, options);
      expect(await sink.write([row, row])).toMatchObject({ skipped: 1 });
      expect(await count()).toBe(1);
    }
  });

  it('without transactions are refused, with the statement that helps', async () => {
    for (const engine of ['MyISAM', 'Aria', 'MEMORY']) {
      await make(`(at datetime(6), path varchar(9), status int) ENGINE=${engine}`);
      const message = await refusal(Requests);
      expect(message).toContain(`its engine ${engine} has no transactions`);
      await client.query(message.slice(message.indexOf('ALTER TABLE')));
      expect(await refusal(Requests)).toBe('it was opened');
    }
  });

  it('that are views, missing, without rights or without a database are refused', async () => {
    await client.query('DROP TABLE IF EXISTS requests');
    expect(await refusal(Requests, { createTable: false })).toContain('createTable is false');
    await client.query('CREATE VIEW requests AS SELECT 1 AS x');
    expect(await refusal(Requests)).toContain('is no table');
    await client.query('DROP VIEW requests');
    await make('(at datetime(6), path text, status int)');
    await client.query(
      "CREATE OR REPLACE USER reader@'127.0.0.1'; GRANT SELECT ON test.* TO reader@'127.0.0.1'",
    );
    const url = `mysql://reader@127.0.0.1:${server.port}/test`;
    expect(await refusal(Requests, { url })).toContain('INSERT command denied');
    const nowhere = server.url.replace(/test$/, 'nowhere');
    expect(await refusal(Requests, { url: nowhere, requireServer: true })).toContain('Unknown database');
    expect(await refusal(Requests, { url: server.url.replace(/test$/, '') })).toContain(
      'No database selected',
    );
  });

  it('that options do not go with are refused', async () => {
    expect(await refusal(Requests, { tables: { nobody: 'x' } })).toContain('the schema "nobody"');
    expect(await refusal(Requests, { conflictColumns: ['x'] })).toContain('names the column "x"');
    expect(await refusal(Requests, { conflictColumns: ['at'], conflict: { update: ['x'] } })).toContain(
      '"x"',
    );
    expect(await refusal(Requests, { table: 'a.b.c' })).toContain('does not name a table');
    const Long = defineSchema('long', { [`${'é'.repeat(65)}`]: t.bool() });
    expect(await refusal(Long)).toContain('up to 64 characters');
    const Dotted = defineSchema(`a.${'b'.repeat(70)}`, { value: t.bool() });
    expect(await refusal(Dotted)).toContain('up to 64 characters');
  });

  it.each([
    ['metrics.requests', 'metrics.requests'],
    ['`metrics`.`re.quests`', 'metrics.`re.quests`'],
    ['Mixed', 'test.`Mixed`'],
  ])('are named with their database: %s', async (table, sql) => {
    await client.query('CREATE DATABASE IF NOT EXISTS metrics');
    const sink = await open(Requests, { table });
    await sink.write([row]);
    expect(await server.sql(`SELECT path FROM ${sql}`)).toEqual([['/']]);
  });

  it('named by their schema may have dots', async () => {
    const sink = await open(defineSchema('a.b', { value: t.int32() }));
    await sink.write([{ value: 1 }]);
    expect(await server.sql('SELECT value FROM `a.b`')).toEqual([[1]]);
  });

  it('may be partitioned, and have columns of their own that keep their defaults', async () => {
    await make(`(at datetime(6), path varchar(50), status int, id bigint NOT NULL AUTO_INCREMENT,
      made date NOT NULL DEFAULT '2025-01-01', upper varchar(50) AS (upper(path)) PERSISTENT,
      seen timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
      KEY (id), UNIQUE (at, path)) PARTITION BY RANGE (year(at)) (PARTITION p2025 VALUES LESS THAN (2026))`);
    for (const conflict of ['error', 'update'] as const) {
      await client.query('TRUNCATE requests');
      const sink = await open(Requests, { conflict, conflictColumns: ['at', 'path'] });
      await sink.write([row, { ...row, path: '/b' }]);
      // There is no partition for 2030.
      const result = await sink.write([
        { ...row, path: '/c' },
        { ...row, at: Date.UTC(2030, 0, 1) },
      ]);
      expect(result?.failed).toMatchObject([{ index: 1, error: { errno: 1526 } }]);
      const stored = await server.sql(
        'SELECT path, id > 0, CAST(made AS CHAR), upper, seen IS NULL FROM requests ORDER BY path',
      );
      expect(stored).toEqual([
        ['/', 1, '2025-01-01', '/', 0],
        ['/b', 1, '2025-01-01', '/B', 0],
        ['/c', 1, '2025-01-01', '/C', 0],
      ]);
    }
  });

  it('take 0 as it is in a column that counts by itself', async () => {
    await client.query(
      'DROP TABLE IF EXISTS counted; CREATE TABLE counted (id int AUTO_INCREMENT PRIMARY KEY)',
    );
    const sink = await open(defineSchema('counted', { id: t.int32() }));
    await sink.write([{ id: 0 }, { id: 5 }]);
    expect(await server.sql('SELECT id FROM counted ORDER BY id')).toEqual([[0], [5]]);
  });

  it.each(['bulk', 'execute', 'query'] as const)('may have very many columns, by %s', async (way) => {
    await client.query('DROP TABLE IF EXISTS wide');
    const names = Array.from({ length: 512 }, (_, i) => `c${i}`);
    const Wide = defineSchema('wide', Object.fromEntries(names.map((name) => [name, t.int32().optional()])));
    const event = Object.fromEntries(names.map((name, i) => [name, i % 2 ? i : null]));
    const sink = await open(Wide, { way });
    // More than a statement has parameters.
    await sink.write(Array.from({ length: 300 }, () => event));
    const [last] = await server.sql('SELECT count(*), CAST(sum(c511) AS CHAR), sum(c510) FROM wide');
    expect(last).toEqual([300, String(300 * 511), null]);
  });
});
