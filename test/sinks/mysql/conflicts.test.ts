/**
 * Keys that are taken: every strategy against the same rows sent one by one to a model, and the tables it needs.
 */
import fc from 'fast-check';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineSchema, type EventOf, t } from '../../../dist/src/index.js';
import { type MysqlOptions, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';

const Users = defineSchema('users', {
  id: t.int32(),
  tenant: t.label().optional(),
  name: t.string().optional(),
  visits: t.int32().optional(),
});
type User = Required<EventOf<typeof Users>>;

const user = (over: Partial<User>): User => ({ id: 1, tenant: 'a', name: null, visits: null, ...over });

describe.skipIf(noMariadb)(`conflicts in MariaDB ${noMariadb ?? ''}`, () => {
  let server: MariadbServer;
  let client: Connection;
  beforeAll(async () => {
    server = await MariadbServer.start();
    client = await server.connect();
  });

  const fresh = async (options: MysqlOptions) => {
    await client.query('DROP TABLE IF EXISTS users');
    return directSink(mysql({ url: server.url, ...options }), Users);
  };
  const stored = async () => {
    const [rows] = await client.query<RowDataPacket[]>(
      'SELECT id, tenant, name, visits FROM users ORDER BY id, tenant, name, visits',
    );
    return rows.map((row) => ({ ...row })) as User[];
  };

  /** What each strategy leaves of rows that are sent one by one. */
  const strategies: [string, MysqlOptions, (there: User, next: User) => User][] = [
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

  describe.each(['bulk', 'execute', 'query'] as const)('by %s', (way) => {
    it.each(strategies)('%s leaves what rows one by one would have left', async (_, options, onConflict) => {
      const row = fc.record({
        id: fc.integer({ min: 0, max: 3 }),
        tenant: fc.constantFrom('a', 'A', null),
        name: fc.option(fc.constantFrom('x', 'y', 'z')),
        visits: fc.option(fc.integer({ min: 0, max: 9 })),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(row, { minLength: 1, maxLength: 8 }), { maxLength: 4 }),
          async (batches) => {
            const sink = await fresh({ ...options, way, conflictColumns: ['id', 'tenant'] });
            const model: User[] = [];
            for (const batch of batches) {
              const before = model.length;
              const result = await sink.write(batch);
              expect(result?.failed ?? []).toEqual([]);
              for (const next of batch) {
                // A missing value is like no other.
                const at = model.findIndex(
                  ({ id, tenant }) => id === next.id && tenant !== null && tenant === next.tenant,
                );
                if (at < 0) model.push(next);
                else model[at] = onConflict(model[at] as User, next);
              }
              const skipped = options.conflict === 'ignore' ? batch.length - (model.length - before) : 0;
              expect(result?.skipped ?? 0).toBe(skipped);
            }
            const order = (rows: User[]) => rows.map((each) => JSON.stringify(each)).sort();
            expect(order(await stored())).toEqual(order(model));
            await sink.close();
          },
        ),
        { numRuns: 15 },
      );
    });
  });

  it('error gives up the rows whose key is taken, and stores the others', async () => {
    const sink = await fresh({ conflictColumns: ['id'] });
    await sink.write([user({ id: 1 }), user({ id: 2 })]);
    const result = await sink.write([3, 2, 4, 3, 1].map((id) => user({ id })));
    expect(result?.failed.map(({ index }) => index).sort()).toEqual([1, 3, 4]);
    expect((await stored()).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    const error = result?.failed[0]?.error as Error;
    expect(error).toMatchObject({ name: 'MysqlWriteError', errno: 1062 });
    expect(sink.classify(error)).toBe('fatal');
  });

  it('ignore leaves out rows that conflict on any key, and no rows that break another rule', async () => {
    await client.query('DROP TABLE IF EXISTS users');
    await client.query(
      'CREATE TABLE users (id int PRIMARY KEY, tenant varchar(9) UNIQUE, name text, visits int CHECK (visits > 0))',
    );
    const sink = await directSink(mysql({ url: server.url, conflict: 'ignore' }), Users);
    const result = await sink.write([
      user({ id: 1, tenant: 'a' }),
      user({ id: 1, tenant: 'b' }),
      user({ id: 2, tenant: 'a' }),
      user({ id: 3, tenant: 'c', visits: 0 }),
    ]);
    expect(result?.failed.map(({ index }) => index)).toEqual([3]);
    expect(await stored()).toEqual([user({ id: 1, tenant: 'a' })]);
  });

  it('rows that a missing key cannot tell from each other are refused with the table', async () => {
    const refusal = async (definition: string, options: MysqlOptions) => {
      await client.query(`DROP TABLE IF EXISTS users; CREATE TABLE users (${definition})`);
      return directSink(mysql({ url: server.url, ...options }), Users).then(
        () => 'it was opened',
        (error: Error) => error.message,
      );
    };
    const columns = 'id int NOT NULL, tenant varchar(9), name text, visits int';
    const update: MysqlOptions = { conflict: 'update', conflictColumns: ['id'] };
    for (const key of ['', ', KEY (id)', ', UNIQUE (id, tenant)', ', UNIQUE (tenant)']) {
      const message = await refusal(columns + key, update);
      expect(message).toContain('it needs a unique index on exactly the columns (`id`)');
      expect(message).toContain('this would help: ALTER TABLE `users` ADD UNIQUE (`id`)');
    }
    // A part of a column is no column.
    expect(
      await refusal(`${columns}, UNIQUE (tenant(2))`, { conflict: 'update', conflictColumns: ['tenant'] }),
    ).toContain('needs a unique index');
    // A row could overwrite that of another id.
    const other = await refusal(`${columns}, UNIQUE (id), UNIQUE (tenant)`, update);
    expect(other).toContain('its unique index `tenant` is not on (`id`)');
    // A number that the table counts itself cannot be taken.
    expect(await refusal(`${columns}, UNIQUE (id), own bigint AUTO_INCREMENT PRIMARY KEY`, update)).toBe(
      'it was opened',
    );
    expect(await refusal(`${columns}, UNIQUE (id), UNIQUE (id, tenant)`, update)).toBe('it was opened');
    expect(await refusal(`${columns}, UNIQUE (id), UNIQUE (tenant)`, { conflict: 'ignore' })).toBe(
      'it was opened',
    );
  });

  it.each([
    ['a part of a column', 'name varchar(9), UNIQUE other (name(3))', 'other'],
    [
      'a column with a default beside',
      'name varchar(9), gone int NOT NULL DEFAULT 0, UNIQUE other (name, gone)',
      'other',
    ],
    ['a column written in other letters', 'Name varchar(9), UNIQUE other (Name)', 'other'],
    ['a generated column', 'name varchar(9), low varchar(9) AS (lower(name)), UNIQUE other (low)', 'other'],
    ['a column that is NULL beside', 'name varchar(9), gone int, UNIQUE other (name, gone)', undefined],
    ['a UUID', 'name varchar(9), own uuid DEFAULT uuid(), UNIQUE other (name, own)', undefined],
    ['the key and a part of a column', 'name varchar(9), UNIQUE other (id, name(3))', undefined],
  ])('a further unique index on %s: a row could overwrite another one', async (_, definition, refused) => {
    await client.query(
      `DROP TABLE IF EXISTS users; CREATE TABLE users (id int PRIMARY KEY, tenant text, visits int, ${definition})`,
    );
    const opened = await directSink(
      mysql({ url: server.url, conflict: 'update', conflictColumns: ['id'] }),
      Users,
    ).catch((error: Error) => error.message);
    if (refused !== undefined) expect(opened).toContain(`its unique index \`${refused}\` is not on (\`id\`)`);
    else {
      const sink = opened as Exclude<typeof opened, string>;
      await sink.write([user({ id: 1, name: 'same' })]);
      await sink.write([user({ id: 2, name: 'same' })]);
      expect((await stored()).map(({ id }) => id)).toEqual([1, 2]);
    }
  });

  it('are settings of each table', async () => {
    await client.query('DROP TABLE IF EXISTS one, users');
    const tables = { users: { table: 'one', conflict: 'replace', conflictColumns: ['id'] } } as const;
    const sink = await directSink(mysql({ url: server.url, conflict: 'ignore', tables }), Users);
    await sink.write([user({ id: 1, name: 'x' })]);
    await sink.write([user({ id: 1, name: 'y' })]);
    expect(await server.sql('SELECT name FROM one')).toEqual([['y']]);
  });

  it('a row without a value updates nothing where the table counts or keeps defaults itself', async () => {
    await client.query(`DROP TABLE IF EXISTS users; CREATE TABLE users (
      id int PRIMARY KEY, tenant varchar(9), name text, visits int, made int NOT NULL DEFAULT 7,
      n int AUTO_INCREMENT UNIQUE)`);
    const options = { conflict: 'update', conflictColumns: ['id'], absent: 'keep' } as const;
    const sink = await directSink(mysql({ url: server.url, ...options }), Users);
    await sink.write([user({ name: 'x', visits: 1 })]);
    await sink.write([user({ name: 'y' })]);
    expect(await server.sql('SELECT name, visits, made, n FROM users')).toEqual([['y', 1, 7, 1]]);
  });
});
