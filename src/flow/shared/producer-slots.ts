/**
 * A slot of shared memory for each producer: the thread that has it, and whether it holds unpublished rows.
 *
 *     MARK │ HOLDER │ THREAD │ ACTIVE │ SEQUENCE │ BURIER │ SEQUENCE_HIGH │ … │ WANTED │ …     one slot, 64 bytes
 *
 * Behind the last slot: LOOKED.
 *
 * The last slot is the flow's own producer's: no number of attached ones keeps the flow's `push` from its slot.
 *
 * A slot whose thread has died is cleaned up by one thread at a time, the burier. It may die as well; then another one
 * takes over and repeats all steps (`liveness/burial.ts`).
 */
import { highOf, joined } from '../../ring/layout.js';
import { hasEnded, ownMark } from './thread-mark.js';

/** 0: the slot is free. Else the mark of the thread that has it. */
const MARK = 0;
const HOLDER = 1;
const THREAD = 2;
const ACTIVE = 3;
/** How many rows the slot's producers have published: the low 32 bits. */
const SEQUENCE = 4;
/** 0, or the mark of the thread that cleans up after the slot's dead one. */
const BURIER = 5;
/** The bits of SEQUENCE above the low 32. */
const SEQUENCE_HIGH = 6;
/** Before which of the slot's rows callers wait for a commit, wrapping. */
const WANTED = 12;
const slotWords = 16;

/** In THREAD while the slot's taker has not stored its own. */
const noThread = -1;

/** The marks of threads (`thread-mark.ts`). */
export interface ThreadMarks {
  ownMark(): number;
  hasEnded(mark: number): boolean;
}

const systemThreads: ThreadMarks = { ownMark, hasEnded };

/** A slot that is taken. */
export interface HeldSlot {
  readonly slot: number;
  readonly holder: number;
  /** The mark of its thread. */
  readonly mark: number;
  /** Node's id of its thread; undefined for a moment after it is taken. */
  readonly thread: number | undefined;
}

export class ProducerSlots {
  readonly #words: Int32Array;
  readonly #looked: number;

  /** @param threads how threads are told apart; tests put threads of their own in its place. */
  constructor(
    readonly memory: SharedArrayBuffer,
    readonly count: number,
    private readonly threads: ThreadMarks = systemThreads,
  ) {
    this.#words = new Int32Array(memory);
    this.#looked = count * slotWords;
  }

  static create(count: number): ProducerSlots {
    return new ProducerSlots(new SharedArrayBuffer((count + 1) * slotWords * 4), count);
  }

