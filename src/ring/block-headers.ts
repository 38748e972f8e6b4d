/**
 * The words of the block headers: one method for each word and operation, so that no caller adds up indexes.
 *
 * `layout.ts` says what each word means; here each method names the threads that may call it. A thread that writes
 * gets its headers from `headersOf`: in tests they assert that the caller is one of these.
 */
import { header, headerAt, highOf, joined, type RingMemory, sealed, unclaimed, wordsOf } from './layout.js';

const { OWNER, PUBLISHED, CLAIM, TAKEN, COMMITTED, SCHEMA, SINCE } = header;
const { GENERATION, TICKET, SEQUENCE, SEQUENCE_HIGH, DEATHS, SUSPECTS, HALF } = header;

export class BlockHeaders {
  /** How many blocks there are. */
  readonly count: number;
  protected readonly words: Int32Array;

  /** @param id the producer or claimer that writes, or the dead one that a supervisor writes for; 0 for a reader. */
  constructor(
    memory: RingMemory,
    protected readonly id = 0,
  ) {
    this.count = memory.blocks;
    this.words = wordsOf(memory);
  }

  /** Caller: any thread. */
  owner(block: number): number {
    return Atomics.load(this.words, headerAt(block) + OWNER);
  }

  /** For `rowsOf` and `isSealed`. Caller: any thread. */
  published(block: number): number {
    return Atomics.load(this.words, headerAt(block) + PUBLISHED);
  }

  /** The claimer's id, or not above 0. Caller: any thread. */
  claimer(block: number): number {
    return Atomics.load(this.words, headerAt(block) + CLAIM);
  }

  /** Caller: any thread. */
  taken(block: number): number {
    return Atomics.load(this.words, headerAt(block) + TAKEN);
  }

  /** Caller: any thread. */
  committed(block: number): number {
    return Atomics.load(this.words, headerAt(block) + COMMITTED);
  }

  /** Caller: any thread. */
  schema(block: number): number {
    return Atomics.load(this.words, headerAt(block) + SCHEMA);
  }

  /** Caller: any thread. */
  since(block: number): number {
    return Atomics.load(this.words, headerAt(block) + SINCE);
  }

  /** Caller: any thread. */
  generation(block: number): number {
    return Atomics.load(this.words, headerAt(block) + GENERATION);
  }

  /** Caller: any thread. */
  ticket(block: number): number {
    return Atomics.load(this.words, headerAt(block) + TICKET);
  }

  /**
   * Caller: any thread. Whole for the claim's holder alone, or where the owner has died: of a block that is opened anew
   * meanwhile, the two words may be of two rows.
   */
  sequence(block: number): number {
    const at = headerAt(block);
    return joined(Atomics.load(this.words, at + SEQUENCE_HIGH), Atomics.load(this.words, at + SEQUENCE));
  }

  /** Caller: any thread. */
  deaths(block: number): number {
    return Atomics.load(this.words, headerAt(block) + DEATHS);
  }

  /** Caller: any thread. */
  suspects(block: number): number {
    return Atomics.load(this.words, headerAt(block) + SUSPECTS);
  }

  /** Caller: any thread. */
  half(block: number): number {
    return Atomics.load(this.words, headerAt(block) + HALF);
  }

  /** Begin to open a block, if it is free. Caller: any producer. */
  tryOpen(block: number): boolean {
    return Atomics.compareExchange(this.words, headerAt(block) + OWNER, 0, -this.id) === 0;
  }

  /** Make a block empty. Caller: the producer that opens it. */
  reset(block: number, schema: number, sequence: number): void {
    const words = this.words;
    const at = headerAt(block);
    Atomics.store(words, at + PUBLISHED, 0);
    Atomics.store(words, at + TAKEN, 0);
    Atomics.store(words, at + COMMITTED, 0);
    Atomics.store(words, at + SCHEMA, schema);
    Atomics.store(words, at + SEQUENCE_HIGH, highOf(sequence));
    Atomics.store(words, at + SEQUENCE, sequence | 0);
  }

  /** Caller: the producer that opens the block. */
  setTicket(block: number, ticket: number): void {
    Atomics.store(this.words, headerAt(block) + TICKET, ticket);
  }

  /** End the opening: the block is its producer's. Caller: the producer that opens it. */
  own(block: number): void {
    Atomics.store(this.words, headerAt(block) + OWNER, this.id);
  }

  /** End the opening: the block is free as before. Caller: a supervisor in place of the dead opener. */
  cancelOpen(block: number): void {
    Atomics.store(this.words, headerAt(block) + OWNER, 0);
  }

  /**
   * Show rows before `rows`. Caller: the owner.
   *
   * @param since clock reading, when the first of these rows starts a wait.
   */
  publish(block: number, rows: number, since: number | undefined): void {
    const at = headerAt(block);
    // ORDER: PUBLISHED after SINCE and after the rows' plain stores: a flusher that sees it sees them.
    if (since !== undefined) Atomics.store(this.words, at + SINCE, since);
    Atomics.store(this.words, at + PUBLISHED, rows);
  }

  /** Seal a block of `rows` published rows. Caller: the owner, or a supervisor in its place. */
  seal(block: number, rows: number): void {
    Atomics.store(this.words, headerAt(block) + PUBLISHED, sealed(rows));
  }

  /**
   * Claim a block, if no claimer holds it and it has not been freed since `claimer` was read. Caller: any claimer.
   *
   * @param claimer what the method of this name has returned.
   */
  tryClaim(block: number, claimer: number): boolean {
    return (
      claimer <= 0 &&
      Atomics.compareExchange(this.words, headerAt(block) + CLAIM, claimer, this.id) === claimer
    );
  }

  /** Caller: the claim's holder, or a supervisor in its place. */
  releaseClaim(block: number): void {
    const at = headerAt(block);
    // Only the holder frees the block, so its GENERATION stays.
    Atomics.store(this.words, at + CLAIM, unclaimed(Atomics.load(this.words, at + GENERATION)));
  }

  /** Say that rows before `to` are taken, and no others. Caller: the claim's holder, or a supervisor in its place. */
  take(block: number, to: number): void {
    Atomics.store(this.words, headerAt(block) + TAKEN, to);
  }

  /** Settle the rows before `to`. Caller: the claim's holder, or a supervisor in its place. */
  settle(block: number, to: number): void {
    Atomics.store(this.words, headerAt(block) + COMMITTED, to);
  }

  /** Free a sealed block whose rows are settled. Caller: the claim's holder. */
  free(block: number): void {
    const at = headerAt(block);
    // ORDER: GENERATION before OWNER: positions of the block's next rows name the new generation.
    Atomics.add(this.words, at + GENERATION, 1);
    Atomics.store(this.words, at + OWNER, 0);
  }

  /** Caller: the claim's holder, or a supervisor in its place. */
  setDeaths(block: number, deaths: number): void {
    Atomics.store(this.words, headerAt(block) + DEATHS, deaths);
  }

  /** Caller: a supervisor in place of the claim's dead holder. */
  setSuspects(block: number, suspects: number): void {
    Atomics.store(this.words, headerAt(block) + SUSPECTS, suspects);
  }

  /** Caller: the claim's holder, or a supervisor in its place. */
  setHalf(block: number, half: number): void {
    Atomics.store(this.words, headerAt(block) + HALF, half);
  }
}
