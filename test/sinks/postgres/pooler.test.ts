/**
 * PostgreSQL behind pgbouncer in transaction mode: each transaction may meet another connection of the server.
 */

import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { batchOf, createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { noPgbouncer, Pgbouncer } from '../../fixtures/pgbouncer.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string() });
const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, text: `event ${from + i}` }));
const none = noPostgres ?? noPgbouncer;
/** Fewer connections of the server than the sinks have of the pooler. */
const poolSize = 2;

describe.skipIf(none)(`PostgreSQL behind a pooler ${none ?? ''}`, () => {
  let server: PostgresServer;
  let pooler: Pgbouncer;
  let client: pg.Client;
  beforeAll(async () => {
    server = await PostgresServer.start();
    pooler = await Pgbouncer.before(server, poolSize);
  });
  beforeEach(async () => {
    client = await server.connect();
    await client.query('DROP TABLE IF EXISTS events');
  });

  const open = (options: PostgresOptions = {}) =>
    directSink(postgres({ url: pooler.url, requireServer: true, ...options }), Events);
  const ids = async () => (await server.sql('SELECT id FROM events ORDER BY id')).flat();
  const backends = async () =>
    Number((await server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'tester'"))[0]?.[0]);

  describe.each([{ prepare: false }, { prepare: true }])('%j', ({ prepare }) => {
    it.each([
      ['error', {}],
      ['error, each once', { identityColumn: 'event_id' }],
      ['ignore, each once', { identityColumn: 'event_id', conflict: 'ignore' }],
      ['update', { conflict: 'update', conflictColumns: ['id'] }],
    ] as [string, PostgresOptions][])('takes the rows of several flushers: %s', async (_, options) => {
      const flow = await createBatchFlow({
        schema: Events,
        sink: postgres({ url: pooler.url, prepare, requireServer: true, ...options }),
        ...{ flushers: 3, flushSize: 100, flushIntervalMs: 5, maxConcurrentFlushes: 2 },
      });
      const errors: unknown[] = [];
      flow.on('flushError', (error) => errors.push(error));
      for (const event of events(0, 20_000)) while (!flow.push(event)) await flow.writable();
      await flow.close();
      expect(errors).toEqual([]);
      expect(flow.stats().committed).toBe(20_000);
      expect(await ids()).toEqual(events(0, 20_000).map(({ id }) => id));
    });
  });

  it('goes on without names where the pooler does not know of them, and says so', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      const sink = await open({ prepare: true, conflict: 'update', conflictColumns: ['id'] });
      await sink.write(events(0, 10));
      // The next transaction meets a connection of the server that lacks the statement.
      const [{ pid }] = (await client.query('SELECT pg_backend_pid() AS pid')).rows;
      const ofPooler = `FROM pg_stat_activity WHERE usename = 'tester' AND pid NOT IN (pg_backend_pid(), ${pid})`;
      await server.sql(`SELECT pg_terminate_backend(pid) ${ofPooler}`);
      await until(async () => (await server.sql(`SELECT pid ${ofPooler}`)).length === 0, 'them to end');
      for (let n = 1; n < 4; n++) await sink.write(events(n * 10, 10));
      const texts = warned.mock.calls.map(([text]) => String(text));
      expect(texts).toEqual([expect.stringMatching(/cannot be kept by name, as a pooler .* prepare: false/)]);
      expect((await ids()).length).toBe(40);
    } finally {
      warned.mockRestore();
    }
  });

  it('stores what is delivered again once, and names bad rows', async () => {
    const sink = await open({ identityColumn: 'event_id' });
    await client.query('ALTER TABLE events ADD CHECK (id <> 7)');
    const batch = batchOf(Events, events(0, 10));
    expect(await sink.deliver(batch)).toMatchObject({ failed: [{ index: 7, error: { code: '23514' } }] });
    expect(await sink.deliver(batch)).toMatchObject({ failed: [{ index: 7 }], skipped: 9 });
    const upsert = await open({ conflict: 'ignore', identityColumn: 'event_id' });
    expect(await upsert.deliver(batch)).toMatchObject({ failed: [{ index: 7 }], skipped: 9 });
    expect(await ids()).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9]);
  });

  it('sets limits of time for its own transactions alone', async () => {
    const sink = await open({ statementTimeoutMs: 50 });
    const locking = await open({ lockTimeoutMs: 50 });
    await client.query('BEGIN; LOCK TABLE events');
    for (const [each, code] of [
      [sink, '57014'],
      [locking, '55P03'],
    ] as const) {
      const error = await errorOf(each.write(events(0, 1)));
      expect(error).toMatchObject({ code });
      expect(each.classify(error)).toBe('retry');
    }
    await client.query('COMMIT');
    for (const each of [sink, locking]) await each.write(events(0, 1));
    // On each connection of the server that the sinks have used.
    const limits = await Promise.all(
      Array.from({ length: poolSize }, async () => {
        const other = await pooler.connect();
        await other.query('BEGIN');
        const { rows } = await other.query(
          "SELECT current_setting('statement_timeout') || current_setting('lock_timeout') AS both, pg_sleep(0.2)",
        );
        await other.query('COMMIT');
        return rows[0].both;
      }),
    );
    expect(limits).toEqual(Array.from({ length: poolSize }, () => '00'));
    expect(await backends()).toBeGreaterThan(1);
  });

  it('ends an aborted statement on the server, through the pooler', async () => {
    const sink = await open();
    await client.query('BEGIN; LOCK TABLE events');
    const aborter = new AbortController();
    const writing = errorOf(sink.write(events(0, 1), aborter.signal));
    const waiting = async () =>
      (await server.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length;
    await until(async () => (await waiting()) === 1, 'the write to wait');
    aborter.abort(new Error('too long'));
    expect(await writing).toMatchObject({ message: 'too long' });
    await until(async () => (await waiting()) === 0, 'the statement to end');
    await client.query('COMMIT');
    await sink.write(events(1, 1));
    expect(await ids()).toEqual([1]);
  });

  it.each([
    ['error', {}],
    ['ignore, with statements by name', { conflict: 'ignore', prepare: true }],
  ] as [string, PostgresOptions][])('may restart in the middle of a flow: %s', async (_, options) => {
    const flow = await createBatchFlow({
      schema: Events,
      sink: postgres({ url: pooler.url, identityColumn: 'event_id', ...options }),
      ...{ flushSize: 100, flushIntervalMs: 5, flushers: 2 },
      retry: { maxAttempts: 1000, backoffMs: 10, maxBackoffMs: 50 },
    });
    const errors: unknown[] = [];
    flow.on('flushError', (error) => errors.push(error));
    let next = 0;
    const push = async (count: number) => {
      for (const event of events(next, count)) while (!flow.push(event)) await flow.writable();
      next += count;
    };
    for (let round = 0; round < 3; round++) {
      await push(3000);
      await pooler.stop();
      const { retries } = flow.stats();
      // The ring may be full until the pooler is there again.
      const pushing = push(2000);
      await until(() => flow.stats().retries > retries + 2, 'attempts in vain');
      await pooler.run();
      const { committed } = flow.stats();
      await pushing;
      await until(() => flow.stats().committed > committed, 'rows to pass again');
    }
    await flow.close();
    expect(errors).toEqual([]);
    expect(flow.stats()).toMatchObject({ accepted: next, committed: next, deadLettered: 0 });
    expect(await ids()).toEqual(events(0, next).map(({ id }) => id));
  });
});