  /** Take a free slot for a producer on a thread. @returns its number, or -1 when all are taken. */
  take(thread: number): number {
    for (let slot = 0; slot < this.count - 1; slot++) if (this.#tryTake(slot, thread)) return slot;
    return -1;
  }

  /** Take the slot of the flow's own producer, which is always free. @returns its number. */
  takeOwn(thread: number): number {
    return this.#tryTake(this.count - 1, thread) ? this.count - 1 : -1;
  }

  #tryTake(slot: number, thread: number): boolean {
    const at = slot * slotWords;
    if (Atomics.compareExchange(this.#words, at + MARK, 0, this.threads.ownMark()) !== 0) return false;
    Atomics.store(this.#words, at + THREAD, thread);
    return true;
  }

  /** Give a slot back. Row numbers go on with the next producer: no two rows of the slot ever have one number. */
  free(slot: number): void {
    const at = slot * slotWords;
    Atomics.store(this.#words, at + ACTIVE, 0);
    Atomics.store(this.#words, at + THREAD, noThread);
    Atomics.add(this.#words, at + HOLDER, 1);
    Atomics.store(this.#words, at + MARK, 0);
  }

  /** How often the slot has been given back: tells its holders apart. */
  holder(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + HOLDER);
  }

  /** The slots that are taken. */
  *held(): Iterable<HeldSlot> {
    for (let slot = 0; slot < this.count; slot++) {
      const at = slot * slotWords;
      // ORDER: HOLDER before MARK and THREAD: where the slot changes hands meanwhile, the holder is an old one.
      const holder = this.holder(slot);
      const mark = Atomics.load(this.#words, at + MARK);
      const thread = Atomics.load(this.#words, at + THREAD);
      if (mark !== 0) yield { slot, holder, mark, thread: thread === noThread ? undefined : thread };
    }
  }

  /**
   * Whether the slot is as it was seen.
   *
   * @param mark its thread's; undefined for any. A look in the middle of `free` sees the number of the next holder.
   */
  isHeldBy(slot: number, holder: number, mark?: number): boolean {
    const found = Atomics.load(this.#words, slot * slotWords + MARK);
    return found !== 0 && found === (mark ?? found) && this.holder(slot) === holder;
  }

  /**
   * Take the right to clean up after a slot's dead thread, until `endBurial`.
   *
   * @returns false while another thread has it that lives.
   */
  beginBurial(slot: number): boolean {
    const at = slot * slotWords + BURIER;
    const own = this.threads.ownMark();
    const other = Atomics.compareExchange(this.#words, at, 0, own);
    if (other === 0) return true;
    return this.threads.hasEnded(other) && Atomics.compareExchange(this.#words, at, other, own) === other;
  }

  endBurial(slot: number): void {
    Atomics.store(this.#words, slot * slotWords + BURIER, 0);
  }

  /** How many rows the slot's producers have published. Caller: the holder, or the burier of the dead one. */
  sequence(slot: number): number {
    const at = slot * slotWords;
    return joined(Atomics.load(this.#words, at + SEQUENCE_HIGH), Atomics.load(this.#words, at + SEQUENCE));
  }

  /** A producer is active from before it accepts a row until that row is published, or refused after all. */
  activate(slot: number): void {
    Atomics.store(this.#words, slot * slotWords + ACTIVE, 1);
  }

  /** Everything accepted is published: `sequence` rows. */
  deactivate(slot: number, sequence: number): void {
    const at = slot * slotWords;
    const high = highOf(sequence);
    // ORDER: SEQUENCE_HIGH before SEQUENCE. If this thread dies in between, numbers are skipped; in the other order
    // they would be given a second time.
    if (Atomics.load(this.#words, at + SEQUENCE_HIGH) !== high) {
      Atomics.store(this.#words, at + SEQUENCE_HIGH, high);
    }
    Atomics.store(this.#words, at + SEQUENCE, sequence | 0);
    Atomics.store(this.#words, at + ACTIVE, 0);
  }

  /**
   * Say that a caller waits for the commit of the slot's rows before `sequence`, wrapping. Row numbers go on with the
   * next producer, and so what is wanted of a closed one stays wanted.
   */
  want(slot: number, sequence: number): void {
    Atomics.store(this.#words, slot * slotWords + WANTED, sequence | 0);
  }

  /** The same for a producer that has given the slot back: what the next one wants, of later rows, stays wanted. */
  wantOfClosed(slot: number, sequence: number): void {
    const wanted = this.wanted(slot);
    if (((wanted - sequence) | 0) >= 0) return;
    // ORDER: an exchange that fails has met the next producer's store, and rows before those are wanted with them.
    Atomics.compareExchange(this.#words, slot * slotWords + WANTED, wanted, sequence | 0);
  }

  /** Before which of the slot's rows callers wait for a commit, wrapping. */
  wanted(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + WANTED);
  }

  /** Whether any producer may have accepted rows that are not published yet. */
  get anyActive(): boolean {
    for (let slot = 0; slot < this.count; slot++) {
      if (Atomics.load(this.#words, slot * slotWords + ACTIVE) === 1) return true;
    }
    return false;
  }

  /** The clock (ms, wrapping) at the last look for dead threads. */
  get lookedAt(): number {
    return Atomics.load(this.#words, this.#looked);
  }

  /** Store the time of a look that is about to begin. @returns false when another thread was first. */
  beginLook(lookedAt: number, now: number): boolean {
    return Atomics.compareExchange(this.#words, this.#looked, lookedAt, now) === lookedAt;
  }
}
