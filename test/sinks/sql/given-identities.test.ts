/**
 * Identities that a program gives, in each database: the answer names the rows that were there, and a row that is
 * repeated within a batch ends as the first of its kind.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { batchOf, defineSchema, identityOf, type SinkRef, t } from '../../../dist/src/index.js';
import { mysql } from '../../../dist/src/sinks/mysql/index.js';
import { postgres } from '../../../dist/src/sinks/postgres/index.js';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { temporaryFolder } from '../../bench/temporary-folder.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { sql } from '../../fixtures/letters.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });

/** A batch of rows `ids`; equal ones have one identity. */
const batch = (ids: readonly number[]) =>
  batchOf(
    Events,
    ids.map((id) => ({ id })),
    Buffer.concat(ids.map((id) => identityOf('row', id))),
  );

interface Place {
  readonly ref: (options?: { conflict?: 'ignore' }) => SinkRef;
  run(statement: string): Promise<unknown[][]>;
}

const identityColumn = 'event_id';
const places: [string, string | undefined, () => Promise<Place>][] = [
  [
    'SQLite',
    undefined,
    async () => {
      const file = fileURLToPath(new URL('events.db', temporaryFolder()));
      return {
        ref: (options) => sqlite({ file, identityColumn, ...options }),
        run: async (text) => sql(file, text),
      };
    },
  ],
  [
    'PostgreSQL',
    noPostgres,
    async () => {
      const server = await PostgresServer.start();
      return {
        ref: (options) => postgres({ url: server.url, identityColumn, ...options }),
        run: (text) => server.sql(text),
      };
    },
  ],
  [
    'MariaDB',
    noMariadb,
    async () => {
      const server = await MariadbServer.start();
      return {
        ref: (options) => mysql({ url: server.url, identityColumn, ...options }),
        run: (text) => server.sql(text),
      };
    },
  ],
];

describe.each(places)('%s', (_, missing, start) => {
  it.skipIf(missing)(`names the rows that were there ${missing ?? ''}`, async () => {
    const { ref, run } = await start();
    const sink = await directSink(ref(), Events);
    await sink.deliver(batch([2, 5]));
    expect(await sink.answer(batch([1, 2, 3, 4, 5]))).toEqual({ failed: [], skipped: [1, 4] });
    expect(await sink.answer(batch([1, 2]))).toEqual({ failed: [], skipped: [0, 1] });
    expect(await sink.answer(batch([6]))).toBeUndefined();
    // A row that is repeated at once is there by the time that it comes.
    expect(await sink.answer(batch([7, 8, 7, 7, 1]))).toEqual({ failed: [], skipped: [2, 3, 4] });
    const stored = (await run('SELECT id FROM events ORDER BY id')).flat();
    expect(stored).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const ignoring = await directSink(ref({ conflict: 'ignore' }), Events);
    expect(await ignoring.deliver(batch([8, 9, 9]))).toMatchObject({ failed: [], skipped: 2 });

    // As bad as the first of its kind: what is not stored is never said to be there.
    await run('DELETE FROM events');
    await run('DROP TABLE events');
    await run(
      `CREATE TABLE events (id INTEGER CHECK (id <> 2), text ${_ === 'PostgreSQL' ? 'text' : 'VARCHAR(9)'}, ` +
        `event_id ${{ SQLite: 'BLOB', PostgreSQL: 'bytea', MariaDB: 'BINARY(25)' }[_]} NOT NULL UNIQUE)`,
    );
    const strict = await directSink(ref(), Events);
    const answered = await strict
      .answer(batch([1, 2, 2, 3]))
      .catch((error: unknown) => strict.classify(error));
    if (answered === 'fatal') expect((await run('SELECT id FROM events')).flat()).toEqual([]);
    else expect(answered).toMatchObject({ failed: [{ index: 1 }, { index: 2 }] });
  });
});
