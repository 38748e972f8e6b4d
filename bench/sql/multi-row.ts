/**
 * `pg`'s usual way of storing many rows, on the main thread: one INSERT with a parameter for each value.
 */
import pg from 'pg';
import type { RequestEvent } from '../harness/events.js';
import { type Key, type KeyedEvent, serverUrl } from './requests-table.js';

const columns = ['at', 'method', 'path', 'status', '"durationMs"', 'message'];

function insertSql(key: Key, rows: number): string {
  const names = key === 'none' ? columns : ['id', ...columns];
  const values: string[] = [];
  for (let row = 0, parameter = 1; row < rows; row++) {
    values.push(`(${names.map(() => `$${parameter++}`).join(',')})`);
  }
  const insert = `INSERT INTO requests (${names.join(',')}) VALUES ${values.join(',')}`;
  if (key === 'none') return insert;
  const assignments = columns.map((name) => `${name} = excluded.${name}`).join(', ');
  return `${insert} ON CONFLICT (id) DO ${key === 'ignore' ? 'NOTHING' : `UPDATE SET ${assignments}`}`;
}

/** Connect. `store` stores an array of events; those of a table with a key have an `id`. */
export async function openMultiRow(key: Key) {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  const texts = new Map<number, string>();
  let last = Promise.resolve<unknown>(undefined);
  const insert = (events: readonly RequestEvent[]) => {
    let text = texts.get(events.length);
    if (text === undefined) {
      text = insertSql(key, events.length);
      texts.set(events.length, text);
    }
    const values: unknown[] = [];
    for (const event of events) {
      if (key !== 'none') values.push((event as KeyedEvent).id);
      const { at, method, path, status, durationMs, message } = event;
      values.push(new Date(at), method, path, status, durationMs, message);
    }
    return client.query(text, values);
  };
  return {
    // One statement at a time, as a connection has it.
    store(events: readonly RequestEvent[]): Promise<unknown> {
      last = last.then(() => insert(events));
      return last;
    },
    close: () => client.end(),
  };
}
