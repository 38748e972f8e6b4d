/**
 * What a supervisor does for threads that died: it alone may write words that were theirs.
 *
 * Safe only when the thread has really ended, since a live one would go on writing them.
 */
import { EventCount } from './event-count.js';
import { control, header, headerAt, type RingMemory, SEALED, wordsOf } from './layout.js';

/**
 * Clear the claims of a dead claimer: the rows it had taken wait again, and their blocks remember the death.
 *
 * @returns how many rows there are.
 */
export function releaseClaims(memory: RingMemory, claimer: number): number {
  const words = wordsOf(memory);
  let rows = 0;
  for (let block = 0; block < memory.blocks; block++) {
    const at = headerAt(block);
    if (Atomics.load(words, at + header.CLAIM) !== claimer) continue;
    if (Atomics.load(words, at + header.OWNER) > 0) rows += takeBack(words, at);
    Atomics.store(words, at + header.CLAIM, 0);
  }
  // It may have died between freeing a block and saying so.
  Atomics.add(words, control.FREED, 1);
  for (const events of [control.WORK, control.ROOM, control.DONE]) new EventCount(words, events).signal();
  return rows;
}

function takeBack(words: Int32Array, at: number): number {
  const taken = Atomics.load(words, at + header.TAKEN);
  const inFlight = taken - Atomics.load(words, at + header.COMMITTED);
  if (inFlight <= 0) return 0;
  const deaths = Atomics.load(words, at + header.DEATHS);
  const suspects = deaths === 0 ? 0 : Atomics.load(words, at + header.SUSPECTS);
  Atomics.store(words, at + header.SUSPECTS, Math.max(suspects, taken));
  Atomics.store(words, at + header.HALF, inFlight >> 1);
  Atomics.store(words, at + header.DEATHS, deaths + 1);
  Atomics.store(words, at + header.TAKEN, taken - inFlight);
  return inFlight;
}

/** Seal the block of a dead producer: what it had published is flushed, and the block comes back. */
export function sealBlocks(memory: RingMemory, producer: number): void {
  const words = wordsOf(memory);
  for (let block = 0; block < memory.blocks; block++) {
    const at = headerAt(block);
    // In this order: a block that is still the dead producer's after its word was read was so before, and while it
    // is not sealed nobody can free it.
    const published = Atomics.load(words, at + header.PUBLISHED);
    const owner = Atomics.load(words, at + header.OWNER);
    if (owner === -producer) {
      Atomics.store(words, at + header.OWNER, 0);
      Atomics.add(words, control.FREED, 1);
    } else if (owner === producer && (published & SEALED) === 0) {
      Atomics.store(words, at + header.PUBLISHED, published | SEALED);
    }
  }
  new EventCount(words, control.WORK).signal();
  new EventCount(words, control.ROOM).signal();
}
