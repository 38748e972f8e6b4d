/**
 * The flusher's side of the ring: find blocks with waiting rows, claim one, take rows, settle them, finish.
 *
 * Every method but `survey` is for the holder of the block's claim. What `survey` saw may be stale a
 * moment later, so a claim is only good after a second look under it (`tryClaim` does that).
 * Memory is reused only after rows are settled: if the holder dies before, the rows are still there.
 */
import { EventCount } from './event-count.js';
import {
  before,
  control,
  header,
  headerAt,
  type RingMemory,
  roomyBlocks,
  rowsOf,
  SEALED,
  wordsOf,
} from './layout.js';

/** One block as `survey` saw it. */
export interface Sighting {
  block: number;
  /** Rows published and not taken; may be 0 for a sealed block that only needs to be freed. */
  waiting: number;
  sealed: boolean;
  schema: number;
  /** Clock reading (ms, wrapping) of the first waiting row. */
  since: number;
  ticket: number;
  /** How many claimers have died with rows of it in flight. */
  deaths: number;
}

export class BlockClaims {
  readonly #words: Int32Array;
  readonly #blocks: number;
  readonly #id: number;
  readonly #work: EventCount;
  readonly #room: EventCount;
  readonly #roomy: EventCount;
  readonly #roomyBlocks: number;
  readonly #done: EventCount;

  /** @param id the claimer, not 0 and different from every other's. */
  constructor(memory: RingMemory, id: number) {
    this.#words = wordsOf(memory);
    this.#blocks = memory.blocks;
    this.#id = id;
    this.#work = new EventCount(this.#words, control.WORK);
    this.#room = new EventCount(this.#words, control.ROOM);
    this.#roomy = new EventCount(this.#words, control.ROOMY);
    this.#roomyBlocks = roomyBlocks(memory);
    this.#done = new EventCount(this.#words, control.DONE);
  }

  /**
   * Look at every block.
   * @param found gets the unclaimed blocks with waiting rows, and sealed ones to be freed, oldest first.
   * @returns how many blocks are free.
   */
  survey(found: Sighting[]): number {
    const words = this.#words;
    let free = 0;
    found.length = 0;
    for (let block = 0; block < this.#blocks; block++) {
      const at = headerAt(block);
      const owner = Atomics.load(words, at + header.OWNER);
      if (owner === 0) free++;
      if (owner <= 0) continue;
      // First of all: if the block is freed and opened again while the other words are read, the ticket shows it.
      const ticket = Atomics.load(words, at + header.TICKET);
      if (Atomics.load(words, at + header.CLAIM) !== 0) continue;
      const published = Atomics.load(words, at + header.PUBLISHED);
      const waiting = rowsOf(published) - Atomics.load(words, at + header.COMMITTED);
      const sealed = (published & SEALED) !== 0;
      if (waiting <= 0 && !sealed) continue;
      found.push({
        block,
        waiting: Math.max(waiting, 0),
        sealed,
        schema: Atomics.load(words, at + header.SCHEMA),
        since: Atomics.load(words, at + header.SINCE),
        ticket,
        deaths: Atomics.load(words, at + header.DEATHS),
      });
    }
    if (found.length > 1) found.sort((a, b) => (before(a.ticket, b.ticket) ? -1 : 1));
    return free;
  }

  /**
   * Claim a block as it was seen, by its ticket.
   * @returns false when another holds it, or when it has been freed since, and perhaps opened for other rows.
   */
  tryClaim(block: number, ticket: number): boolean {
    const at = headerAt(block);
    if (Atomics.compareExchange(this.#words, at + header.CLAIM, 0, this.#id) !== 0) return false;
    // A look under the claim: nobody else can free the block now, so what is true here stays true.
    const owned = Atomics.load(this.#words, at + header.OWNER) > 0;
    if (owned && Atomics.load(this.#words, at + header.TICKET) === ticket) return true;
    this.#letGo(block);
    return false;
  }

  /** Whose rows the claimed block holds, and which row of that producer's its first one is (wrapping). */
  origin(block: number): { producer: number; sequence: number } {
    const at = headerAt(block);
    return {
      producer: Atomics.load(this.#words, at + header.OWNER),
      sequence: Atomics.load(this.#words, at + header.SEQUENCE),
    };
  }

  /** How many claimers died with the block's next rows in flight, and half of what was in flight at the last death. */
  suspicion(block: number): { deaths: number; half: number } {
    const at = headerAt(block);
    return {
      deaths: Atomics.load(this.#words, at + header.DEATHS),
      half: Atomics.load(this.#words, at + header.HALF),
    };
  }

  /** Rows `[from, to)` of the claimed block that are published and not settled, at most `room` of them. */
  waiting(block: number, room: number): { from: number; to: number } {
    const at = headerAt(block);
    const from = Atomics.load(this.#words, at + header.COMMITTED);
    const published = rowsOf(Atomics.load(this.#words, at + header.PUBLISHED));
    return { from, to: Math.min(published, from + room) };
  }

  /** Say that rows before `to` have been copied out: rows published later start a wait of their own. */
  taken(block: number, to: number): void {
    Atomics.store(this.#words, headerAt(block) + header.TAKEN, to);
  }

  /** Rows before `to` are the sink's, or given up. They are never delivered again. */
  settle(block: number, to: number): void {
    const words = this.#words;
    const at = headerAt(block);
    // First of all: if this thread dies in between, a row is suspected too little rather than one too many condemned.
    if (Atomics.load(words, at + header.DEATHS) !== 0) {
      if (to >= Atomics.load(words, at + header.SUSPECTS)) Atomics.store(words, at + header.DEATHS, 0);
      // The one row that was alone in flight is behind; those after it have not been alone.
      else if (Atomics.load(words, at + header.HALF) === 0) Atomics.store(words, at + header.HALF, 1);
    }
    Atomics.store(words, at + header.COMMITTED, to);
    this.#done.signal();
  }

  /** Let the claim go. Rows taken and not settled wait again; a sealed block that has none left is free. */
  finish(block: number): void {
    const words = this.#words;
    const at = headerAt(block);
    const committed = Atomics.load(words, at + header.COMMITTED);
    Atomics.store(words, at + header.TAKEN, committed);
    const free = Atomics.load(words, at + header.PUBLISHED) === (committed | SEALED);
    let roomy = false;
    if (free) {
      Atomics.add(words, at + header.GENERATION, 1);
      Atomics.store(words, at + header.OWNER, 0);
      const freed = Atomics.add(words, control.FREED, 1);
      roomy = ((freed + 1) & (this.#roomyBlocks - 1)) === 0;
    }
    this.#letGo(block);
    if (free) this.#room.signal();
    if (roomy) this.#roomy.signal();
  }

  /** Who looked meanwhile did not see the block, and may sleep. */
  #letGo(block: number): void {
    Atomics.store(this.#words, headerAt(block) + header.CLAIM, 0);
    this.#work.signal();
  }
}
