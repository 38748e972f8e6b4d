/**
 * `drop-oldest`: a producer that finds the ring full drops the oldest sealed block that no flusher holds.
 *
 * It claims the block as a flusher would, so that no batch ever holds rows that are dropped at the same time.
 */

import type { Counters, producerCell } from '../../metrics/cells/counters.js';
import { BlockClaims, type Sighting } from '../../ring/block-claims.js';
import { GivenUpLog } from '../shared/given-up-log.js';
import { evictions } from '../shared/settlements.js';
import type { SharedFlow } from '../shared/shared-flow.js';

/**
 * @param slot of the producer that drops.
 * @returns whether room was made; false when every sealed block is being flushed.
 */
export function evictOldest(
  shared: SharedFlow,
  slot: number,
  counters: Counters<typeof producerCell>,
): boolean {
  const settlement = evictions(counters);
  const log = new GivenUpLog(shared.givenUp);
  const claims = new BlockClaims(shared.ring, slot + 1);
  const found: Sighting[] = [];
  claims.survey(found);
  for (const { block, sealed, ticket } of found) {
    if (!sealed || !claims.tryClaim(block, ticket)) continue;
    const { from, to } = claims.waiting(block, Number.MAX_SAFE_INTEGER);
    // One of which nothing waits only needs to be let go.
    if (to > from) {
      const { producer, sequence } = claims.origin(block);
      log.add(producer - 1, sequence + from, to - from, 'dropped: the ring was full');
      settlement.begin(block, to, [to - from]);
      claims.settle(block, to);
      settlement.end();
    }
    claims.finish(block);
    return true;
  }
  return false;
}
