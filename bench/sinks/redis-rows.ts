/**
 * What every way into Redis stores, and the totals of what is there then. Values are the texts of the sink with
 * `timestamps: 'ms'`.
 */
import { createClient } from '@redis/client';
import { checksumOf, type RequestEvent } from '../harness/events.js';
import type { Totals } from '../harness/tally.js';

/** The variable with the server's address; processes of measurements inherit it. */
export const redisVariable = 'BENCH_REDIS_URL';

export function redisUrl(): string {
  const url = process.env[redisVariable];
  if (url === undefined) throw new Error(`${redisVariable} names no server`);
  return url;
}

/** How rows are stored: entries of one stream, or a hash each. */
export type RedisKind = 'stream' | 'hash';

export const streamKey = 'requests';
export const hashPrefix = 'request:';

/** Delete all that is there. */
export async function clearRedis(): Promise<void> {
  await withClient((client) => client.sendCommand(['FLUSHALL']));
}

/** Values that are read at a time. */
const page = 5000;

/** The totals of all rows, which are deleted. */
export async function totalsOf(kind: RedisKind): Promise<Totals> {
  return withClient(async (client) => {
    const totals = { rows: 0, sum: 0 };
    const add = (fields: Readonly<Record<string, string>>) => {
      totals.rows++;
      totals.sum += checksumOf(eventOf(fields));
    };
    if (kind === 'stream') {
      for (let from = '-'; ; ) {
        const entries = await client.xRange(streamKey, from, '+', { COUNT: page });
        for (const { message } of entries ?? []) add(message);
        const last = entries?.at(-1);
        if (last === undefined) break;
        from = `(${last.id}`;
      }
    } else {
      for await (const keys of client.scanIterator({ MATCH: `${hashPrefix}*`, COUNT: page })) {
        for (const fields of await Promise.all(keys.map((key) => client.hGetAll(key)))) add(fields);
      }
    }
    await client.sendCommand(['FLUSHALL']);
    return totals;
  });
}

function eventOf({
  at,
  method,
  path,
  status,
  durationMs,
  message,
}: Readonly<Record<string, string>>): RequestEvent {
  return {
    ...{ at: Number(at), status: Number(status), durationMs: Number(durationMs) },
    ...{ method, path, message },
  } as RequestEvent;
}

type Client = ReturnType<typeof createClient>;

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient({ url: redisUrl(), RESP: 2 }) as unknown as Client;
  await client.connect();
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
