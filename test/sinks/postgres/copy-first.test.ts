/**
 * Batches whose duplicates are ignored go by COPY as long as they have none, and are stored the same either way.
 */
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineSchema, t } from '../../../dist/src/index.js';
import { CopyFirst } from '../../../dist/src/sinks/postgres/copy-first.js';
import { postgres } from '../../../dist/src/sinks/postgres/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';

const table = (strategy: string, copies = true) => ({ copies, plan: { conflict: { strategy } } }) as never;

describe('a COPY before the INSERT', () => {
  const choices = (copyFirst: CopyFirst, batches: number) =>
    Array.from({ length: batches }, () => copyFirst.isWorthIt(table('ignore')));

  it('is for ignored duplicates alone, where COPY takes the columns', () => {
    expect(new CopyFirst().isWorthIt(table('ignore'))).toBe(true);
    expect(new CopyFirst().isWorthIt(table('update'))).toBe(false);
    expect(new CopyFirst().isWorthIt(table('ignore', false))).toBe(false);
  });

  it('comes ever more seldom while it is refused', () => {
    const copyFirst = new CopyFirst();
    for (const pause of [1, 2, 4]) {
      copyFirst.refused();
      expect(choices(copyFirst, pause + 1)).toEqual([...Array(pause).fill(false), true]);
    }
    copyFirst.passed();
    copyFirst.passed();
    copyFirst.refused();
    expect(choices(copyFirst, 3)).toEqual([false, false, true]);
  });
});

const Orders = defineSchema('orders', { id: t.int32(), note: t.string() });

describe.skipIf(noPostgres)(`ignored duplicates in PostgreSQL ${noPostgres ?? ''}`, () => {
  let client: pg.Client;
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
    client = await server.connect();
  });

  it('are left out behind a COPY that they refuse, and counted', async () => {
    await client.query('CREATE TABLE orders (id int PRIMARY KEY, note text NOT NULL)');
    const sink = await directSink(
      postgres({ url: server.url, conflict: 'ignore', conflictColumns: ['id'] }),
      Orders,
    );
    const rows = (from: number, to: number, note: string) =>
      Array.from({ length: to - from }, (_, i) => ({ id: from + i, note }));
    expect(await sink.write(rows(0, 600, 'first'))).toBeUndefined();
    expect(await sink.write(rows(300, 900, 'second'))).toEqual({ failed: [], skipped: 300 });
    expect(await sink.write(rows(900, 1000, 'third'))).toBeUndefined();
    expect(await sink.write(rows(1000, 1100, 'fourth'))).toBeUndefined();
    expect(await server.sql('SELECT note, count(*)::int FROM orders GROUP BY note ORDER BY min(id)')).toEqual(
      [
        ['first', 600],
        ['second', 300],
        ['third', 100],
        ['fourth', 100],
      ],
    );
  });
});
