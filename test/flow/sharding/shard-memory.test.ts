/**
 * What the shards of a flow have in common. Each has a ring, claims, counts and logs of its own, in memory that no
 * other shard's thread writes. So what the simulator proves of one ring with one flusher holds for each shard, whatever
 * the others do, and it walks no scenario of two: they have no word of the ring's protocol in common.
 */
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { createFlowMemory } from '../../../dist/src/flow/shared/flow-memory.js';
import { defineSchema, handler, t } from '../../../dist/src/index.js';

const schema = defineSchema('orders', { customer: t.string() });

/** The names of a shard's memories, which may lie in members. */
function* memoriesOf(part: object, path = ''): Iterable<[string, SharedArrayBuffer]> {
  for (const [name, value] of Object.entries(part)) {
    if (value instanceof SharedArrayBuffer) yield [path + name, value];
    else if (typeof value === 'object' && value !== null) yield* memoriesOf(value, `${path}${name}.`);
  }
}

test('shards share settings and tables, and no word of a ring', () => {
  const sink = handler('file:///sink.js');
  const options = resolveConfig({
    schema,
    sink,
    sharding: { shards: 2, key: 'customer' },
    identity: 'given',
  });
  const [one, other] = createFlowMemory(options, 0).shards.map((shard) => new Map(memoriesOf(shard)));
  const names = [...(one?.keys() ?? [])];
  const shared = names.filter((name) => one?.get(name) === other?.get(name));
  const own = names.filter((name) => !shared.includes(name));
  // Labels and schemas are only ever added to; refusals are counted by adding.
  expect(shared.sort()).toEqual(['labels.buffer', 'lateSchemas', 'refusals', 'settings']);
  expect(own.sort()).toEqual([
    'counters',
    'givenUp',
    'meters',
    'ring.buffer',
    'sleeps',
    'slots',
    'storedBefore',
  ]);
});
