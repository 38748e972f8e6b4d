/**
 * Keys that are taken: every strategy against the same rows sent one by one to a model, and the tables it needs.
 */
import fc from 'fast-check';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineSchema, type EventOf, t } from '../../../dist/src/index.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';

const Users = defineSchema('users', {
  id: t.int32(),
  tenant: t.label().optional(),
  name: t.string().optional(),
  visits: t.int32().optional(),
});
type User = Required<EventOf<typeof Users>>;

const user = (over: Partial<User>): User => ({ id: 1, tenant: 'a', name: null, visits: null, ...over });

describe.skipIf(noPostgres)(`conflicts in PostgreSQL ${noPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let client: pg.Client;
  beforeAll(async () => {
    server = await PostgresServer.start();
    client = await server.connect();
  });

  const fresh = async (options: PostgresOptions) => {
    await client.query('DROP TABLE IF EXISTS users');
    return directSink(postgres({ url: server.url, ...options }), Users);
  };
  const stored = async () => {
    const { rows } = await client.query(
      'SELECT id, tenant, name, visits FROM users ORDER BY id, tenant, name, visits',
    );
    return rows as User[];
  };

  /** What each strategy leaves of rows that are sent one by one. */
  const strategies: [string, PostgresOptions, (there: User, next: User) => User][] = [
    ['ignore', { conflict: 'ignore' }, (there) => there],
    ['replace', { conflict: 'replace' }, (_, next) => next],
    ['update', { conflict: 'update' }, (_, next) => next],
    ['update of some', { conflict: { update: ['visits'] } }, (there, { visits }) => ({ ...there, visits })],
    [
      'update, and keep',
      { conflict: 'update', absent: 'keep' },
      (there, next) => ({ ...next, name: next.name ?? there.name, visits: next.visits ?? there.visits }),
    ],
    [
      'update of some, and keep',
      { conflict: { update: ['visits'] }, absent: 'keep' },
      (there, next) => ({ ...there, visits: next.visits ?? there.visits }),
    ],
  ];

  it.each(strategies)('%s leaves what rows one by one would have left', async (_, options, onConflict) => {
    const row = fc.record({
      id: fc.integer({ min: 0, max: 3 }),
      tenant: fc.constantFrom('a', 'b', null),
      name: fc.option(fc.constantFrom('x', 'y', 'z')),
      visits: fc.option(fc.integer({ min: 0, max: 9 })),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { minLength: 1, maxLength: 8 }), { maxLength: 4 }),
        async (batches) => {
          const sink = await fresh({ ...options, conflictColumns: ['id', 'tenant'] });
          const model: User[] = [];
          for (const batch of batches) {
            const before = model.length;
            const result = await sink.write(batch);
            for (const next of batch) {
              // A missing value is like no other.
              const at = model.findIndex(
                ({ id, tenant }) => id === next.id && tenant !== null && tenant === next.tenant,
              );
              if (at < 0) model.push(next);
              else model[at] = onConflict(model[at] as User, next);
            }
            // What was left out is counted.
            const skipped = options.conflict === 'ignore' ? batch.length - (model.length - before) : 0;
            expect(result).toEqual(skipped === 0 ? undefined : { failed: [], skipped });
          }
          const order = (rows: User[]) => rows.map((each) => JSON.stringify(each)).sort();
          expect(order(await stored())).toEqual(order(model));
          await sink.close();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('error gives up the rows whose key is taken, and stores the others', async () => {
    const sink = await fresh({ conflictColumns: ['id'] });
    await sink.write([user({ id: 1 }), user({ id: 2 })]);
    const result = await sink.write([3, 2, 4, 3, 1].map((id) => user({ id })));
    expect(result?.failed.map(({ index }) => index).sort()).toEqual([1, 3, 4]);
    expect((await stored()).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    const error = result?.failed[0]?.error as Error;
    expect(error).toMatchObject({ name: 'PostgresWriteError', code: '23505', constraint: 'users_id_key' });
    expect(sink.classify(error)).toBe('fatal');
    // Values of rows are the cause's alone.
    expect(error.message).not.toMatch(/=\(/);
  });

  it('ignore without a key leaves out rows that conflict on any', async () => {
    await client.query('DROP TABLE IF EXISTS users');
    await client.query('CREATE TABLE users (id int PRIMARY KEY, tenant text UNIQUE, name text, visits int)');
    const sink = await directSink(postgres({ url: server.url, conflict: 'ignore' }), Users);
    await sink.write([
      user({ id: 1, tenant: 'a' }),
      user({ id: 1, tenant: 'b' }),
      user({ id: 2, tenant: 'a' }),
    ]);
    expect(await stored()).toEqual([user({ id: 1, tenant: 'a' })]);
  });

  it('a partial index is made, met, and wanted of a table', async () => {
    const conflictWhere = 'visits > 0';
    const options = { conflict: 'update', conflictColumns: ['id'], conflictWhere } as const;
    const sink = await fresh(options);
    await sink.write([user({ visits: 1, name: 'x' }), user({ visits: 0, name: 'free' })]);
    await sink.write([user({ visits: 2, name: 'y' }), user({ visits: 0, name: 'free' })]);
    expect(await stored()).toEqual([
      user({ visits: 0, name: 'free' }),
      user({ visits: 0, name: 'free' }),
      user({ visits: 2, name: 'y' }),
    ]);
    // Twice in one statement: the engine halves the batch.
    const error = await sink.write([user({ visits: 3 }), user({ visits: 4 })]).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: '21000' });
    expect(sink.classify(error)).toBe('fatal');
    await client.query('DROP INDEX users_id_idx');
    await sink.close();
    await expect(directSink(postgres({ url: server.url, ...options }), Users)).rejects.toThrow(
      'CREATE UNIQUE INDEX ON "users" ("id") WHERE visits > 0',
    );
  });

  it('are settings of each table', async () => {
    await client.query('DROP TABLE IF EXISTS one, users');
    const tables = { users: { table: 'one', conflict: 'replace', conflictColumns: ['id'] } } as const;
    const sink = await directSink(postgres({ url: server.url, conflict: 'ignore', tables }), Users);
    await sink.write([user({ id: 1, name: 'x' })]);
    await sink.write([user({ id: 1, name: 'y' })]);
    expect(await server.sql('SELECT name FROM one')).toEqual([['y']]);
  });

  it('prepared statements do the same', async () => {
    const sink = await fresh({ conflict: 'update', conflictColumns: ['id'], prepare: true });
    for (const name of ['x', 'y', 'z']) await sink.write([user({ name }), user({ id: 2, name })]);
    expect((await stored()).map(({ name }) => name)).toEqual(['z', 'z']);
  });
});
