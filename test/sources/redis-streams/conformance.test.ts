/**
 * The source of Redis Streams keeps the contract of sources.
 */
import { beforeAll, describe, it } from 'vitest';
import { sourceConformance } from '../../../dist/src/testing/index.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { RedisStream } from '../../fixtures/redis-stream.js';

describe.skipIf(noRedis)(`the source of Redis Streams ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });

  const checks = sourceConformance({
    begin: () => {
      const stream = new RedisStream(server);
      return {
        source: stream.source(),
        async provide(events) {
          const fields = (event: object) =>
            Object.entries(event).flatMap(([name, value]) => (value === null ? [] : [name, String(value)]));
          await Promise.all(events.map((event) => stream.add(...fields(event))));
        },
        provideBad: () => stream.add('n', 'no number', 'text', ''),
        async acknowledged() {
          const { pending, 'entries-read': read } = await stream.group();
          return ((read as number | null) ?? 0) - ((pending as number | undefined) ?? 0);
        },
      };
    },
  });
  for (const { name, run } of checks) it(name, run);
});
