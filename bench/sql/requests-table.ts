/**
 * The table of every way into PostgreSQL, with or without a key, and the totals of its rows.
 */
import pg from 'pg';
import { defineSchema, t } from '../../src/index.js';
import { epochMs, type RequestEvent } from '../harness/events.js';
import type { Totals } from '../harness/tally.js';

/** The variable with the server's address; processes of measurements inherit it. */
export const urlVariable = 'BENCH_POSTGRES_URL';

export function serverUrl(): string {
  const url = process.env[urlVariable];
  if (url === undefined) throw new Error(`${urlVariable} names no server`);
  return url;
}

/**
 * What happens to a row whose key is taken; `none`: the table has no key; `pool`: neither, and two connections take the
 * rows; `identity`: the key is the row's identity.
 */
export type Key = 'none' | 'pool' | 'ignore' | 'update' | 'identity';

/** The definition of the key's column, if there is one. */
const keys: Readonly<Record<Key, string>> = {
  none: '',
  pool: '',
  ignore: 'id double precision PRIMARY KEY, ',
  update: 'id double precision PRIMARY KEY, ',
  identity: 'event_id bytea NOT NULL UNIQUE, ',
};

const columns = {
  at: t.timestamp(),
  method: t.label(),
  path: t.label(),
  status: t.uint16(),
  durationMs: t.float64(),
  message: t.string(),
};

/** Events with a key that no other has. */
export const KeyedRequest = defineSchema('requests', { id: t.float64(), ...columns });

/** Whether events have a key of their own. */
export function isKeyed(key: Key): boolean {
  return key === 'ignore' || key === 'update';
}

export interface KeyedEvent extends RequestEvent {
  readonly id: number;
}

const definitions =
  'at timestamptz NOT NULL, method text NOT NULL, path text NOT NULL, status integer NOT NULL, ' +
  '"durationMs" double precision NOT NULL, message text NOT NULL';

/** Make the table anew. */
export async function createRequests(key: Key): Promise<void> {
  await withClient(async (client) => {
    await client.query('DROP TABLE IF EXISTS requests');
    await client.query(`CREATE TABLE requests (${keys[key]}${definitions})`);
  });
}

/** The harness's `checksum` of a row, in SQL. */
const textSum = (name: string) => {
  const middle = `substr(${name}, length(${name}) / 2 + 1, 1)`;
  return `(length(${name}) + ascii(${name}) + ascii(${middle}) + 2 * ascii(right(${name}, 1)))`;
};
const checksumSql =
  `extract(epoch FROM at) * 1000 - ${epochMs} + ${textSum('method')} + 3 * ${textSum('path')} + ` +
  `5 * ${textSum('message')} + 7 * "durationMs"::numeric + status * length(message)`;

/** The totals of all rows of the table, which is dropped. */
export async function totalsOfRequests(): Promise<Totals> {
  return withClient(async (client) => {
    const { rows } = await client.query(
      `SELECT count(*)::int AS rows, coalesce(sum(${checksumSql}), 0)::float8 AS sum FROM requests`,
    );
    await client.query('DROP TABLE requests');
    return rows[0] as Totals;
  });
}

async function withClient<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
