/**
 * Partitioned tables: rows without a partition, and `identityColumn` beside the partition key.
 */
import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Batch,
  Batch as BatchOf,
  batchOf,
  createBatchFlow,
  defineSchema,
  t,
} from '../../../dist/src/index.js';
import { selectRows } from '../../../dist/src/schema/read/batch-select.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';

const Events = defineSchema('events', {
  id: t.int32(),
  at: t.timestamp(),
  text: t.string().optional(),
});
/** A day of January, by the row's number. */
const row = (id: number) => ({ id, at: Date.UTC(2025, 0, 1 + (id % 20)), text: `row ${id}` });
const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => row(from + i));
const columns = 'id int, at timestamptz, text text, event_id bytea';

function some(batch: Batch<typeof Events>, chosen: readonly number[]): Batch<typeof Events> {
  return new BatchOf(Events, selectRows(batch.data, chosen));
}

describe.skipIf(noPostgres)(`partitioned tables of PostgreSQL ${noPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let client: pg.Client;
  beforeAll(async () => {
    server = await PostgresServer.start();
    client = await server.connect();
  });
  beforeEach(async () => {
    await client.query('DROP TABLE IF EXISTS events');
  });

  const open = (options: PostgresOptions = {}) =>
    directSink(postgres({ url: server.url, identityColumn: 'event_id', ...options }), Events);
  const ids = async () => (await server.sql('SELECT id FROM events ORDER BY id')).flat();
  const halves = async (definition: string) => {
    await client.query(`CREATE TABLE events (${definition}) PARTITION BY RANGE (at)`);
    for (const [name, from, to] of [
      ['early', '2025-01-01', '2025-01-10'],
      ['late', '2025-01-10', '2025-02-01'],
    ]) {
      await client.query(
        `CREATE TABLE ${name}_events PARTITION OF events FOR VALUES FROM ('${from} 00:00Z') TO ('${to} 00:00Z')`,
      );
    }
  };

  describe.each([
    ['error', {}],
    ['ignore', { conflict: 'ignore' }],
    ['ignore, with a key', { conflict: 'ignore', conflictColumns: ['at', 'id'] }],
  ] as [string, PostgresOptions][])('conflict: %s', (_, options) => {
    beforeEach(() => halves(`${columns}, UNIQUE (event_id, at), UNIQUE (at, id)`));

    it('store each row once, by its identity', async () => {
      const sink = await open(options);
      const batch = batchOf(Events, rows(0, 40));
      expect(await sink.deliver(some(batch, [1, 2, 15, 39]))).toBeUndefined();
      expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 4 });
      expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 40 });
      expect(await ids()).toEqual(rows(0, 40).map(({ id }) => id));
      for (const part of ['early_events', 'late_events']) {
        expect(Number((await server.sql(`SELECT count(*) FROM ${part}`))[0]?.[0])).toBeGreaterThan(0);
      }
    });

    it('give up a row that has no partition, alone', async () => {
      const flow = await createBatchFlow({
        schema: Events,
        sink: postgres({ url: server.url, identityColumn: 'event_id', ...options }),
        ...{ flushSize: 20, flushIntervalMs: 5 },
      });
      const errors: unknown[] = [];
      flow.on('flushError', (error) => errors.push(error));
      const lost = { ...row(0), id: 1000, at: 0 };
      flow.pushMany([...rows(0, 12), lost, ...rows(12, 8)]);
      await flow.close();
      expect(errors).toMatchObject([
        {
          rows: 1,
          reason: 'fatal',
          cause: { code: '23514', message: expect.stringContaining('no partition') },
        },
      ]);
      expect(flow.stats()).toMatchObject({ committed: 20 });
      expect(await ids()).toEqual(rows(0, 20).map(({ id }) => id));
    });
  });

  it('take another index that has columns of the schema alone', async () => {
    await halves(`${columns}, UNIQUE (id, event_id, at)`);
    const batch = batchOf(Events, rows(0, 5));
    const sink = await open();
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 5 });
  });

  it('are helped by the statement that is printed for a missing index', async () => {
    await halves(columns);
    const index = 'CREATE UNIQUE INDEX ON "events" ("event_id", "at")';
    await expect(open()).rejects.toThrow(
      `it needs a unique index on the identity column "event_id" and the partition key; this would help: ${index}`,
    );
    // None of these keeps a row once: the column may be NULL, or is another at each delivery.
    await client.query('CREATE UNIQUE INDEX ON events (event_id, at, text)');
    await client.query('ALTER TABLE events ADD COLUMN made timestamptz NOT NULL DEFAULT clock_timestamp()');
    await client.query('CREATE UNIQUE INDEX ON events (event_id, at, made)');
    await client.query('CREATE UNIQUE INDEX ON ONLY events (event_id, at)');
    await expect(open()).rejects.toThrow(index);
    await client.query(index);
    const batch = batchOf(Events, rows(0, 5));
    const sink = await open();
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 5 });
  });

  it('are helped by the statements that are printed for a missing column', async () => {
    await halves('id int, at timestamptz, text text');
    const error = (await open().catch((thrown: unknown) => thrown)) as Error;
    const help = error.message.split('this would help: ')[1] as string;
    expect(help).toBe(
      'ALTER TABLE "events" ADD COLUMN "event_id" bytea; CREATE UNIQUE INDEX ON "events" ("event_id", "at")',
    );
    await client.query(help);
    const batch = batchOf(Events, rows(0, 5));
    const sink = await open();
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 5 });
  });

  it('that are partitioned again need both keys', async () => {
    await client.query(`CREATE TABLE events (${columns}) PARTITION BY RANGE (at)`);
    await client.query(
      "CREATE TABLE y25 PARTITION OF events FOR VALUES FROM ('2025-01-01Z') TO ('2026-01-01Z') PARTITION BY HASH (id)",
    );
    for (const n of [0, 1]) {
      await client.query(
        `CREATE TABLE y25_${n} PARTITION OF y25 FOR VALUES WITH (MODULUS 2, REMAINDER ${n})`,
      );
    }
    const error = (await open().catch((thrown: unknown) => thrown)) as Error;
    const help = error.message.split('this would help: ')[1] as string;
    expect(help).toBe('CREATE UNIQUE INDEX ON "events" ("event_id", "at", "id")');
    await client.query(help);
    const batch = batchOf(Events, rows(0, 50));
    const sink = await open();
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 50 });
  });

  it.each([
    ['text', 'the column "text", which schema "events" has as optional'],
    ['made', 'the column "made", which schema "events" lacks'],
    ['(id % 5)', 'an expression'],
  ])('are refused with a partition key that may be another at the next delivery: %s', async (key, part) => {
    await client.query(
      `CREATE TABLE events (${columns}, made date NOT NULL DEFAULT now()) PARTITION BY LIST (${key})`,
    );
    await expect(open()).rejects.toThrow(
      `its unique indexes need the partition key beside the identity, and that has ${part}`,
    );
  });
});
