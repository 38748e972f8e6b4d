/**
 * Whether a caller waits for the commit of rows: then a flusher takes them as soon as it is free, and batches grow by
 * themselves with the load.
 *
 * The policy asks only of rows that nothing else makes due. So a flow in which nobody waits pays nothing while batches
 * are full, and a few loads before a flusher sleeps.
 */
import { BlockHeaders } from '../../ring/block-headers.js';
import { rowsOf } from '../../ring/layout.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import type { SharedFlow } from '../shared/shared-flow.js';

export class Demand {
  readonly #headers: BlockHeaders;
  readonly #slots: ProducerSlots;
  /** The most rows that the ring holds. */
  readonly #capacity: number;

  constructor(shared: Pick<SharedFlow, 'ring' | 'rowsPerBlock' | 'slots' | 'maxProducers'>) {
    const { ring, rowsPerBlock, slots, maxProducers } = shared;
    this.#capacity = ring.blocks * rowsPerBlock;
    this.#headers = new BlockHeaders(ring);
    this.#slots = new ProducerSlots(slots, maxProducers);
  }

  /**
   * Whether a row that waits in a block is wanted. The block may have been freed and opened for other rows since it was
   * seen: then the answer is of those, or of none, and either does no harm.
   */
  isFor(block: number): boolean {
    const producer = this.#headers.owner(block);
    if (producer <= 0) return false;
    const settled = this.#headers.committed(block);
    const waiting = rowsOf(this.#headers.published(block)) - settled;
    // WANTED may lie in a later block, and rows before it are wanted, too. But numbers wrap, and WANTED stays when
    // nobody waits any more: what lies further ahead than the ring has rows is of long ago.
    const ahead = (this.#slots.wanted(producer - 1) - this.#headers.sequence(block) - settled) | 0;
    return waiting > 0 && ahead > 0 && ahead <= this.#capacity;
  }
}
