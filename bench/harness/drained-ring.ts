/**
 * A ring on one thread: a real producer, and in place of flushers a hand that frees sealed blocks.
 */

import { resolveConfig } from '../../src/flow/config/resolve.js';
import { openProducer } from '../../src/flow/producer/attach.js';
import { createShared } from '../../src/flow/shared/shared-flow.js';
import type { Producer, Schema } from '../../src/index.js';
import { BlockClaims, type Sighting } from '../../src/ring/block-claims.js';

export interface DrainedRing<S extends Schema> {
  readonly producer: Producer<S>;
  /** Free what is sealed. */
  drain(): void;
}

/** A ring of four blocks of `rows` rows: room for a push of a block, wherever the last one ended. */
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
