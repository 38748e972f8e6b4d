/**
 * A ring on one thread, or one for each shard: the engine's producer pushes, and a call in place of flushers frees the
 * sealed blocks.
 */

import { resolveConfig } from '../../src/flow/config/resolve.js';
import { openProducer } from '../../src/flow/producer/attach.js';
import { producerOf } from '../../src/flow/producer/producer-of.js';
import { createFlowMemory } from '../../src/flow/shared/flow-memory.js';
import type { EventOf, FlowSettings, Producer, Schema, Sharding } from '../../src/index.js';
import { BlockClaims, type Sighting } from '../../src/ring/block-claims.js';

export interface DrainedRing<S extends Schema> {
  readonly producer: Producer<S>;
  /** Free the sealed blocks. */
  drain(): void;
}

/** Rings of four blocks of `rows` rows, which have room for `rows` rows wherever the last push ended. */
export function drainedRing<S extends Schema>(
  schema: S,
  rows: number,
  settings: FlowSettings & { sharding?: Sharding<EventOf<S>> } = {},
): DrainedRing<S> {
  const bufferSize = 4 * rows * (settings.sharding?.shards ?? 1);
  const options = resolveConfig({ schema, onBatch: () => {}, flushSize: rows, bufferSize, ...settings });
  const memory = createFlowMemory(options, 0);
  const rings = memory.shards.map(({ ring, maxProducers }) => new BlockClaims(ring, maxProducers + 1));
  const found: Sighting[] = [];
  return {
    producer: producerOf<S>(memory, 0, (shared) => openProducer(shared, 0)),
    drain() {
      for (const claims of rings) {
        claims.survey(found);
        for (const { block, ticket, sealed } of found) {
          if (!sealed || !claims.tryClaim(block, ticket)) continue;
          claims.settle(block, claims.waiting(block, rows).to);
          claims.finish(block);
        }
      }
    },
  };
}
