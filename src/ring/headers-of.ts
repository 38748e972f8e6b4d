/**
 * Makes the block headers of a thread that writes: the asserting version in tests, the plain one in production.
 */
import { AssertedHeaders } from './asserted-headers.js';
import { asserting } from './assertions.js';
import { BlockHeaders } from './block-headers.js';
import type { RingMemory } from './layout.js';

/** @param id the producer or claimer that writes, or the dead one that a supervisor writes for. */
export function headersOf(memory: RingMemory, id: number): BlockHeaders {
  return asserting ? new AssertedHeaders(memory, id) : new BlockHeaders(memory, id);
}
