/**
 * A server that restarts, ends sessions, becomes read-only, is out of reach or slow: what is written again is stored.
 */

import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../../dist/bench/harness/free-port.js';
import { defineSchema, t } from '../../../dist/src/index.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string() });
const event = (id: number) => ({ id, text: `event ${id}` });
const events = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));

describe.skipIf(noPostgres)(`faults of PostgreSQL ${noPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let client: pg.Client;
  beforeAll(async () => {
    server = await PostgresServer.start(['deadlock_timeout = 50ms']);
  });
  beforeEach(async () => {
    client = await server.connect();
    await client.query('DROP TABLE IF EXISTS events');
  });

  const open = (options: PostgresOptions = {}) =>
    directSink(postgres({ url: server.url, ...options }), Events);
  const ids = async () => (await server.sql('SELECT id FROM events ORDER BY id')).flat();
  const through = (proxy: CutProxy) => server.url.replace(`:${server.port}`, `:${proxy.port}`);

  it('a restart: the next write has a new connection', async () => {
    const sink = await open();
    await sink.write(events(0, 2));
    await server.stop();
    const error = await errorOf(sink.write(events(2, 2)));
    expect(sink.classify(error)).toBe('retry');
    await server.run();
    await sink.write(events(2, 2));
    expect(await ids()).toEqual([0, 1, 2, 3]);
  });

  it('a crash in the middle of a flow: none lost, none double by a key', async () => {
    const sink = postgres({ url: server.url, conflict: 'ignore', conflictColumns: ['id'] });
    const flow = await NumberedFlow.into(sink, Events, event);
    await flow.throughRestarts(server, ['SIGQUIT', 'SIGINT'] as const);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await ids()).toEqual(events(0, flow.next).map(({ id }) => id));
  });

  it('a session that an operator ends', async () => {
    const sink = await open();
    await sink.write(events(0, 1));
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'batchflow'",
    );
    await until(async () => (await server.sessions()) === 0, 'the session to end');
    // Whether the loss has been noticed already or not.
    const error = await errorOf(sink.write(events(1, 1)));
    if (error !== undefined) {
      expect(sink.classify(error)).toBe('retry');
      await sink.write(events(1, 1));
    }
    expect(await ids()).toEqual([0, 1]);
  });

  it('a session that is ended during a statement', async () => {
    const sink = await open();
    await client.query('BEGIN; LOCK TABLE events');
    const writing = errorOf(sink.write(events(0, 1)));
    await until(async () => (await waiting()).length === 1, 'the write to wait');
    await server.sql('SELECT pg_terminate_backend($1)', [(await waiting())[0]]);
    const error = await writing;
    expect(error).toMatchObject({ code: '57P01' });
    expect(sink.classify(error)).toBe('retry');
    await client.query('COMMIT');
    await sink.write(events(0, 1));
    expect(await ids()).toEqual([0]);
  });

  /** Sessions of sinks that wait for a lock. */
  async function waiting(): Promise<number[]> {
    const rows = await server.sql(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'batchflow' AND wait_event_type = 'Lock'",
    );
    return rows.flat() as number[];
  }

  it('connections that are cut at any byte', async () => {
    const proxy = await CutProxy.to(server.port);
    const sink = await directSink(
      postgres({ url: through(proxy), conflict: 'ignore', conflictColumns: ['id'] }),
      Events,
    );
    let attempts = 0;
    for (let round = 0; round < 60; round++) {
      proxy.cutAfterBytes = 1 + Math.floor(Math.random() * 6000);
      for (;;) {
        attempts++;
        const error = await errorOf(sink.write(events(round * 100, 100)));
        if (error === undefined) break;
        expect(sink.classify(error), String(error)).toBe('retry');
      }
    }
    proxy.cutAfterBytes = Number.POSITIVE_INFINITY;
    expect(attempts).toBeGreaterThan(60);
    expect(await ids()).toEqual(events(0, 6000).map(({ id }) => id));
  });

  it('a server that has become read-only: the connection is dropped', async () => {
    const sink = await open();
    await sink.write(events(0, 1));
    await client.query('ALTER SYSTEM SET default_transaction_read_only = on');
    await client.query('SELECT pg_reload_conf()');
    const before = await pids();
    await until(async () => {
      const error = await errorOf(sink.write(events(1, 1)));
      if (error === undefined) return false;
      expect(error).toMatchObject({ code: '25006' });
      expect(sink.classify(error)).toBe('retry');
      return true;
    }, 'the server to be read-only');
    await until(async () => (await pids()).every((pid) => !before.includes(pid)), 'the connection to end');
    await client.query('SET default_transaction_read_only = off');
    await client.query('ALTER SYSTEM RESET default_transaction_read_only');
    await client.query('SELECT pg_reload_conf()');
    await until(
      async () => (await errorOf(sink.write(events(5, 1)))) === undefined,
      'the server to take rows',
    );
    expect(await ids()).toContain(5);
  });

  async function pids(): Promise<number[]> {
    const rows = await server.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'batchflow'");
    return rows.flat() as number[];
  }

  it('a deadlock is tried again', async () => {
    const sink = await open({ conflict: 'update', conflictColumns: ['id'] });
    await sink.write(events(1, 2));
    await client.query('BEGIN');
    await client.query('SET LOCAL deadlock_timeout = 60000');
    await client.query('UPDATE events SET text = text WHERE id = 2');
    const writing = errorOf(sink.write(events(1, 2)));
    await until(async () => (await waiting()).length === 1, 'the write to wait');
    const own = client.query('UPDATE events SET text = text WHERE id = 1');
    const error = await writing;
    expect(error).toMatchObject({ code: '40P01' });
    expect(sink.classify(error)).toBe('retry');
    await own;
    await client.query('COMMIT');
    await sink.write(events(1, 2));
  });

  it('a lock that is waited for too long, and a statement that takes too long', async () => {
    const sink = await open({ lockTimeoutMs: 30 });
    const slow = await open({ statementTimeoutMs: 30 });
    await client.query('BEGIN; LOCK TABLE events');
    for (const [each, code] of [
      [sink, '55P03'],
      [slow, '57014'],
    ] as const) {
      const error = await errorOf(each.write(events(0, 1)));
      expect(error).toMatchObject({ code });
      expect(each.classify(error)).toBe('retry');
    }
    await client.query('COMMIT');
    for (const each of [sink, slow]) await each.write(events(0, 1));
    expect(await ids()).toEqual([0, 0]);
  });

  it('an abort ends the statement on the server before the next attempt', async () => {
    const sink = await open();
    await client.query('BEGIN; LOCK TABLE events');
    const aborter = new AbortController();
    const reason = new Error('too long');
    const writing = errorOf(sink.write(events(0, 1), aborter.signal));
    await until(async () => (await waiting()).length === 1, 'the write to wait');
    aborter.abort(reason);
    expect(await writing).toBe(reason);
    const again = sink.write(events(0, 1));
    await until(async () => (await waiting()).length === 1, 'the second write to wait');
    await client.query('COMMIT');
    await again;
    // The first attempt did not go on behind the lock.
    expect(await ids()).toEqual([0]);
  });

  it('a server that does not answer: an abort ends the wait', async () => {
    const proxy = await CutProxy.to(server.port);
    const sink = await directSink(postgres({ url: through(proxy) }), Events);
    proxy.stall();
    const writing = errorOf(sink.write(events(0, 1), AbortSignal.timeout(50)));
    expect(await writing).toMatchObject({ name: 'TimeoutError' });
    const connecting = errorOf(sink.write(events(1, 1), AbortSignal.timeout(50)));
    expect(await connecting).toMatchObject({ name: 'TimeoutError' });
    proxy.resume();
    await sink.write(events(2, 1));
    expect(await ids()).toContain(2);
  });

  it('a server that does not answer while its table is looked at: an abort ends the wait', async () => {
    const proxy = await CutProxy.to(server.port);
    const sink = await directSink(postgres({ url: through(proxy) }), Events);
    await client.query('DROP TABLE events');
    expect(await errorOf(sink.write(events(0, 1)))).toMatchObject({ code: '42P01' });
    // The table is looked at anew by the next write.
    proxy.stall();
    expect(await errorOf(sink.write(events(1, 1), AbortSignal.timeout(50)))).toMatchObject({
      name: 'TimeoutError',
    });
    proxy.resume();
    await sink.write(events(2, 1));
    expect(await ids()).toEqual([2]);
  });

  it('a connection that is not made in time', async () => {
    const proxy = await CutProxy.to(server.port);
    proxy.stall();
    const options = { url: through(proxy), connectTimeoutMs: 50, requireServer: true };
    await expect(directSink(postgres(options), Events)).rejects.toThrow(/cannot connect .*timeout/);
  });

  it('a connection that stalls while the table is looked at: the flow starts', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => void warned.mockRestore());
    const proxy = await CutProxy.to(server.port);
    proxy.stallAfterBytes = 600;
    const sink = await directSink(postgres({ url: through(proxy), connectTimeoutMs: 100 }), Events);
    expect(warned.mock.calls[0]?.[0]).toMatch(/; the flow goes on, and tries again$/);
    proxy.resume();
    await sink.write(events(0, 1));
    expect(await ids()).toEqual([0]);
  });

  it('a server that is not there yet: the flow starts, and its rows wait', async () => {
    const port = await freePort();
    const url = server.url.replace(`:${server.port}`, `:${port}`);
    await expect(directSink(postgres({ url, requireServer: true }), Events)).rejects.toThrow(/ECONNREFUSED/);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const sink = await directSink(postgres({ url }), Events);
    expect(warned.mock.calls[0]?.[0]).toMatch(/cannot connect to PostgreSQL: .*ECONNREFUSED/);
    warned.mockRestore();
    const error = await errorOf(sink.write(events(0, 1)));
    expect(sink.classify(error)).toBe('retry');
  });

  it('a table that is dropped, or changed, while rows come', async () => {
    const sink = await open();
    await sink.write(events(0, 1));
    await client.query('DROP TABLE events');
    expect(sink.classify(await errorOf(sink.write(events(1, 1))))).toBe('retry');
    await sink.write(events(1, 1));
    await client.query('ALTER TABLE events ALTER COLUMN id TYPE bigint');
    const error = await errorOf(sink.write(events(2, 1)));
    expect(sink.classify(error), String(error)).toBe('retry');
    await sink.write(events(2, 1));
    await client.query('ALTER TABLE events DROP COLUMN text');
    expect(sink.classify(await errorOf(sink.write(events(3, 1))))).toBe('retry');
    const misfit = await errorOf(sink.write(events(3, 1)));
    expect(String(misfit)).toContain('ALTER TABLE "events" ADD COLUMN "text" text');
    expect(sink.classify(misfit)).toBe('retry');
    await client.query('ALTER TABLE events ADD COLUMN text text');
    await sink.write(events(3, 1));
    expect((await ids()).map(Number)).toEqual([1, 2, 3]);
  });

  it.each([
    ['whose column has another type of the same width', 'ALTER TABLE items ALTER number TYPE float8'],
    [
      'that another one has replaced',
      'DROP TABLE items; CREATE TABLE items (id int4, at float8, number float8)',
    ],
    ['that is partitioned', 'ALTER TABLE items ALTER number TYPE float8', 'PARTITION BY RANGE (id)'],
  ])('a table %s: no value is stored as another one', async (_, change, partitions = '') => {
    const Items = defineSchema('items', { id: t.int32(), at: t.timestamp(), number: t.uint32() });
    await server.sql(`DROP TABLE IF EXISTS items`);
    await server.sql(`CREATE TABLE items (id int4, at timestamptz, number int8) ${partitions}`);
    if (partitions !== '') await server.sql('CREATE TABLE all_items PARTITION OF items DEFAULT');
    const sink = await directSink(postgres({ url: server.url }), Items);
    const item = (id: number) => ({ id, at: 0, number: id });
    await sink.write([item(1)]);
    for (const statement of change.split('; ')) await server.sql(statement);
    const error = await sink.write([item(2)]).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'TableChangedError' });
    expect(sink.classify(error)).toBe('retry');
    const again = await sink.write([item(2)]).catch((thrown) => thrown);
    // A time does not fit float8.
    if (change.includes('at float8'))
      expect(again).toMatchObject({ message: expect.stringContaining('column "at"') });
    else expect(await server.sql('SELECT number FROM items ORDER BY id')).toEqual([[1], [2]]);
  });

  it('concurrent writes have a connection each, which are kept and closed', async () => {
    const sink = await open({ applicationName: 'concurrent' });
    for (let round = 0; round < 3; round++) {
      await Promise.all([0, 1, 2].map((i) => sink.write(events(i, 1))));
    }
    expect(await server.sessions('concurrent')).toBe(3);
    await sink.close();
    await until(async () => (await server.sessions('concurrent')) === 0, 'the sessions to end');
  });

  it('a large batch, whose bad row the server finds while it is being sent', async () => {
    const sink = await open();
    await client.query('ALTER TABLE events ADD CHECK (id <> 1)');
    const rows = Array.from({ length: 200 }, (_, id) => ({ id, text: 'x'.repeat(50_000) }));
    const result = await sink.write(rows);
    expect(result?.failed.map(({ index }) => index)).toEqual([1]);
    const [[count, bytes]] = (await server.sql(
      'SELECT count(*)::int, sum(length(text))::int FROM events',
    )) as [[number, number]];
    expect([count, bytes]).toEqual([199, 199 * 50_000]);
  });
});
