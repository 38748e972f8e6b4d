/**
 * Commits that are waited for, where the flow stops in the midst of a look at them.
 */
import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { openProducer } from '../../../dist/src/flow/producer/attach.js';
import { createShared } from '../../../dist/src/flow/shared/shared-flow.js';
import { stop } from '../../../dist/src/flow/shared/stop.js';
import { defineSchema, t } from '../../../dist/src/index.js';
import { BlockClaims, type Sighting } from '../../../dist/src/ring/block-claims.js';
import { meanwhile } from '../../fixtures/meanwhile.js';

const schema = defineSchema('events', { i: t.int32() });
/** The word of the settings that has the flow's state. */
const state = 0;

/** A producer of a flow without threads, and a flusher that ends all rows that it sees. */
function scene() {
  const shared = createShared(
    resolveConfig({ schema, onBatch() {}, flushSize: 3, bufferSize: 12 }),
    threadId,
  );
  const producer = openProducer<typeof schema>(shared, 0);
  const end = () => {
    const claims = new BlockClaims(shared.ring, 1000);
    const found: Sighting[] = [];
    claims.survey(found);
    for (const { block, ticket } of found) {
      expect(claims.tryClaim(block, ticket)).toBe(true);
      const { to } = claims.waiting(block, 100);
      claims.taken(block, to);
      claims.settle(block, to);
      claims.finish(block);
    }
  };
  return { shared, producer, end };
}

test('rows that ended before their flow stopped are committed, though both come in the midst of a look', async () => {
  const { shared, producer, end } = scene();
  for (let i = 0; i < 3; i++) producer.push({ i });
  const both = () => {
    end();
    stop(shared);
  };
  await meanwhile('load', state, both, () => producer.committed());
});

test('rows that have not ended when their flow stops are not committed', async () => {
  const { shared, producer } = scene();
  for (let i = 0; i < 3; i++) producer.push({ i });
  const committed = meanwhile(
    'load',
    state,
    () => stop(shared),
    () => producer.committed(),
  );
  await expect(committed).rejects.toMatchObject({ code: 'ERR_FLOW_CLOSED' });
});
