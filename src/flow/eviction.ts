/**
 * `drop-oldest`: a producer that finds the ring full drops the oldest sealed block that no flusher holds.
 *
 * It claims the block as a flusher would, so that no batch ever holds rows that are dropped at the same time.
 */
import { BlockClaims, type Sighting } from '../ring/block-claims.js';
import type { RingMemory } from '../ring/layout.js';
import { Parking } from '../ring/parking.js';
import type { ProducerSlots } from './producer-slots.js';

/** @returns how many rows were dropped; 0 when every sealed block is being flushed. */
export function evictOldest(ring: RingMemory, claimer: number, slots: ProducerSlots): number {
  const claims = new BlockClaims(ring, claimer);
  const found: Sighting[] = [];
  claims.survey(found);
  let dropped = 0;
  for (const { block, sealed, ticket } of found) {
    if (!sealed || !claims.tryClaim(block, ticket)) continue;
    const { from, to } = claims.waiting(block, Number.MAX_SAFE_INTEGER);
    const { producer, sequence } = claims.origin(block);
    if (to > from) slots.giveUp(producer - 1, sequence + from, to - from);
    claims.taken(block, to);
    claims.commit(block);
    if (to > from) {
      dropped = to - from;
      break;
    }
  }
  // A block that was opened again while the claim was still held was seen by no flusher, and nobody looks again here.
  new Parking(ring).signal();
  return dropped;
}
