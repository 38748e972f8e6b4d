/**
 * Usual ways of `mysql2` to store many rows, on the main thread: one INSERT as text, or one with a parameter for each
 * value.
 */
import mysql from 'mysql2';
import type { RequestEvent } from '../harness/events.js';
import { mariadbUrl } from './mariadb-table.js';

interface NumberedEvent extends RequestEvent {
  readonly id: number;
}

export type Mysql2Way = 'values' | 'execute';

const columns = ['id', 'at', 'method', 'path', 'status', 'durationMs', 'message'];
const head = `INSERT INTO requests (${columns.join(', ')}) VALUES `;
const row = `(${columns.map(() => '?').join(', ')})`;

/** Connect. `store` stores an array of events that have an `id`. */
export async function openInserts(way: Mysql2Way) {
  const client = mysql.createConnection({ uri: mariadbUrl(), timezone: 'Z' }).promise();
  await client.connect();
  const texts = new Map<number, string>();
  const insert = (events: readonly RequestEvent[]): Promise<unknown> => {
    const rows = (events as readonly NumberedEvent[]).map(
      ({ id, at, method, path, status, durationMs, message }) => [
        ...[id, new Date(at), method, path, status, durationMs, message],
      ],
    );
    if (way === 'values') return client.query(`${head}?`, [rows]);
    let text = texts.get(rows.length);
    if (text === undefined) {
      text = head + rows.map(() => row).join(', ');
      texts.set(rows.length, text);
    }
    return client.execute(text, rows.flat());
  };
  let last = Promise.resolve<unknown>(undefined);
  return {
    // One statement at a time, as a connection has it.
    store(events: readonly RequestEvent[]): Promise<unknown> {
      last = last.then(() => insert(events));
      return last;
    },
    close: () => client.end(),
  };
}
