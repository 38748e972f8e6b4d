/**
 * A slot of shared memory for each producer: whether it is taken, by whom, and whether it holds unpublished rows.
 *
 *     USED │ HOLDER │ THREAD │ ACTIVE │ SEQUENCE │ …          one slot, 64 bytes
 */
const USED = 0;
const HOLDER = 1;
const THREAD = 2;
const ACTIVE = 3;
const SEQUENCE = 4;
const slotWords = 16;

export class ProducerSlots {
  readonly #words: Int32Array;

  constructor(
    readonly memory: SharedArrayBuffer,
    readonly count: number,
  ) {
    this.#words = new Int32Array(memory);
  }

  static create(count: number): ProducerSlots {
    return new ProducerSlots(new SharedArrayBuffer(count * slotWords * 4), count);
  }

  /** Take a free slot for a producer on a thread. @returns its number, or -1 when all are taken. */
  take(thread: number): number {
    for (let slot = 0; slot < this.count; slot++) {
      if (Atomics.compareExchange(this.#words, slot * slotWords + USED, 0, 1) !== 0) continue;
      Atomics.store(this.#words, slot * slotWords + THREAD, thread);
      return slot;
    }
    return -1;
  }

  /** Give a slot back. Row numbers go on with the next producer, so that the log never means two rows by one number. */
  free(slot: number): void {
    Atomics.store(this.#words, slot * slotWords + ACTIVE, 0);
    Atomics.add(this.#words, slot * slotWords + HOLDER, 1);
    Atomics.store(this.#words, slot * slotWords + USED, 0);
  }

  /** How often the slot has been given back: tells its holders apart. */
  holder(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + HOLDER);
  }

  /** The slots that are taken by producers of other threads than this one. */
  *heldElsewhere(thread: number): Iterable<{ slot: number; holder: number; thread: number }> {
    for (let slot = 0; slot < this.count; slot++) {
      const holder = this.holder(slot);
      const owner = Atomics.load(this.#words, slot * slotWords + THREAD);
      if (this.isHeldBy(slot, holder) && owner !== thread) yield { slot, holder, thread: owner };
    }
  }

  isHeldBy(slot: number, holder: number): boolean {
    return Atomics.load(this.#words, slot * slotWords + USED) === 1 && this.holder(slot) === holder;
  }

  /** How many rows the slot's producers have published, wrapping. */
  sequence(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + SEQUENCE);
  }

  /** A producer is active from before it accepts a row until that row is published, or refused after all. */
  activate(slot: number): void {
    Atomics.store(this.#words, slot * slotWords + ACTIVE, 1);
  }

  /** Everything accepted is published: `sequence` rows. */
  deactivate(slot: number, sequence: number): void {
    Atomics.store(this.#words, slot * slotWords + SEQUENCE, sequence | 0);
    Atomics.store(this.#words, slot * slotWords + ACTIVE, 0);
  }

  /** Whether any producer may have accepted rows that are not published yet. */
  get anyActive(): boolean {
    for (let slot = 0; slot < this.count; slot++) {
      if (Atomics.load(this.#words, slot * slotWords + ACTIVE) === 1) return true;
    }
    return false;
  }
}
