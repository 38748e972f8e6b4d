/**
 * The flusher's side of the ring: find blocks with waiting rows, claim one, take rows, settle them, finish.
 *
 * Every method but `survey` and `tryClaim` is for the holder of the block's claim. What `survey` saw may be stale a
 * moment later: `tryClaim` claims what was seen, or nothing. A claim of newer rows, if only for a moment, would hide
 * them from another thread, which would take still newer ones first.
 * Memory is reused only after rows are settled: if the holder dies before, the rows are still there.
 */
import type { BlockHeaders } from './block-headers.js';
import { headersOf } from './headers-of.js';
import { before, isSealed, type RingMemory, rowsOf, sealed } from './layout.js';
import { RingControl } from './ring-control.js';

/** One block as `survey` saw it. */
export interface Sighting {
  block: number;
  /** Rows published and not taken; may be 0 for a sealed block that only needs to be freed. */
  waiting: number;
  /** How many rows before these are settled. */
  settled: number;
  sealed: boolean;
  schema: number;
  /** Clock reading (ms, wrapping) of the first waiting row. */
  since: number;
  ticket: number;
  /** How many claimers have died with rows of it in flight. */
  deaths: number;
}

export class BlockClaims {
  readonly #headers: BlockHeaders;
  readonly #control: RingControl;

  /** @param id the claimer, not 0 and different from every other's. */
  constructor(memory: RingMemory, id: number) {
    this.#headers = headersOf(memory, id);
    this.#control = new RingControl(memory);
  }

  /**
   * Look at every block that was opened before this look began.
   *
   * @param found gets the unclaimed blocks with waiting rows, and sealed ones to be freed, oldest first.
   * @returns how many blocks are free.
   */
  survey(found: Sighting[]): number {
    const headers = this.#headers;
    // ORDER: TICKETS before the first block. A producer that fills a block behind this look and the next one ahead of
    // it draws the later ticket after this load: its newer rows are left to the next look, and do not overtake.
    const tickets = this.#control.tickets;
    let free = 0;
    found.length = 0;
    for (let block = 0; block < headers.count; block++) {
      const owner = headers.owner(block);
      if (owner === 0) free++;
      if (owner <= 0) continue;
      // ORDER: TICKET first. If the block is freed and opened again while the other words are read, it shows that.
      const ticket = headers.ticket(block);
      if (!before(ticket, tickets) || headers.claimer(block) > 0) continue;
      const published = headers.published(block);
      const settled = headers.committed(block);
      const waiting = rowsOf(published) - settled;
      const sealed = isSealed(published);
      if (waiting <= 0 && !sealed) continue;
      found.push({
        block,
        waiting: Math.max(waiting, 0),
        settled,
        sealed,
        schema: headers.schema(block),
        since: headers.since(block),
        ticket,
        deaths: headers.deaths(block),
      });
    }
    if (found.length > 1) found.sort((a, b) => (before(a.ticket, b.ticket) ? -1 : 1));
    return free;
  }

  /**
   * Claim a block as it was seen, by its ticket.
   *
   * @returns false when another thread holds it, or when it has been freed since, and perhaps opened for other rows.
   */
  tryClaim(block: number, ticket: number): boolean {
    const headers = this.#headers;
    // ORDER: CLAIM before the other words. If the block is freed after this load, the word is another one, and the
    // claim fails; if it is not, the block is still the one that these words are of.
    const claimer = headers.claimer(block);
    return headers.owner(block) > 0 && headers.ticket(block) === ticket && headers.tryClaim(block, claimer);
  }

  /**
   * Whether the rows of a block wait as they did when it was seen, though a claimer may hold it. They may be taken a
   * moment later. Any thread may ask.
   */
  isUntaken(block: number, ticket: number, settled: number): boolean {
    const headers = this.#headers;
    if (headers.owner(block) <= 0 || headers.committed(block) !== settled) return false;
    // ORDER: TICKET last. If the block was freed and opened again while the other words were read, it shows that.
    return headers.taken(block) <= settled && headers.ticket(block) === ticket;
  }

  /** The producer of the claimed block's rows, and which row of that producer's its first one is. */
  origin(block: number): { producer: number; sequence: number } {
    return { producer: this.#headers.owner(block), sequence: this.#headers.sequence(block) };
  }

  /** How many claimers died with the block's next rows in flight, and half of the rows in flight at the last death. */
  suspicion(block: number): { deaths: number; half: number } {
    return { deaths: this.#headers.deaths(block), half: this.#headers.half(block) };
  }

  /** Rows `[from, to)` of the claimed block that are published and not settled, at most `room` of them. */
  waiting(block: number, room: number): { from: number; to: number } {
    const from = this.#headers.committed(block);
    const published = rowsOf(this.#headers.published(block));
    return { from, to: Math.min(published, from + room) };
  }

  /** Note that rows before `to` have been copied out: rows published later start a wait of their own. */
  taken(block: number, to: number): void {
    this.#headers.take(block, to);
  }

  /** Settle rows before `to`: the sink has them, or they are given up. They are never delivered again. */
  settle(block: number, to: number): void {
    const headers = this.#headers;
    // ORDER: DEATHS and HALF before COMMITTED. If this thread dies in between, a row is suspected too little rather
    // than one too many condemned.
    if (headers.deaths(block) !== 0) {
      if (to >= headers.suspects(block)) headers.setDeaths(block, 0);
      // The one row that was alone in flight is behind; those after it have not been alone.
      else if (headers.half(block) === 0) headers.setHalf(block, 1);
    }
    headers.settle(block, to);
    this.#control.done.signal();
  }

  /** Release the claim. Rows taken and not settled wait again; a sealed block that has none left is free. */
  finish(block: number): void {
    const headers = this.#headers;
    const committed = headers.committed(block);
    headers.take(block, committed);
    const free = headers.published(block) === sealed(committed);
    let roomy = false;
    if (free) {
      // ORDER: FREED after OWNER: a producer that sees the count change finds the block.
      headers.free(block);
      const freed = this.#control.countFreed();
      roomy = this.#control.isRoomy(freed);
    }
    // ORDER: CLAIM after OWNER: another claimer would free the block a second time.
    this.#release(block);
    if (free) this.#control.room.signal();
    if (roomy) this.#control.roomy.signal();
  }

  /**
   * Release the claim of a block of which no row was taken. No thread is notified: flushers that only look would wake
   * each other in turns. But others may sleep without having seen the block, so the holder sees to its rows, or
   * notifies them before it does something else.
   */
  letGo(block: number): void {
    this.#headers.releaseClaim(block);
  }

  /** A thread that looked meanwhile did not see the block, and may sleep: it is notified. */
  #release(block: number): void {
    this.#headers.releaseClaim(block);
    this.#control.work.signal();
  }
}
