/**
 * The table of every way into MariaDB, with a primary key, and the totals of its rows.
 */
import mysql from 'mysql2';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { defineSchema, t } from '../../src/index.js';
import { epochMs } from '../harness/events.js';
import type { Totals } from '../harness/tally.js';

/** The variable with the server's address; processes of measurements inherit it. */
export const mariadbVariable = 'BENCH_MARIADB_URL';

export function mariadbUrl(): string {
  const url = process.env[mariadbVariable];
  if (url === undefined) throw new Error(`${mariadbVariable} names no server`);
  return url;
}

/** Events with a key that no other has. */
export const NumberedRequest = defineSchema('requests', {
  id: t.uint32(),
  at: t.timestamp(),
  method: t.label(),
  path: t.label(),
  status: t.uint16(),
  durationMs: t.float64(),
  message: t.string(),
});

const definitions =
  'id int unsigned PRIMARY KEY, at datetime(6) NOT NULL, method varchar(16) NOT NULL, path varchar(64) NOT NULL, ' +
  'status int NOT NULL, durationMs double NOT NULL, message varchar(255) NOT NULL';

/** Make the table anew. */
export async function createNumbered(): Promise<void> {
  await withClient(async (client) => {
    await client.query('DROP TABLE IF EXISTS requests');
    await client.query(`CREATE TABLE requests (${definitions}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
  });
}

/** The harness's `checksum` of a row, in SQL. */
const textSum = (name: string) => {
  const middle = `substr(${name}, char_length(${name}) DIV 2 + 1, 1)`;
  return `(char_length(${name}) + ascii(${name}) + ascii(${middle}) + 2 * ascii(right(${name}, 1)))`;
};
const checksumSql = [
  `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', at) / 1000 - ${epochMs}`,
  ...[textSum('method'), `3 * ${textSum('path')}`, `5 * ${textSum('message')}`],
  ...['7 * durationMs', 'status * char_length(message)'],
].join(' + ');

/** The totals of all rows of the table, which is dropped. */
export async function totalsOfNumbered(): Promise<Totals> {
  return withClient(async (client) => {
    const [[totals]] = await client.query<RowDataPacket[]>(
      `SELECT count(*) AS \`rows\`, coalesce(sum(${checksumSql}), 0) + 0e0 AS sum FROM requests`,
    );
    await client.query('DROP TABLE requests');
    return totals as Totals & RowDataPacket;
  });
}

async function withClient<T>(use: (client: Connection) => Promise<T>): Promise<T> {
  const client = mysql.createConnection(mariadbUrl()).promise();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
