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
  const claimed: number[] = [];
  for (let block = 0; block < memory.blocks; block++) {
    const at = headerAt(block);
    if (Atomics.load(words, at + header.CLAIM) === claimer) claimed.push(at);
  }
  const rows = claimed.reduce((sum, at) => sum + inFlight(words, at), 0);
  for (const at of claimed) {
    takeBack(words, at, rows);
    Atomics.store(words, at + header.CLAIM, 0);
  }
  // It may have died between freeing a block and saying so.
  Atomics.add(words, control.FREED, 1);
  for (const events of [control.WORK, control.ROOM, control.DONE]) new EventCount(words, events).signal();
  return rows;
}

/** Rows of a dead claimer's block, taken and not settled. A block that it had freed may be another's by now. */
function inFlight(words: Int32Array, at: number): number {
  if (Atomics.load(words, at + header.OWNER) <= 0) return 0;
  return Math.max(0, Atomics.load(words, at + header.TAKEN) - Atomics.load(words, at + header.COMMITTED));
}

/** @param ofAll how many rows the claimer had in flight in all of its blocks. */
function takeBack(words: Int32Array, at: number, ofAll: number): void {
  const rows = inFlight(words, at);
  if (rows === 0) return;
  const taken = Atomics.load(words, at + header.TAKEN);
  const deaths = Atomics.load(words, at + header.DEATHS);
  const suspects = deaths === 0 ? 0 : Atomics.load(words, at + header.SUSPECTS);
  Atomics.store(words, at + header.SUSPECTS, Math.max(suspects, taken));
  // A row of this block alone was not alone when there were rows of others.
  Atomics.store(words, at + header.HALF, rows === ofAll ? rows >> 1 : Math.max(1, rows >> 1));
  Atomics.store(words, at + header.DEATHS, deaths + 1);
  Atomics.store(words, at + header.TAKEN, taken - rows);
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
