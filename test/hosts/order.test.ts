/**
 * The order of a key's events, kept from the client to the table: over partitions with one message under way each, two
 * workers, and the end of one of them.
 */
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, defineSchema, type Flow, t } from '../../dist/src/index.js';
import { jetstream } from '../../dist/src/sinks/jetstream/index.js';
import { postgres } from '../../dist/src/sinks/postgres/index.js';
import { jetstream as jetstreamSource } from '../../dist/src/sources/jetstream/index.js';
import { NatsServer, noNats } from '../fixtures/nats-server.js';
import { noPostgres, PostgresServer } from '../fixtures/postgres-server.js';
import { until } from '../fixtures/until.js';

const missing = noNats ?? noPostgres;
const Events = defineSchema('events', { key: t.label(), n: t.int32() });
const partitions = 4;
const stream = 'ORDER';
const subject = `${stream}.{schema}.{partition}`;
const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
const each = 400;

describe.skipIf(missing)(`the order of a key past one machine ${missing ?? ''}`, () => {
  let nats: NatsServer;
  let database: PostgresServer;
  beforeAll(async () => {
    [nats, database] = await Promise.all([NatsServer.start(), PostgresServer.start()]);
  });

  it('is that of the pushes, when a worker ends in the middle', async () => {
    await database.sql(
      'CREATE TABLE events (place bigserial, event_id bytea UNIQUE, key text NOT NULL, n integer NOT NULL)',
    );
    const ending = <F extends Pick<Flow, 'destroy'>>(flow: F) => {
      onTestFinished(async () => void (await flow.destroy().catch(() => {})));
      return flow;
    };
    const edge = ending(
      await createBatchFlow({
        schema: Events,
        sink: jetstream({ url: nats.url, stream, subject, partitions, partitionBy: ['key'], ordered: true }),
        flushSize: 200,
        flushIntervalMs: 5,
      }),
    );
    const worker = async () =>
      ending(
        await createBatchFlow({
          schema: Events,
          identity: 'given',
          source: jetstreamSource({
            ...{ url: nats.url, stream, subject, partitions, ordered: true, handBackDelayMs: 20 },
            consumer: { name: 'table', ackWaitMs: 1000 },
          }),
          sink: postgres({ url: database.url, identityColumn: 'event_id' }),
          deadLetters: false,
          onGivenUp: 'drop',
          flushIntervalMs: 5,
        }),
      );
    const [first, second] = [await worker(), await worker()];
    for (let n = 0; n < each; n++) {
      for (const key of keys) while (!edge.push({ key, n })) await edge.writable();
      if (n === each / 4) await edge.flush();
    }
    const count = async () => (await database.sql('SELECT count(*)::int FROM events'))[0]?.[0] as number;
    await until(async () => (await count()) > 0, 'rows');
    // What it has is handed back, and comes again.
    await first.destroy();
    await edge.close();
    await until(async () => (await count()) === each * keys.length, 'all rows');
    await second.close();

    const stored = (await database.sql('SELECT key, n FROM events ORDER BY place')) as [string, number][];
    for (const key of keys) {
      expect(stored.filter((row) => row[0] === key).map((row) => row[1])).toEqual(
        Array.from({ length: each }, (_, n) => n),
      );
    }
  });
});
