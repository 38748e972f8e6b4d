/**
 * The usual way of `@redis/client` to store many rows, on the main thread: one pipeline a batch.
 */
import { createClient } from '@redis/client';
import type { RequestEvent } from '../harness/events.js';
import { hashPrefix, type RedisKind, redisUrl, streamKey } from './redis-rows.js';

interface NumberedEvent extends RequestEvent {
  readonly id: number;
}

/** Connect. `store` stores an array of events; those of hashes have an `id`. */
export async function openPipeline(kind: RedisKind) {
  const client = createClient({ url: redisUrl() });
  await client.connect();
  return {
    store(events: readonly RequestEvent[]): Promise<unknown> {
      const pipeline = client.multi();
      for (const event of events) {
        const fields = fieldsOf(event);
        if (kind === 'stream') pipeline.xAdd(streamKey, '*', fields);
        else pipeline.hSet(`${hashPrefix}${(event as NumberedEvent).id}`, fields);
      }
      return pipeline.execAsPipeline();
    },
    close: async () => client.destroy(),
  };
}

function fieldsOf({ at, method, path, status, durationMs, message }: RequestEvent): Record<string, string> {
  return {
    at: String(at),
    ...{ method, path, message },
    status: String(status),
    durationMs: String(durationMs),
  };
}
