/**
 * `pg`'s usual way of storing many rows, on the main thread: one INSERT with a parameter for each value.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { RequestEvent } from '../harness/events.js';
import { isKeyed, type Key, type KeyedEvent, serverUrl } from './requests-table.js';

const columns = ['at', 'method', 'path', 'status', '"durationMs"', 'message'];

const idColumn: Readonly<Record<Key, string | undefined>> = {
  none: undefined,
  pool: undefined,
  ignore: 'id',
  update: 'id',
  identity: 'event_id',
};

/** How many connections store rows. */
export function connectionsOf(key: Key): number {
  return key === 'pool' ? 2 : 1;
}

function insertSql(key: Key, rows: number): string {
  const id = idColumn[key];
  const names = id === undefined ? columns : [id, ...columns];
  const values: string[] = [];
  for (let row = 0, parameter = 1; row < rows; row++) {
    values.push(`(${names.map(() => `$${parameter++}`).join(',')})`);
  }
  const insert = `INSERT INTO requests (${names.join(',')}) VALUES ${values.join(',')}`;
  if (id === undefined) return insert;
  const assignments = columns.map((name) => `${name} = excluded.${name}`).join(', ');
  return `${insert} ON CONFLICT (${id}) DO ${key === 'update' ? `UPDATE SET ${assignments}` : 'NOTHING'}`;
}

/** Ids as programs make them: some random bytes, and a number that grows. */
function idMaker(): () => Buffer {
  const run = randomBytes(17);
  let made = 0n;
  return () => {
    const id = Buffer.allocUnsafe(25);
    run.copy(id);
    id.writeBigUInt64BE(made++, 17);
    return id;
  };
}

/** Connect. `store` stores an array of events; those of a table with a key have an `id`. */
export async function openMultiRow(key: Key) {
  const clients = Array.from(
    { length: connectionsOf(key) },
    () => new pg.Client({ connectionString: serverUrl() }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  const texts = new Map<number, string>();
  const nextId = idMaker();
  const insert = (client: pg.Client, events: readonly RequestEvent[]) => {
    let text = texts.get(events.length);
    if (text === undefined) {
      text = insertSql(key, events.length);
      texts.set(events.length, text);
    }
    const values: unknown[] = [];
    for (const event of events) {
      if (isKeyed(key)) values.push((event as KeyedEvent).id);
      else if (key === 'identity') values.push(nextId());
      const { at, method, path, status, durationMs, message } = event;
      values.push(new Date(at), method, path, status, durationMs, message);
    }
    return client.query(text, values);
  };
  const last = clients.map(() => Promise.resolve<unknown>(undefined));
  let turn = 0;
  return {
    // One statement at a time, as a connection has it.
    store(events: readonly RequestEvent[]): Promise<unknown> {
      const place = turn++ % clients.length;
      const stored = (last[place] as Promise<unknown>).then(() =>
        insert(clients[place] as pg.Client, events),
      );
      last[place] = stored;
      return stored;
    },
    async close() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
