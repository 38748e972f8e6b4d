/**
 * The producer's side of the ring: open a free block, publish rows of it, seal it.
 *
 * A producer has one block at a time. Between `open` and `seal` it alone stores into the block's data
 * and its PUBLISHED word, so it never retries and no row is ever seen half-written: rows are written
 * with plain stores, and one `Atomics.store` shows them.
 */
import { EventCount } from './event-count.js';
import { control, header, headerAt, type RingMemory, SEALED, wordsOf } from './layout.js';

export class BlockLease {
  readonly #words: Int32Array;
  readonly #blocks: number;
  readonly #id: number;
  readonly #work: EventCount;
  #block = -1;
  #cursor: number;
  #published = 0;
  /** FREED when the last search found the ring full; nothing to search for until it changes. */
  #fullAt: number | undefined;

  /** @param id the producer, above 0 and different from every other's. */
  constructor(memory: RingMemory, id: number) {
    this.#words = wordsOf(memory);
    this.#blocks = memory.blocks;
    this.#id = id;
    this.#work = new EventCount(this.#words, control.WORK);
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
    return Atomics.load(this.#words, headerAt(this.#block) + header.GENERATION);
  }

  /**
   * Open a free block for rows of `schema`, the first of which is the producer's row number `sequence`.
   * @returns false when there is none; flushers are told, so that they do not wait for fuller blocks.
   */
  open(schema: number, sequence: number): boolean {
    const words = this.#words;
    const freed = Atomics.load(words, control.FREED);
    if (freed === this.#fullAt) return false;
    for (let n = 0; n < this.#blocks; n++) {
      const block = this.#cursor;
      this.#cursor = block + 1 === this.#blocks ? 0 : block + 1;
      const at = headerAt(block);
      if (Atomics.load(words, at + header.OWNER) !== 0) continue;
      if (Atomics.compareExchange(words, at + header.OWNER, 0, -this.#id) !== 0) continue;
      // Nobody reads these words while OWNER is negative, so the last of them need not be the first.
      Atomics.store(words, at + header.PUBLISHED, 0);
      Atomics.store(words, at + header.TAKEN, 0);
      Atomics.store(words, at + header.COMMITTED, 0);
      Atomics.store(words, at + header.SCHEMA, schema);
      Atomics.store(words, at + header.SEQUENCE, sequence | 0);
      Atomics.store(words, at + header.TICKET, Atomics.add(words, control.TICKETS, 1));
      Atomics.store(words, at + header.OWNER, this.#id);
      this.#block = block;
      this.#published = 0;
      this.#fullAt = undefined;
      return true;
    }
    this.#fullAt = freed;
    this.#work.signal();
    return false;
  }

  /** Whether no published row of the block waits to be taken: the next one starts a wait, and needs the clock. */
  get nothingWaits(): boolean {
    return Atomics.load(this.#words, headerAt(this.#block) + header.TAKEN) === this.#published;
  }

  /** Show rows up to `rows`. `since`: the clock (ms, wrapping), when `nothingWaits`. */
  publish(rows: number, since?: number): void {
    const words = this.#words;
    const at = headerAt(this.#block);
    if (since !== undefined) Atomics.store(words, at + header.SINCE, since);
    Atomics.store(words, at + header.PUBLISHED, rows);
    const total = (Atomics.add(words, control.TOTAL, rows - this.#published) + rows - this.#published) | 0;
    this.#published = rows;
    if (((total - Atomics.load(words, control.ALARM)) | 0) >= 0) this.#work.signal();
  }

  /** Nothing more will be written to the block; it is freed when its published rows are committed. */
  seal(): void {
    Atomics.store(this.#words, headerAt(this.#block) + header.PUBLISHED, this.#published | SEALED);
    this.#block = -1;
    this.#work.signal();
  }
}
