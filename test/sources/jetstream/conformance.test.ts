/**
 * The JetStream source under the suite for makers of sources: with JSON, and with packed messages.
 */
import { beforeAll, describe, it } from 'vitest';
import { defineSchema, t } from '../../../dist/src/index.js';
import { sourceConformance } from '../../../dist/src/testing/index.js';
import { EventStream } from '../../fixtures/event-stream.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';

const schema = defineSchema('events', { n: t.int32(), text: t.string(), tag: t.label().optional() });
const each = 4;

describe.skipIf(noNats)(`the JetStream source ${noNats ?? ''}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start();
  });

  describe('of JSON, an event a message', () => {
    const checks = sourceConformance({
      schema,
      async begin() {
        const stream = await EventStream.make(server);
        return {
          source: stream.source(),
          async provide(events) {
            for (const event of events) await stream.publish(JSON.stringify(event));
          },
          provideBad: () => stream.publish('no event'),
          acknowledged: () => stream.acknowledged(),
          end: () => stream.remove(),
        };
      },
    });
    for (const { name, run } of checks) it(name, run);
  });

  describe('of packed messages, with confirmed acknowledgements', () => {
    const checks = sourceConformance({
      schema,
      async begin() {
        const stream = await EventStream.make(server);
        return {
          source: stream.source({ ackAck: true, format: 'packed' }),
          provide: (events) => stream.publishPacked(schema, events, each),
          provideBad: () => stream.publish(Uint8Array.of(0x42, 0x46, 0x50, 0x4d, 1, 0, 0, 0, 7)),
          acknowledged: async () => each * (await stream.acknowledged()),
          end: () => stream.remove(),
        };
      },
    });
    // The others go the same way.
    for (const { name, run } of checks.filter(({ name }) => /^(units|room|refuse)/.test(name))) it(name, run);
  });
});
