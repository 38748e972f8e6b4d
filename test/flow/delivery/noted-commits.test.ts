/**
 * A load that cannot note a commit: the error is no error of the sink, which has the rows and must not get them again.
 */
import { expect, it } from 'vitest';
import { defaultRetry } from '../../../dist/src/flow/config/delivery.js';
import { Delivery } from '../../../dist/src/flow/delivery/delivery.js';
import { SinkRegistry } from '../../../dist/src/flow/delivery/sink-registry.js';
import { batchOf, defineSchema, t } from '../../../dist/src/index.js';

const Event = defineSchema('events', { i: t.int32() });
const broken = new Error('the ring is damaged');

it.each([
  ['stores at once', () => undefined],
  ['stores later', () => Promise.resolve()],
  ['names a bad row', () => Promise.resolve({ failed: [{ index: 0, error: new Error('bad') }] })],
])('ends the delivery, without another write, where the sink %s', async (_, answer) => {
  let writes = 0;
  const write = () => {
    writes++;
    return answer();
  };
  const context = {
    flusher: 1,
    options: undefined,
    signal: new AbortController().signal,
    metrics: new SinkRegistry(),
  };
  const delivery = new Delivery({ write }, { ...defaultRetry, backoffMs: 1 }, context);
  const load = {
    schema: Event,
    copy: (rows: readonly number[]) =>
      batchOf(
        Event,
        rows.map((i) => ({ i })),
      ),
    committed() {
      throw broken;
    },
  };
  await expect((async () => delivery.deliver(load, [0, 1, 2]))()).rejects.toBe(broken);
  expect(writes).toBe(1);
});
