/**
 * Programs without types pass anything; each answer is one of the package's own errors, and the flow goes on.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';

const Event = defineSchema('event', { a: t.int32() });
const notEvent = expect.objectContaining({ code: 'ERR_EVENT_INVALID', fault: 'type' });

describe('an input that is nonsense', () => {
  it.each([null, undefined, 5, true, () => 1])('is refused by a typed error: %s', async (nonsense) => {
    const flow = await createBatchFlow({ schema: Event, onBatch() {} });
    onTestFinished(async () => void (await flow.destroy()));
    expect(() => flow.pushMany(nonsense as never)).toThrow(notEvent);
    expect(() => flow.pushColumns(nonsense as never, 1)).toThrow(notEvent);
    expect(() => batchOf(Event, nonsense as never)).toThrow(notEvent);
    if (nonsense !== undefined)
      expect(() => flow.producer(nonsense as never)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
    flow.push({ a: 1 });
    await flow.committed();
    expect(flow.stats()).toMatchObject({ accepted: 1, committed: 1 });
  });

  it.each([null, undefined, 5, {}, { name: 'x' }, { name: 'x', columns: { a: null } }])(
    'is refused by a typed error as a schema: %j',
    (nonsense) => {
      const refused = expect.objectContaining({ code: 'ERR_SCHEMA' });
      expect(() => batchOf(nonsense as never, [])).toThrow(refused);
      expect(() => batchOf(nonsense as never, [{ a: 1 }] as never)).toThrow(refused);
    },
  );
});
