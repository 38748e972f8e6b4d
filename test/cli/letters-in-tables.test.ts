/**
 * Dead letters in a table of a database server: a flow writes them there, and the command says what it reads.
 */
import { describe, expect, test } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../dist/src/index.js';
import { mysql } from '../../dist/src/sinks/mysql/index.js';
import { postgres } from '../../dist/src/sinks/postgres/index.js';
import { Command, folder } from '../fixtures/command.js';
import { MariadbServer, noMariadb } from '../fixtures/mariadb-server.js';
import { noPostgres, PostgresServer } from '../fixtures/postgres-server.js';

const clicks = defineSchema('clicks', { id: t.int32() });

describe.each([
  [
    'PostgreSQL',
    noPostgres,
    () => PostgresServer.start(),
    postgres,
    'ALTER TABLE clicks ADD CHECK (id <> 2)',
  ],
  ['MariaDB', noMariadb, () => MariadbServer.start(), mysql, 'ALTER TABLE clicks ADD CHECK (id <> 2)'],
] as const)('%s', (_, none, start, sinkOf, refuseTwo) => {
  test.skipIf(none !== undefined)(
    'keeps the rows that it refuses in a table beside the others',
    async () => {
      const server = await start();
      const { url } = server;
      const settings = {
        schema: clicks,
        sink: sinkOf({ url, conflictColumns: ['id'] }),
        deadLetters: sinkOf({ url, table: 'lost_rows', identityColumn: 'event_id' }),
      };
      await (await createBatchFlow(settings)).close();
      await server.sql(refuseTwo);
      const flow = await createBatchFlow(settings);
      flow.on('flushError', () => {});
      flow.pushMany([{ id: 1 }, { id: 2 }, { id: 3 }]);
      expect(await flow.close()).toMatchObject({ committed: 2, deadLettered: 1, failed: 0 });
      expect(await server.sql('SELECT id FROM clicks ORDER BY id')).toEqual([[1], [3]]);
      const quoted = _ === 'MariaDB' ? '`row`' : '"row"';
      const [letter] = await server.sql(`SELECT ${quoted}, reason, length(event_id) FROM lost_rows`);
      expect([letter?.[0], letter?.[1], Number(letter?.[2])]).toEqual(['{"id":2}', 'fatal', 25]);
    },
    60_000,
  );
});

test.each([['list'], ['replay', '--sink', 'sqlite:x.db']])(
  'dead-letters %s says that it reads files of SQLite, and shows no password',
  async (...args) => {
    const command = new Command(
      ['dead-letters', ...args, '--file', 'postgres://app:hunter2@db/app'],
      folder(),
    );
    expect(await command.exit).toBe(2);
    expect(command.stderr).toMatch(/a path of a SQLite file; letters in a table of a server are read by SQL/);
    expect(command.stderr).not.toContain('hunter2');
  },
);
