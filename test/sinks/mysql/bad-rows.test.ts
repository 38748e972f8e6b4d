/**
 * Rows that the server refuses: each is found and given up alone, all others are stored.
 */
import type { Connection } from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBatchFlow, defineSchema, type EventOf, t } from '../../../dist/src/index.js';
import { type MysqlOptions, type MysqlWay, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';

const Orders = defineSchema('orders', {
  id: t.int32(),
  amount: t.float64(),
  state: t.label(),
  note: t.string().optional(),
});
type Order = Required<EventOf<typeof Orders>>;

const order = (id: number, over: Partial<Order> = {}): Order => ({
  ...{ id, amount: 1, state: 'new', note: 'n' },
  ...over,
});

const table = `CREATE TABLE orders (
  id int PRIMARY KEY, amount decimal(12, 2) CHECK (amount >= 0), state enum('new', 'paid'), note varchar(5),
  doubled decimal(14, 2) AS (amount * 2) PERSISTENT, made datetime NOT NULL DEFAULT now(),
  number int AUTO_INCREMENT UNIQUE
)`;

describe.skipIf(noMariadb)(`bad rows in MariaDB ${noMariadb ?? ''}`, () => {
  let server: MariadbServer;
  let client: Connection;
  beforeAll(async () => {
    server = await MariadbServer.start();
    client = await server.connect();
  });

  const clean =
    'SET foreign_key_checks = 0; DROP TABLE IF EXISTS states, orders; SET foreign_key_checks = 1;';
  const open = async (options: MysqlOptions, more = 'DO 0') => {
    await client.query(`${clean} ${table}; ${more}`);
    return directSink(mysql({ url: server.url, ...options }), Orders);
  };
  const ids = async () => (await server.sql('SELECT id FROM orders ORDER BY id')).flat();

  const bad: [string, Partial<Order>, number][] = [
    ['a check', { amount: -1 }, 4025],
    ['a text that is too long', { note: 'too long' }, 1406],
    ['no such label', { state: 'lost' }, 1265],
    ['a number out of range', { amount: 1e308 }, 1264],
  ];

  describe.each([
    ['error', 'bulk', {}],
    ['error', 'execute', {}],
    ['error', 'query', {}],
    ['ignore', 'bulk', { conflict: 'ignore' }],
    ['ignore', 'execute', { conflict: 'ignore' }],
    ['update', 'bulk', { conflict: 'update', conflictColumns: ['id'] }],
    ['update', 'query', { conflict: 'update', conflictColumns: ['id'] }],
  ] as [string, MysqlWay, MysqlOptions][])('with %s, by %s', (_, way, more) => {
    const options = { ...more, way };

    it.each(bad)('%s', async (_, over, errno) => {
      const sink = await open(options);
      const rows = [order(1), order(2, over), order(3), order(4, over)];
      const result = await sink.write(rows);
      expect(result?.failed.map(({ index, error }) => [index, (error as { errno: number }).errno])).toEqual([
        [1, errno],
        [3, errno],
      ]);
      expect(await ids()).toEqual([1, 3]);
    });

    it('a key of another table that is not there', async () => {
      const sink = await open(
        options,
        `CREATE TABLE states (state enum('new', 'paid') PRIMARY KEY); INSERT INTO states VALUES ('new');
        ALTER TABLE orders ADD FOREIGN KEY (state) REFERENCES states (state)`,
      );
      const result = await sink.write([order(1), order(2, { state: 'paid' }), order(3)]);
      expect(result?.failed).toMatchObject([{ index: 1, error: { errno: 1452 } }]);
      expect(await ids()).toEqual([1, 3]);
    });

    it('a required column that the table leaves NULL', async () => {
      const sink = await open(options, 'ALTER TABLE orders ADD CHECK (note IS NOT NULL)');
      const result = await sink.write([order(1, { note: null }), order(2)]);
      expect(result?.failed.map(({ index }) => index)).toEqual([0]);
      expect(await ids()).toEqual([2]);
    });

    it('all of them', async () => {
      const sink = await open(options);
      const result = await sink.write([order(1, { amount: -1 }), order(2, { amount: -1 })]);
      expect(result?.failed.map(({ index }) => index)).toEqual([0, 1]);
      expect(await ids()).toEqual([]);
    });

    it('too many: the engine halves', async () => {
      const sink = await open(options);
      const rows = Array.from({ length: 40 }, (_, i) => order(i, { amount: i % 2 ? -1 : 1 }));
      const error = await sink.write(rows).catch((thrown) => thrown);
      expect(error).toMatchObject({ errno: 4025 });
      expect(sink.classify(error)).toBe('fatal');
      expect(await ids()).toEqual([]);
    });

    it('of which the server names none: the engine halves', async () => {
      const sink = await open(
        options,
        `CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW
        IF NEW.id = 7 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not seven'; END IF`,
      );
      const error = await sink.write([order(6), order(7), order(8)]).catch((thrown) => thrown);
      expect(error).toMatchObject({ errno: 1644 });
      expect(sink.classify(error)).toBe('fatal');
      expect(await ids()).toEqual([]);
      await sink.write([order(6)]);
      expect(await ids()).toEqual([6]);
    });

    it('for which the server names another one: the engine halves', async () => {
      // The trigger's own statement has a row of its own.
      const sink = await open(
        options,
        `CREATE TABLE states (note varchar(3)); CREATE TRIGGER copy BEFORE INSERT ON orders FOR EACH ROW
        INSERT INTO states VALUES (NEW.note)`,
      );
      const rows = [order(1), order(2, { note: 'abcd' }), order(3)];
      const result = await sink.write(rows).catch((thrown) => thrown);
      if (result instanceof Error) {
        expect(sink.classify(result)).toBe('fatal');
        expect(await ids()).toEqual([]);
      } else {
        expect(result.failed.map(({ index }: { index: number }) => index)).toEqual([1]);
        expect(await ids()).toEqual([1, 3]);
      }
    });
  });

  it('are found in a batch of several statements, which is stored whole', async () => {
    const sink = await open({ way: 'execute' });
    const rows = Array.from({ length: 20_000 }, (_, id) => order(id, { amount: id === 18_000 ? -1 : 1 }));
    const result = await sink.write(rows);
    expect(result?.failed.map(({ index }) => index)).toEqual([18_000]);
    expect((await ids()).length).toBe(19_999);
  });

  it('are given up without values in the message', async () => {
    const sink = await open({ conflictColumns: ['id'] });
    await sink.write([order(5309)]);
    const result = await sink.write([order(5309), order(1)]);
    const error = result?.failed[0]?.error as Error;
    expect(error).toMatchObject({
      name: 'MysqlWriteError',
      errno: 1062,
      code: 'ER_DUP_ENTRY',
      sqlState: '23000',
    });
    expect(error.message).toContain("table `orders`: Duplicate entry for key 'PRIMARY' (1062)");
    expect(error.message).not.toContain('5309');
  });

  it('are given up without values that the server quotes at the end of its message', async () => {
    const sink = await open({});
    await client.query('ALTER TABLE orders ADD COLUMN counted int AS (CAST(note AS int)) STORED');
    const result = await sink.write([order(1, { note: '1' }), order(2, { note: 'abc' })]);
    const error = result?.failed[0]?.error as Error;
    expect(error.message).toBe('table `orders`: Truncated incorrect INTEGER value: (1292)');
  });

  it('are counted and kept by a flow, and nothing else is lost', async () => {
    await client.query(`${clean} ${table}`);
    const flow = await createBatchFlow({
      schema: Orders,
      sink: mysql({ url: server.url }),
      flushSize: 100,
      flushIntervalMs: 20,
    });
    flow.on('flushError', () => {});
    for (let id = 0; id < 500; id++) {
      while (!flow.push(order(id, { amount: id % 10 === 3 ? -1 : 1 }))) await flow.writable();
    }
    await flow.close();
    const { committed, dropped } = flow.stats();
    expect([committed, dropped.failed]).toEqual([450, 50]);
    expect((await ids()).length).toBe(450);
  });
});
