/**
 * Recovers what a dead thread held in the ring: its claims are released, its block is sealed.
 *
 * Safe only when the thread has really ended, since a live one would go on writing its words.
 */
import type { BlockHeaders } from './block-headers.js';
import { headersOf } from './headers-of.js';
import { isSealed, type RingMemory } from './layout.js';
import { RingControl } from './ring-control.js';

/**
 * Clear the claims of a dead claimer: the rows it had taken wait again, and their blocks remember the death.
 *
 * @returns how many rows there are.
 */
export function releaseClaims(memory: RingMemory, claimer: number): number {
  const headers = headersOf(memory, claimer);
  const control = new RingControl(memory);
  const claimed: number[] = [];
  for (let block = 0; block < headers.count; block++) {
    if (headers.claimer(block) === claimer) claimed.push(block);
  }
  const rows = claimed.reduce((sum, block) => sum + inFlight(headers, block), 0);
  for (const block of claimed) {
    // ORDER: CLAIM last: the next claimer finds the rows given back, and the death counted.
    takeBack(headers, block, rows);
    headers.releaseClaim(block);
  }
  // The claimer may have died between freeing a block and counting it.
  control.countFreed();
  for (const events of [control.work, control.room, control.done]) events.signal();
  return rows;
}

/** Rows of a dead claimer's block, taken and not settled. A block that it had freed may be another's by now. */
function inFlight(headers: BlockHeaders, block: number): number {
  if (headers.owner(block) <= 0) return 0;
  return Math.max(0, headers.taken(block) - headers.committed(block));
}

/** @param ofAll how many rows the claimer had in flight in all of its blocks. */
function takeBack(headers: BlockHeaders, block: number, ofAll: number): void {
  const rows = inFlight(headers, block);
  if (rows === 0) return;
  const taken = headers.taken(block);
  const deaths = headers.deaths(block);
  const suspects = deaths === 0 ? 0 : headers.suspects(block);
  headers.setSuspects(block, Math.max(suspects, taken));
  // A row of this block alone was not alone when there were rows of others.
  headers.setHalf(block, rows === ofAll ? rows >> 1 : Math.max(1, rows >> 1));
  headers.setDeaths(block, deaths + 1);
  headers.take(block, taken - rows);
}

/** Seal the block of a dead producer: what it had published is flushed, and the block comes back. */
export function sealBlocks(memory: RingMemory, producer: number): void {
  const headers = headersOf(memory, producer);
  const control = new RingControl(memory);
  for (let block = 0; block < headers.count; block++) {
    // ORDER: PUBLISHED before OWNER. A block that is still the dead producer's after its word was read was so before,
    // and while it is not sealed no thread can free it.
    const published = headers.published(block);
    const owner = headers.owner(block);
    if (owner === -producer) {
      // ORDER: FREED after OWNER: a producer that sees the count change finds the block.
      headers.cancelOpen(block);
      control.countFreed();
    } else if (owner === producer && !isSealed(published)) headers.seal(block, published);
  }
  control.work.signal();
  control.room.signal();
}
