/**
 * Oracle's MySQL, by a double of its protocol: rows by prepared statements, errors that name no row or a wrong one, and
 * servers that take small packets.
 */
import dns from 'node:dns';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { type MysqlOptions, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { type Answer, MysqlDouble, type Row } from '../../fixtures/mysql-double.js';

const All = defineSchema('all', {
  bool: t.bool(),
  int8: t.int8(),
  uint8: t.uint8(),
  int16: t.int16(),
  uint16: t.uint16(),
  int32: t.int32(),
  uint32: t.uint32(),
  bigint64: t.bigint64(),
  float32: t.float32(),
  float64: t.float64(),
  at: t.timestamp(),
  label: t.label().optional(),
  text: t.string().optional(),
  json: t.json(),
  bytes: t.bytes().optional(),
});
const Orders = defineSchema('orders', { id: t.int32(), note: t.string() });
const orders = (count: number, note = 'n') => Array.from({ length: count }, (_, id) => ({ id, note }));

/** What the catalogue of MySQL 8 says of the tables: types have no lengths, but for tinyint(1). */
const types: Record<string, string> = {
  ...{ bool: 'tinyint(1)', int8: 'tinyint', uint8: 'tinyint unsigned', int16: 'smallint' },
  ...{ uint16: 'smallint unsigned', int32: 'int', uint32: 'int unsigned', bigint64: 'bigint' },
  ...{ float32: 'float', float64: 'double', at: 'datetime(6)', label: 'longtext', text: 'longtext' },
  ...{ json: 'json', bytes: 'longblob', id: 'int', note: 'varchar(20)' },
  event_id: 'binary(25)',
};

function catalogue(sql: string, names: readonly string[], packet: number): Answer | undefined {
  if (/CONNECTION_ID/.test(sql)) {
    return { columns: ['id', 'version', 'packet', 'charset'], rows: [[7, '8.0.40', packet, 'utf8mb4']] };
  }
  if (/information_schema.TABLES/.test(sql)) {
    return { columns: ['type', 'engine', 'transactions'], rows: [['BASE TABLE', 'InnoDB', 'YES']] };
  }
  if (/information_schema.COLUMNS/.test(sql)) {
    const rows = names.map((name) => {
      const declared = types[name] as string;
      return [name, declared.replace(/[ (].*/, ''), declared, 'YES', null, ''];
    });
    return { columns: ['name', 'type', 'declared', 'nullable', 'preset', 'extra'], rows };
  }
  if (/information_schema.STATISTICS/.test(sql)) {
    return { columns: ['name', 'col', 'part'], rows: [['PRIMARY', 'id', null]] };
  }
  // MySQL has no ROW_NUMBER there.
  if (/GET DIAGNOSTICS/.test(sql)) return { errno: 1064, message: 'You have an error in your SQL syntax' };
  return undefined;
}

const withOrders = (
  answer: (sql: string, rows: readonly Row[]) => Answer | undefined = () => undefined,
  packet = 67_108_864,
) => MysqlDouble.start(2, (sql, rows) => answer(sql, rows) ?? catalogue(sql, ['id', 'note'], packet));

const open = (double: MysqlDouble, options: MysqlOptions = {}) =>
  directSink(mysql({ url: double.url, ...options }), Orders);

const statements = ({ log }: MysqlDouble) =>
  log.filter((sql) => !/information_schema|CONNECTION_ID|^SET/.test(sql));

describe("Oracle's MySQL", () => {
  it('gets every type by a prepared statement', async () => {
    const names = Object.keys(All.columns);
    const double = await MysqlDouble.start(names.length, (sql) => catalogue(sql, names, 1_000_000));
    const sink = await directSink(mysql({ url: double.url }), All);
    const row = {
      ...{
        bool: true,
        int8: -128,
        uint8: 255,
        int16: -32_768,
        uint16: 65_535,
        int32: -5,
        uint32: 4_294_967_295,
      },
      ...{ bigint64: -(2n ** 63n), float32: 0.5, float64: 0.1, at: Date.UTC(2025, 0, 31, 12) + 0.25 },
      ...{ label: 'é', text: 'x'.repeat(300), json: { a: '\ud800' }, bytes: Buffer.alloc(70_000, 1) },
    };
    const empty = { ...row, label: null, text: null, bytes: null };
    expect(await sink.write([row, empty, { ...row, text: '' }])).toBeUndefined();
    const sent = [
      ...[
        1,
        -128,
        255,
        -32_768,
        65_535,
        -5,
        4_294_967_295,
        -(2n ** 63n),
        0.5,
        0.1,
        '2025-01-31 12:00:00.000250',
      ],
      ...['é', 'x'.repeat(300), '{"a":"\\ufffd"}', Buffer.alloc(70_000, 1)],
    ];
    const without = [...sent.slice(0, 11), null, null, sent[13], null];
    expect(double.executed).toEqual([[sent, without, sent.with(12, '')]]);
  });

  it('is told nothing that only MariaDB knows', async () => {
    const double = await withOrders();
    const sink = await open(double, { statementTimeoutMs: 5000, lockTimeoutMs: 1500 });
    await sink.write(orders(1));
    const [settings] = double.log.filter((sql) => sql.startsWith('SET SESSION'));
    expect(settings).toContain('STRICT_ALL_TABLES');
    expect(settings).toContain('innodb_lock_wait_timeout = 2');
    expect(settings).not.toContain('max_statement_time');
    await expect(
      open(double, { way: 'bulk', requireServer: true }).then((each) => each.write(orders(1))),
    ).rejects.toThrow('the server has no bulk execution');
  });

  it('names the row of some errors: it is tried, and the others are stored', async () => {
    const double = await withOrders((_, rows) => {
      const bad = rows.findIndex(([id]) => id === 2);
      return bad < 0
        ? undefined
        : { errno: 1406, message: `Data too long for column 'note' at row ${bad + 1}` };
    });
    const sink = await open(double);
    const result = await sink.write(orders(5));
    expect(result?.failed).toMatchObject([{ index: 2, error: { errno: 1406 } }]);
    expect(statements(double)).toEqual([
      'INSERT INTO `orders` (`id`, `note`) VALUES 5 rows',
      'ROLLBACK',
      'START TRANSACTION',
      'INSERT INTO `orders` (`id`, `note`) VALUES 2 rows',
      'INSERT INTO `orders` (`id`, `note`) VALUES 1 rows',
      'INSERT INTO `orders` (`id`, `note`) VALUES 2 rows',
      'COMMIT',
    ]);
    expect(double.executed.flat().map(([id]) => id)).toEqual([0, 1, 3, 4]);
  });

  it.each([
    ['an earlier one', 1],
    ['a later one', 4],
    ['one that is not there', 9],
  ])('names a wrong row, %s: nothing is stored, and the engine halves', async (_, named) => {
    const double = await withOrders((_sql, rows) =>
      rows.some(([id]) => id === 2) ? { errno: 1406, message: `Data too long at row ${named}` } : undefined,
    );
    const sink = await open(double);
    const error = await sink.write(orders(5)).catch((thrown) => thrown);
    expect(error).toMatchObject({ errno: 1406 });
    expect(sink.classify(error)).toBe('fatal');
    expect(statements(double).at(-1)).toBe('ROLLBACK');
    expect(statements(double)).not.toContain('COMMIT');
  });

  it('names a row that alone fails otherwise: nothing is stored, and the engine halves', async () => {
    const double = await withOrders((_sql, rows) => {
      if (!rows.some(([id]) => id === 2)) return undefined;
      if (rows.length === 1) return { errno: 1264, message: 'Out of range value at row 1' };
      return { errno: 1406, message: 'Data too long at row 3' };
    });
    const sink = await open(double);
    const error = await sink.write(orders(5)).catch((thrown) => thrown);
    expect(error).toMatchObject({ errno: 1406 });
    expect(statements(double).at(-1)).toBe('ROLLBACK');
  });

  it('names no row of a duplicate: a flow halves, and gives up the one', async () => {
    const stored = new Set<unknown>();
    const double = await withOrders((_, rows) => {
      if (rows.some(([id]) => id === 13))
        return { errno: 1062, message: "Duplicate entry '13' for key 'PRIMARY'" };
      for (const [id] of rows) stored.add(id);
      return undefined;
    });
    const flow = await createBatchFlow({ schema: Orders, sink: mysql({ url: double.url }), flushSize: 50 });
    flow.on('flushError', () => {});
    for (const order of orders(50)) flow.push(order);
    await flow.close();
    expect(flow.stats()).toMatchObject({ committed: 49, dropped: { failed: 1 } });
    expect([...stored].length).toBe(49);
  });

  it('takes packets of its size only: a batch is several statements of one transaction', async () => {
    const double = await withOrders(() => undefined, 4096);
    const sink = await open(double);
    const rows = orders(40, 'x'.repeat(300));
    expect(await sink.write([...rows, { id: 99, note: 'x'.repeat(5000) }])).toMatchObject({
      failed: [{ index: 40, error: { name: 'RowTooLargeError', reason: 'value' } }],
    });
    const run = statements(double);
    expect(run[0]).toBe('START TRANSACTION');
    expect(run.at(-1)).toBe('COMMIT');
    expect(run.length).toBeGreaterThan(4);
    expect(double.executed.flat().map(([id]) => id)).toEqual(rows.map(({ id }) => id));
  });

  it('is asked for stored rows by packets of its size', async () => {
    const sizes: number[] = [];
    const double = await MysqlDouble.start(3, (sql, rows) => {
      if (/^SELECT HEX/.test(sql)) sizes.push(sql.length);
      if (/information_schema.STATISTICS/.test(sql)) {
        return { columns: ['name', 'col', 'part'], rows: [['event_id', 'event_id', null]] };
      }
      if (rows.length > 1) return { errno: 1062, message: "Duplicate entry 'x' for key 'event_id'" };
      return catalogue(sql, ['id', 'note', 'event_id'], 4096);
    });
    const sink = await open(double, { identityColumn: 'event_id' });
    await sink.write(orders(100)).catch(() => {});
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(4096);
  });

  it('refuses a packet after all (1153): halves go by a new connection', async () => {
    const stored = new Set<unknown>();
    const double = await withOrders((_, rows) => {
      if (rows.length > 10) {
        return { errno: 1153, message: "Got a packet bigger than 'max_allowed_packet' bytes", closes: true };
      }
      for (const [id] of rows) stored.add(id);
      return undefined;
    });
    const flow = await createBatchFlow({ schema: Orders, sink: mysql({ url: double.url }), flushSize: 32 });
    for (const order of orders(32)) flow.push(order);
    await flow.close();
    expect(flow.stats().committed).toBe(32);
    expect(stored.size).toBe(32);
    expect(double.connections).toBeGreaterThan(1);
  });

  it('does not end a transaction: no other rows go by its connection', async () => {
    let fails = true;
    const double = await withOrders((sql, rows) => {
      if (!fails) return undefined;
      if (rows.length > 0) return { errno: 1205, message: 'Lock wait timeout exceeded' };
      return sql === 'ROLLBACK' ? { errno: 1317, message: 'Query execution was interrupted' } : undefined;
    });
    const sink = await open(double);
    await expect(sink.write(orders(2))).rejects.toMatchObject({ errno: 1205 });
    fails = false;
    expect(await sink.write(orders(2))).toBeUndefined();
    expect(double.connections).toBe(2);
  });

  it('ends an aborted statement on its own server, of several that have one name', async () => {
    const abort = new AbortController();
    const double = await withOrders((_, rows) => {
      if (rows.length > 0) abort.abort(new Error('stopped'));
      return undefined;
    });
    const addresses = ['127.0.0.1', '127.0.0.2'];
    vi.spyOn(dns, 'lookup').mockImplementation(((
      _: string,
      options: object,
      done: (...all: unknown[]) => void,
    ) => {
      const address = addresses.shift() as string;
      done(null, 'all' in options && options.all ? [{ address, family: 4 }] : address, 4);
    }) as never);
    onTestFinished(() => void vi.restoreAllMocks());
    const connection = { host: 'db.example', port: double.port, user: 'me', database: 'app' };
    const sink = await directSink(mysql({ connection }), Orders);
    await expect(sink.write(orders(1), abort.signal)).rejects.toThrow('stopped');
    await sink.close();
    expect(statements(double)).toContain('KILL 7');
    expect(addresses).toEqual(['127.0.0.2']);
  });

  it('has forgotten its statements: the connection is dropped, and the next write is stored', async () => {
    let forgets = true;
    const double = await withOrders((_, rows) =>
      forgets && rows.length > 0 ? { errno: 1243, message: 'Unknown prepared statement handler' } : undefined,
    );
    const sink = await open(double);
    const error = await sink.write(orders(2)).catch((thrown) => thrown);
    expect(sink.classify(error)).toBe('retry');
    forgets = false;
    expect(await sink.write(orders(2))).toBeUndefined();
    expect(double.connections).toBe(2);
  });
});
