/**
 * A server that restarts, ends sessions, becomes read-only, is out of reach or slow: what is written again is stored.
 */

import { inspect } from 'node:util';
import type { Connection } from 'mysql2/promise';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../../dist/bench/harness/free-port.js';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { type MysqlOptions, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string() });
const event = (id: number) => ({ id, text: `event ${id}` });
const events = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));

describe.skipIf(noMariadb)(`faults of MariaDB ${noMariadb ?? ''}`, () => {
  let server: MariadbServer;
  let client: Connection;
  beforeAll(async () => {
    server = await MariadbServer.start(['--performance-schema=on']);
  });
  beforeEach(async () => {
    client = await server.connect();
    await client.query('DROP TABLE IF EXISTS events');
  });

  const open = (options: MysqlOptions = {}) => directSink(mysql({ url: server.url, ...options }), Events);
  const ids = async () => (await server.sql('SELECT id FROM events ORDER BY id')).flat();
  const through = (proxy: CutProxy) => server.url.replace(`:${server.port}`, `:${proxy.port}`);
  /** The numbers of the connections of sinks, or of those in a state. */
  const sessions = async (where = 'TRUE') => {
    const found = await server.sql(
      `SELECT p.ID FROM information_schema.PROCESSLIST p
      JOIN performance_schema.session_connect_attrs a ON a.PROCESSLIST_ID = p.ID
      WHERE a.ATTR_NAME = 'program_name' AND a.ATTR_VALUE = 'batchflow' AND ${where}`,
    );
    return found.flat() as number[];
  };
  /** A write that waits for a lock: of a row, or of the table. */
  const waiting = () =>
    sessions("(p.COMMAND IN ('Execute', 'Query') OR p.INFO LIKE 'INSERT%') AND p.TIME_MS > 5");

  it('a restart: the next write has a new connection', async () => {
    const sink = await open();
    await sink.write(events(0, 2));
    await server.stop();
    const error = await errorOf(sink.write(events(2, 2)));
    expect(sink.classify(error), String(error)).toBe('retry');
    await server.run();
    await sink.write(events(2, 2));
    expect(await ids()).toEqual([0, 1, 2, 3]);
  });

  it('a crash in the middle of a flow: none lost, none double by a key', async () => {
    const sink = mysql({ url: server.url, conflict: 'ignore', conflictColumns: ['id'] });
    const flow = await NumberedFlow.into(sink, Events, event);
    await flow.throughRestarts(server, ['SIGKILL', 'SIGTERM'] as const);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await ids()).toEqual(events(0, flow.next).map(({ id }) => id));
  });

  it('a session that an operator ends', async () => {
    const sink = await open();
    await sink.write(events(0, 1));
    for (const id of await sessions()) await client.query(`KILL ${id}`);
    await until(async () => (await sessions()).length === 0, 'the session to end');
    // Whether the loss has been noticed already or not.
    const error = await errorOf(sink.write(events(1, 1)));
    if (error !== undefined) {
      expect(sink.classify(error)).toBe('retry');
      await sink.write(events(1, 1));
    }
    expect(await ids()).toEqual([0, 1]);
  });

  it('a session, or a statement, that is ended while it runs', async () => {
    const sink = await open();
    for (const kill of ['KILL', 'KILL QUERY']) {
      await client.query('LOCK TABLES events READ');
      const writing = errorOf(sink.write(events(0, 1)));
      await until(async () => (await waiting()).length === 1, 'the write to wait');
      await server.sql(`${kill} ${(await waiting())[0]}`);
      const error = await writing;
      expect(sink.classify(error), String(error)).toBe('retry');
      await client.query('UNLOCK TABLES');
    }
    await sink.write(events(0, 1));
    expect(await ids()).toEqual([0]);
  });

  it.each(['bulk', 'execute', 'query'] as const)(
    'connections that are cut at any byte, by %s',
    async (way) => {
      const proxy = await CutProxy.to(server.port);
      const sink = await directSink(
        mysql({ url: through(proxy), conflict: 'ignore', conflictColumns: ['id'], way }),
        Events,
      );
      let attempts = 0;
      for (let round = 0; round < 40; round++) {
        proxy.cutAfterBytes = 1 + Math.floor(Math.random() * 6000);
        for (;;) {
          attempts++;
          const error = await errorOf(sink.write(events(round * 100, 100)));
          if (error === undefined) break;
          expect(sink.classify(error), String(error)).toBe('retry');
        }
      }
      proxy.cutAfterBytes = Number.POSITIVE_INFINITY;
      expect(attempts).toBeGreaterThan(40);
      expect(await ids()).toEqual(events(0, 4000).map(({ id }) => id));
    },
  );

  it('a server that has become read-only: the connection is dropped', async () => {
    // The tests' own user may write in spite of it.
    await client.query(
      "CREATE OR REPLACE USER writer@'127.0.0.1'; GRANT SELECT, INSERT, CREATE ON test.* TO writer@'127.0.0.1'",
    );
    const sink = await open({ url: `mysql://writer@127.0.0.1:${server.port}/test` });
    await sink.write(events(0, 1));
    const before = await sessions();
    await client.query('SET GLOBAL read_only = 1');
    const error = await errorOf(sink.write(events(1, 1)));
    expect(error).toMatchObject({ errno: 1290 });
    expect(sink.classify(error)).toBe('retry');
    await until(async () => (await sessions()).every((id) => !before.includes(id)), 'the connection to end');
    await client.query('SET GLOBAL read_only = 0');
    await sink.write(events(5, 1));
    expect(await ids()).toEqual([0, 5]);
  });

  it('a deadlock is tried again', async () => {
    const sink = await open({ conflict: 'update', conflictColumns: ['id'] });
    await sink.write(events(1, 2));
    await client.query('BEGIN');
    // The server ends the transaction that has done less.
    await client.query("INSERT INTO events SELECT seq, 'x' FROM seq_100_to_600");
    await client.query("UPDATE events SET text = 'x' WHERE id = 2");
    const writing = errorOf(sink.write(events(1, 2)));
    await until(async () => (await waiting()).length === 1, 'the write to wait');
    await client.query("UPDATE events SET text = 'x' WHERE id = 1");
    const error = await writing;
    expect(error).toMatchObject({ errno: 1213 });
    expect(sink.classify(error)).toBe('retry');
    await client.query('ROLLBACK');
    await sink.write(events(1, 2));
    expect(await server.sql('SELECT text FROM events ORDER BY id')).toEqual([['event 1'], ['event 2']]);
  });

  it('deadlocks between a flow and another program: all rows are stored', async () => {
    const ready = await open({ conflict: 'update', conflictColumns: ['id'] });
    await ready.write(events(0, 40));
    const flow = await createBatchFlow({
      schema: Events,
      sink: mysql({ url: server.url, conflict: 'update', conflictColumns: ['id'] }),
      ...{ flushSize: 40, flushIntervalMs: 5, flushers: 2 },
      retry: { maxAttempts: 200, backoffMs: 1, maxBackoffMs: 20 },
    });
    const errors: unknown[] = [];
    flow.on('flushError', (error) => errors.push(error));
    let deadlocks = 0;
    // Rows in the opposite order of the flow's.
    for (let round = 0; round < 30; round++) {
      for (let id = 0; id < 40; id++) while (!flow.push(event(id))) await flow.writable();
      await client.query('BEGIN');
      const mine = await errorOf(
        (async () => {
          for (let id = 39; id >= 0; id -= 3)
            await client.query(`UPDATE events SET text = 'x' WHERE id = ${id}`);
        })(),
      );
      if ((mine as { errno?: number } | undefined)?.errno === 1213) deadlocks++;
      await client.query('ROLLBACK');
    }
    await flow.close();
    expect(errors).toEqual([]);
    expect(deadlocks + flow.stats().retries).toBeGreaterThan(0);
    expect(await server.sql('SELECT text FROM events ORDER BY id')).toEqual(
      events(0, 40).map(({ text }) => [text]),
    );
  });

  it('a lock that is waited for too long, and a statement that takes too long', async () => {
    const sink = await open({ lockTimeoutMs: 30, conflict: 'update', conflictColumns: ['id'] });
    const slow = await open({ statementTimeoutMs: 300, conflict: 'update', conflictColumns: ['id'] });
    await sink.write(events(0, 1));
    await client.query("BEGIN; UPDATE events SET text = 'x' WHERE id = 0");
    for (const [each, errno] of [
      [sink, 1205],
      [slow, 1969],
    ] as const) {
      const error = await errorOf(each.write(events(0, 1)));
      expect(error).toMatchObject({ errno });
      expect(each.classify(error)).toBe('retry');
    }
    await client.query('COMMIT');
    for (const each of [sink, slow]) await each.write(events(0, 1));
    expect(await ids()).toEqual([0]);
  });

  it('an abort ends the statement on the server before the next attempt', async () => {
    const sink = await open();
    await client.query('LOCK TABLES events READ');
    const aborter = new AbortController();
    const reason = new Error('too long');
    const writing = errorOf(sink.write(events(0, 1), aborter.signal));
    await until(async () => (await waiting()).length === 1, 'the write to wait');
    const [first] = await waiting();
    aborter.abort(reason);
    expect(await writing).toBe(reason);
    const again = sink.write(events(0, 1));
    await until(async () => {
      const now = await waiting();
      return now.length === 1 && now[0] !== first;
    }, 'the second write to wait');
    await client.query('UNLOCK TABLES');
    await again;
    // The first attempt did not go on behind the lock.
    expect(await ids()).toEqual([0]);
  });

  it('a server that does not answer: an abort ends the wait', async () => {
    const proxy = await CutProxy.to(server.port);
    const sink = await directSink(mysql({ url: through(proxy) }), Events);
    proxy.stall();
    const writing = errorOf(sink.write(events(0, 1), AbortSignal.timeout(50)));
    expect(await writing).toMatchObject({ name: 'TimeoutError' });
    const connecting = errorOf(sink.write(events(1, 1), AbortSignal.timeout(50)));
    expect(await connecting).toMatchObject({ name: 'TimeoutError' });
    proxy.resume();
    await sink.write(events(2, 1));
    expect(await ids()).toContain(2);
  });

  it('a connection that is not made in time', async () => {
    const proxy = await CutProxy.to(server.port);
    proxy.stall();
    const options = { url: through(proxy), connectTimeoutMs: 50, requireServer: true };
    await expect(directSink(mysql(options), Events)).rejects.toThrow(/cannot connect .*ETIMEDOUT/);
  });

  it('a connection that stalls while the table is looked at: the flow starts', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => void warned.mockRestore());
    const proxy = await CutProxy.to(server.port);
    proxy.stallAfterBytes = 600;
    const sink = await directSink(mysql({ url: through(proxy), connectTimeoutMs: 100 }), Events);
    expect(warned.mock.calls[0]?.[0]).toMatch(/; the flow goes on, and tries again$/);
    proxy.resume();
    await sink.write(events(0, 1));
    expect(await ids()).toEqual([0]);
  });

  it('a server that is not there yet: the flow starts, and its rows wait', async () => {
    const url = server.url.replace(`:${server.port}`, `:${await freePort()}`);
    await expect(directSink(mysql({ url, requireServer: true }), Events)).rejects.toThrow(/ECONNREFUSED/);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const sink = await directSink(mysql({ url }), Events);
    expect(warned.mock.calls[0]?.[0]).toMatch(/cannot connect to MySQL: .*ECONNREFUSED/);
    warned.mockRestore();
    const error = await errorOf(sink.write(events(0, 1)));
    expect(sink.classify(error)).toBe('retry');
  });

  it('a wrong password is retried, and is in no error', async () => {
    for (const options of [
      { url: `mysql://tester:h0rse%40battery@127.0.0.1:${server.port}/test` },
      { connection: { host: '127.0.0.1', port: server.port, user: 'tester', password: 'h0rse@battery' } },
    ]) {
      const error = await errorOf(directSink(mysql({ ...options, requireServer: true }), Events));
      expect(String(error)).toContain("Access denied for user 'tester'");
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/h0rse|battery/);
    }
  });

  it('a table that is dropped, or changed, while rows come', async () => {
    const sink = await open();
    await sink.write(events(0, 1));
    await client.query('DROP TABLE events');
    expect(sink.classify(await errorOf(sink.write(events(1, 1))))).toBe('retry');
    await sink.write(events(1, 1));
    await client.query('ALTER TABLE events MODIFY COLUMN id bigint');
    await sink.write(events(2, 1));
    await client.query('ALTER TABLE events DROP COLUMN text');
    expect(sink.classify(await errorOf(sink.write(events(3, 1))))).toBe('retry');
    const misfit = await errorOf(sink.write(events(3, 1)));
    expect(String(misfit)).toContain('ALTER TABLE `events` ADD COLUMN `text` longtext');
    expect(sink.classify(misfit)).toBe('retry');
    await client.query('ALTER TABLE events ADD COLUMN text text');
    await sink.write(events(3, 1));
    expect((await ids()).map(Number)).toEqual([1, 2, 3]);
  });

  it('concurrent writes have a connection each, which are kept and closed', async () => {
    const sink = await open();
    for (let round = 0; round < 3; round++) {
      await Promise.all([0, 1, 2].map((i) => sink.write(events(i, 1))));
    }
    expect((await sessions()).length).toBe(3);
    await sink.close();
    await until(async () => (await sessions()).length === 0, 'the sessions to end');
  });

  it('a connection whose charset is not UTF-8 is refused', async () => {
    const url = JSON.stringify({ uri: server.url, charset: 'latin1_swedish_ci' });
    const source = `export default async () => (${url})`;
    const connectionModule = `data:text/javascript,${encodeURIComponent(source)}`;
    await expect(directSink(mysql({ connectionModule, requireServer: true }), Events)).rejects.toThrow(
      'the charset of the connection is latin1',
    );
  });
});
