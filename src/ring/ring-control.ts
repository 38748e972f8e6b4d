/**
 * The control words of a ring: totals, the alarm, and the event counts by which threads notify each other.
 *
 * `layout.ts` says what each word means; here each method names the threads that may call it.
 */
import { EventCount } from './event-count.js';
import { control, type RingMemory, wordsOf } from './layout.js';
import type { SleepNotes } from './sleep-notes.js';

const { FREED, TOTAL, ALARM, TICKETS } = control;

export class RingControl {
  /** There may be something to flush. */
  readonly work: EventCount;
  /** A block became free. */
  readonly room: EventCount;
  /** A good part of the ring has become free since the last signal. */
  readonly roomy: EventCount;
  /** Rows were committed or given up. */
  readonly done: EventCount;
  readonly #words: Int32Array;
  readonly #roomyBlocks: number;

  /** @param notes where the sleeper that uses these event counts notes its announcements. */
  constructor(memory: RingMemory, notes?: SleepNotes) {
    const words = wordsOf(memory);
    this.#words = words;
    this.#roomyBlocks = roomyBlocks(memory);
    this.work = new EventCount(words, control.WORK, notes?.on('work'));
    this.room = new EventCount(words, control.ROOM, notes?.on('room'));
    this.roomy = new EventCount(words, control.ROOMY, notes?.on('roomy'));
    this.done = new EventCount(words, control.DONE, notes?.on('done'));
  }

  /** Caller: any thread. */
  get freed(): number {
    return Atomics.load(this.#words, FREED);
  }

  /**
   * Count a block that was freed. Caller: the thread that freed it, or a supervisor in its place.
   *
   * @returns how many there are with it.
   */
  countFreed(): number {
    return Atomics.add(this.#words, FREED, 1) + 1;
  }

  /** Whether a good part of the ring has become free when so many blocks have been freed. Caller: any thread. */
  isRoomy(freed: number): boolean {
    return (freed & (this.#roomyBlocks - 1)) === 0;
  }

  /** Caller: any thread. */
  get total(): number {
    return Atomics.load(this.#words, TOTAL);
  }

  /**
   * Count rows that were published. Caller: the producer that published them.
   *
   * @returns whether the alarm is reached: sleeping flushers want to be woken.
   */
  countPublished(rows: number): boolean {
    // ORDER: PUBLISHED, then TOTAL, then the look at ALARM. A flusher stores ALARM before it looks at the blocks again:
    // it sees these rows, or this thread sees its alarm.
    const total = Atomics.add(this.#words, TOTAL, rows) + rows;
    return ((total - Atomics.load(this.#words, ALARM)) | 0) >= 0;
  }

  /** Caller: any flusher that is about to sleep. */
  setAlarm(total: number): void {
    Atomics.store(this.#words, ALARM, total);
  }

  /** Blocks that are not free: one that is just being opened or freed may count or not. Caller: any thread. */
  get blocksInUse(): number {
    return (Atomics.load(this.#words, TICKETS) - this.freed) | 0;
  }

  /** The next ticket to be drawn. Caller: any flusher. */
  get tickets(): number {
    return Atomics.load(this.#words, TICKETS);
  }

  /** Draw the next ticket. Caller: any producer that opens a block. */
  nextTicket(): number {
    return Atomics.add(this.#words, TICKETS, 1);
  }
}

/**
 * How many blocks are freed from one signal of `roomy` to the next: a power of two, half of the ring at most. A
 * producer that waits for it is woken a fraction as often as with each block.
 */
function roomyBlocks({ blocks }: RingMemory): number {
  return 2 ** Math.floor(Math.log2(Math.max(2, blocks) / 2));
}
