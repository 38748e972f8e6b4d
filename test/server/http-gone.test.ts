/**
 * A client that has gone: nothing more is done for it.
 */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { t } from '../../dist/src/schema/columns/columns.js';
import { defineSchema } from '../../dist/src/schema/columns/schema.js';
import { sendPacked, start } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

test('no more of its body is taken, though all of it has come; what was taken stays', async () => {
  const schema = defineSchema('small', { n: t.int8().optional() });
  const ingest = await start({ schema, onFull: 'drop-newest' });
  const { flow, service } = ingest;
  const count = 33_000_000;
  const body = gzipSync(Buffer.alloc(3 * count, '{}\n'), { level: 9 });
  expect(body.length).toBeLessThan(100_000);
  const req = sendPacked(ingest, body);
  await until(() => flow.stats().accepted > 10_000, 'the first events');
  req.destroy();
  const connections = () =>
    new Promise<number>((resolve) => service.server.getConnections((_, n) => resolve(n)));
  await until(async () => (await connections()) === 0, 'the end of the connection');
  // Its request learns of it in the same turn; what it waits for at that moment comes in the next ones.
  for (let n = 0; n < 10; n++) await new Promise(setImmediate);
  const { accepted } = flow.stats();
  expect(accepted).toBeGreaterThan(10_000);
  for (let n = 0; n < 1000; n++) await new Promise(setImmediate);
  expect(flow.stats().accepted).toBe(accepted);
  expect(accepted).toBeLessThan(count / 4);
});
