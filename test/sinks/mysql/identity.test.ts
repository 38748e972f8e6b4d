/**
 * `identityColumn`: a row that is delivered again is stored once, whatever came between, and counted as skipped.
 */
import type { Connection } from 'mysql2/promise';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Batch, Batch as BatchOf, batchOf, defineSchema, t } from '../../../dist/src/index.js';
import { selectRows } from '../../../dist/src/schema/read/batch-select.js';
import { type MysqlOptions, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, text: `row ${from + i}` }));

/** Some rows of a batch, as halving gives them. */
function some(batch: Batch<typeof Events>, chosen: readonly number[]): Batch<typeof Events> {
  return new BatchOf(Events, selectRows(batch.data, chosen));
}

describe.skipIf(noMariadb)(`identityColumn of MariaDB ${noMariadb ?? ''}`, () => {
  let server: MariadbServer;
  let client: Connection;
  beforeAll(async () => {
    server = await MariadbServer.start();
    client = await server.connect();
  });
  beforeEach(async () => {
    await client.query('DROP TABLE IF EXISTS events');
  });

  const open = (options: MysqlOptions = {}) =>
    directSink(mysql({ url: server.url, identityColumn: 'event_id', ...options }), Events);
  const ids = async () => (await server.sql('SELECT id FROM events ORDER BY id')).flat();

  describe.each([
    ['error', {}],
    ['error, by statements', { way: 'execute' }],
    ['error, by text', { way: 'query' }],
    ['ignore', { conflict: 'ignore' }],
    ['ignore, by statements', { conflict: 'ignore', way: 'execute' }],
    ['ignore, by text', { conflict: 'ignore', way: 'query' }],
    ['ignore, with a key', { conflict: 'ignore', conflictColumns: ['id'] }],
  ] as [string, MysqlOptions][])('conflict: %s', (_, options) => {
    it('stores what a batch has that is not there, and counts the rest', async () => {
      const sink = await open(options);
      const batch = batchOf(Events, rows(0, 10));
      expect(await sink.deliver(some(batch, [1, 2, 3, 8]))).toBeUndefined();
      expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 4 });
      expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 10 });
      expect(await sink.deliver(some(batch, [9, 0]))).toEqual({ failed: [], skipped: 2 });
      expect((await ids()).map(Number)).toEqual(rows(0, 10).map(({ id }) => id));
    });

    it('stores one of the rows that have one identity', async () => {
      const sink = await open(options);
      const identities = Buffer.concat([1, 2, 2, 2, 3, 1].map((byte) => Buffer.alloc(25, byte)));
      const batch = batchOf(Events, rows(0, 6), identities);
      expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 3 });
      expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 6 });
      expect((await ids()).map(Number)).toEqual([0, 1, 4].map((i) => rows(0, 6)[i]?.id));
    });

    it('stores equal rows that are two', async () => {
      const sink = await open({ ...options, ...(options.conflictColumns && { conflictColumns: ['text'] }) });
      await sink.write([{ id: 1, text: null }]);
      await sink.write([{ id: 1, text: null }]);
      expect((await ids()).map(Number)).toEqual([1, 1]);
    });
  });

  it('keeps the identity that the batch has', async () => {
    const sink = await open();
    const batch = batchOf(Events, rows(0, 3));
    await sink.deliver(batch);
    const stored = await server.sql('SELECT event_id FROM events ORDER BY id');
    expect(stored.flat()).toEqual([0, 1, 2].map((i) => Buffer.from(batch.identityBytes(i))));
  });

  it('gives up rows with a taken key alone, among rows that are there', async () => {
    const sink = await open({ conflictColumns: ['id'] });
    await sink.write(rows(5, 1));
    const batch = batchOf(Events, rows(0, 10));
    expect(await sink.deliver(some(batch, [0, 1, 2]))).toBeUndefined();
    const result = await sink.deliver(batch);
    expect(result).toMatchObject({
      failed: [{ index: 5, error: { errno: 1062 } }],
      skipped: 3,
    });
    expect(await ids()).toEqual(rows(0, 10).map(({ id }) => id));
    // The table's rules, and not its keys alone.
    await client.query('ALTER TABLE events ADD CHECK (id <> 21)');
    const other = batchOf(Events, rows(20, 4));
    await sink.deliver(some(other, [3]));
    expect(await sink.deliver(other)).toMatchObject({ failed: [{ index: 1 }], skipped: 1 });
    expect(await ids()).toEqual([...rows(0, 10).map(({ id }) => id), 20, 22, 23]);
  });

  it('leaves rows out by their identity, whichever of their keys the server names', async () => {
    await client.query('CREATE TABLE events (id int PRIMARY KEY, text text, event_id binary(25) UNIQUE)');
    const sink = await open();
    const batch = batchOf(Events, rows(0, 6));
    await sink.deliver(some(batch, [0, 4]));
    await sink.write(rows(3, 1));
    expect(await sink.deliver(batch)).toMatchObject({ failed: [{ index: 3 }], skipped: 2 });
    expect(await ids()).toEqual(rows(0, 6).map(({ id }) => id));
  });

  it('stores nothing twice when the connection breaks after the commit was sent', async () => {
    const proxy = await CutProxy.to(server.port);
    const url = server.url.replace(`:${server.port}`, `:${proxy.port}`);
    const sink = await open({ url });
    const batch = batchOf(Events, rows(0, 20));
    // The server commits; its answer never comes.
    proxy.stall();
    const lost = sink.deliver(batch).catch((error: unknown) => error);
    await until(async () => (await ids()).length === 20, 'the commit');
    proxy.resume();
    expect(sink.classify(await lost)).toBe('retry');
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 20 });
    expect(await ids()).toEqual(rows(0, 20).map(({ id }) => id));
  });

  it('waits for another transaction that stores the same rows', async () => {
    const sink = await open();
    const batch = batchOf(Events, rows(0, 4));
    await client.query('BEGIN');
    await client.query('INSERT INTO events VALUES (2, NULL, ?)', [Buffer.from(batch.identityBytes(2))]);
    const writing = sink.deliver(batch);
    await until(async () => {
      const waiting = await server.sql(
        "SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'",
      );
      return waiting.length === 1;
    }, 'the write to wait');
    await client.query('COMMIT');
    expect(await writing).toEqual({ failed: [], skipped: 1 });
    expect(await ids()).toEqual([0, 1, 2, 3]);
  });

  it('wants of a table that exists the column and its index, and prints the statements that help', async () => {
    await client.query('CREATE TABLE events (id int, text text)');
    const column = 'ALTER TABLE `events` ADD COLUMN `event_id` binary(25) UNIQUE';
    await expect(open()).rejects.toThrow(
      `the identity column \`event_id\` is missing; it needs binary(25); this would help: ${column}`,
    );
    await client.query('ALTER TABLE events ADD COLUMN event_id varbinary(30)');
    const index = 'ALTER TABLE `events` ADD UNIQUE (`event_id`)';
    await expect(open()).rejects.toThrow(
      `it needs a unique index on the identity column \`event_id\` alone; this would help: ${index}`,
    );
    await client.query('CREATE UNIQUE INDEX part ON events (event_id(20))');
    await client.query('CREATE UNIQUE INDEX wide ON events (event_id, id)');
    await expect(open()).rejects.toThrow(index);
    await client.query('DROP INDEX part ON events');
    await client.query(index);
    const sink = await open();
    const batch = batchOf(Events, rows(0, 2));
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 2 });
  });

  it('helps by the statement that it prints for a missing column', async () => {
    await client.query('CREATE TABLE events (id int, text text)');
    const error = (await open().catch((thrown: unknown) => thrown)) as Error;
    await client.query(error.message.split('this would help: ')[1] as string);
    const batch = batchOf(Events, rows(0, 2));
    const sink = await open();
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 2 });
  });

  it('refuses conflicts that overwrite rows, and says why', () => {
    for (const conflict of ['replace', 'update', { update: ['text'] }] as const) {
      const options = { identityColumn: 'event_id', conflict, conflictColumns: ['id'] };
      expect(() => mysql(options)).toThrow(/identityColumn: .* an older row delivered again would win/);
      expect(() => mysql({ tables: { events: options } })).toThrow(/tables\.events\.identityColumn/);
    }
  });

  it('refuses columns that cannot hold identities', async () => {
    await expect(open({ identityColumn: 'text' })).rejects.toThrow(/which is one of schema "events"/);
    for (const type of ['varchar(25)', 'binary(30)', 'varbinary(24)']) {
      await client.query(
        `DROP TABLE IF EXISTS events; CREATE TABLE events (id int, text text, event_id ${type} UNIQUE)`,
      );
      await expect(open()).rejects.toThrow(
        `the identity column \`event_id\` is ${type}; it needs binary(25)`,
      );
    }
  });

  it('finds the rows that are there among thousands', async () => {
    const sink = await open();
    const batch = batchOf(Events, rows(0, 2500));
    const there = Array.from({ length: 1250 }, (_, i) => 2 * i);
    await sink.deliver(some(batch, there));
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 1250 });
    expect((await ids()).length).toBe(2500);
  });
});
