/**
 * A ring on one thread: the engine's producer pushes, and a call in place of flushers frees the sealed blocks.
 */

import { resolveConfig } from '../../src/flow/config/resolve.js';
import { openProducer } from '../../src/flow/producer/attach.js';
import { createShared } from '../../src/flow/shared/shared-flow.js';
import type { Producer, Schema } from '../../src/index.js';
import { BlockClaims, type Sighting } from '../../src/ring/block-claims.js';

export interface DrainedRing<S extends Schema> {
  readonly producer: Producer<S>;
  /** Free the sealed blocks. */
  drain(): void;
}

/** A ring of four blocks of `rows` rows, which has room for `rows` rows wherever the last push ended. */
export function drainedRing<S extends Schema>(schema: S, rows: number): DrainedRing<S> {
  const options = resolveConfig({ schema, onBatch: () => {}, flushSize: rows, bufferSize: 4 * rows });
  const shared = createShared(options, 0);
  const claims = new BlockClaims(shared.ring, shared.maxProducers + 1);
  const found: Sighting[] = [];
  return {
    producer: openProducer<S>(shared, 0),
    drain() {
      claims.survey(found);
      for (const { block, ticket, sealed } of found) {
        if (!sealed || !claims.tryClaim(block, ticket)) continue;
        claims.settle(block, claims.waiting(block, rows).to);
        claims.finish(block);
      }
    },
  };
}
