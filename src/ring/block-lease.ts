/**
 * The producer's side of the ring: open a free block, publish rows of it, seal it.
 *
 * A producer has one block at a time. Between `open` and `seal` it alone stores into the block's data
 * and its PUBLISHED word, so it never retries and no row is ever seen half-written.
 */
import type { BlockHeaders } from './block-headers.js';
import { headersOf } from './headers-of.js';
import type { RingMemory } from './layout.js';
import { RingControl } from './ring-control.js';

export class BlockLease {
  readonly #headers: BlockHeaders;
  readonly #control: RingControl;
  #block = -1;
  #cursor: number;
  #published = 0;
  /** FREED when the last search found the ring full; nothing to search for until it changes. */
  #fullAt: number | undefined;

  /** @param id the producer, above 0 and different from every other's. */
  constructor(memory: RingMemory, id: number) {
    this.#headers = headersOf(memory, id);
    this.#control = new RingControl(memory);
    // Start apart, so that producers do not race for the same block.
    this.#cursor = (id * 7) % memory.blocks;
  }

  /** The block being written, or -1. */
  get block(): number {
    return this.#block;
  }

  /** Rows of it that are published. */
  get published(): number {
    return this.#published;
  }

  /** How often the block being written has been freed before; with `block` and `published` it names a position. */
  get generation(): number {
    return this.#headers.generation(this.#block);
  }

  /**
   * Open a free block for rows of `schema`, the first of which is the producer's row number `sequence`.
   *
   * @returns false when there is none; flushers are notified, so that they do not wait for fuller blocks.
   */
  open(schema: number, sequence: number): boolean {
    const headers = this.#headers;
    // ORDER: FREED before the search: a block that is freed during it makes the next call search again.
    const freed = this.#control.freed;
    if (freed === this.#fullAt) return false;
    for (let n = 0; n < headers.count; n++) {
      const block = this.#cursor;
      this.#cursor = block + 1 === headers.count ? 0 : block + 1;
      if (headers.owner(block) !== 0 || !headers.tryOpen(block)) continue;
      // ORDER: OWNER last. No thread reads the other words while OWNER is negative, so these come in any order.
      headers.reset(block, schema, sequence);
      headers.setTicket(block, this.#control.nextTicket());
      headers.own(block);
      this.#block = block;
      this.#published = 0;
      this.#fullAt = undefined;
      return true;
    }
    this.#fullAt = freed;
    this.#control.work.signal();
    return false;
  }

  /** Whether no published row of the block waits to be taken: the next one starts a wait, and needs the clock. */
  get nothingWaits(): boolean {
    return this.#headers.taken(this.#block) === this.#published;
  }

  /**
   * Show rows before `rows`.
   *
   * @param since the clock (ms, wrapping), when `nothingWaits`.
   */
  publish(rows: number, since?: number): void {
    this.#headers.publish(this.#block, rows, since);
    const group = rows - this.#published;
    this.#published = rows;
    if (this.#control.countPublished(group)) this.#control.work.signal();
  }

  /** Notify flushers that sleep: rows that are published wait for more than their number or their deadline. */
  signal(): void {
    this.#control.work.signal();
  }

  /** Say that nothing more will be written to the block; it is freed when its published rows are settled. */
  seal(): void {
    this.#headers.seal(this.#block, this.#published);
    this.#block = -1;
    this.#control.work.signal();
  }
}
