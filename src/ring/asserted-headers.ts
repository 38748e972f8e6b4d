/**
 * Block headers that assert, before each store, what must hold then. For tests.
 *
 * - The caller may write the word: it owns the block, or it holds the claim. For a supervisor, the dead thread did.
 * - 0 ≤ COMMITTED ≤ TAKEN ≤ rows of PUBLISHED ≤ rows of a block. In a sealed block COMMITTED may pass TAKEN, as an
 *   eviction settles rows that no thread takes.
 *
 * Only words are read that no other thread can change at that moment, or only in the direction that keeps the rule
 * true. So the loads need no order. They are plain ones: an assertion is no step of the protocol, and a simulator
 * that steps through `Atomics` has no more schedules to walk.
 */
import { mayAssert } from './assertions.js';
import { BlockHeaders } from './block-headers.js';
import { header, headerAt, isSealed, maxRowsPerBlock, rowsOf } from './layout.js';

type Word = keyof typeof header;

export class AssertedHeaders extends BlockHeaders {
  override reset(block: number, schema: number, sequence: number): void {
    if (mayAssert()) {
      this.#isOpening(block);
      const published = this.#word(block, 'PUBLISHED');
      const settled = isSealed(published) && rowsOf(published) === this.#word(block, 'COMMITTED');
      // A producer that died while it opened the block may have reset a part of its words.
      this.#rule(block, published === 0 || settled, 'a free block holds no rows');
      this.#rule(block, this.#word(block, 'DEATHS') === 0, 'a free block remembers no deaths');
    }
    super.reset(block, schema, sequence);
  }

  override setTicket(block: number, ticket: number): void {
    if (mayAssert()) this.#isOpening(block);
    super.setTicket(block, ticket);
  }

  override own(block: number): void {
    if (mayAssert()) this.#isOpening(block);
    super.own(block);
  }

  override cancelOpen(block: number): void {
    if (mayAssert()) this.#isOpening(block);
    super.cancelOpen(block);
  }

  override publish(block: number, rows: number, since: number | undefined): void {
    if (mayAssert()) {
      this.#isOwned(block);
      const published = this.#word(block, 'PUBLISHED');
      this.#rule(block, published <= rows, 'PUBLISHED only grows', rows);
      this.#rule(block, rows <= maxRowsPerBlock, 'rows of PUBLISHED ≤ rows of a block', rows);
    }
    super.publish(block, rows, since);
  }

  override seal(block: number, rows: number): void {
    if (mayAssert()) {
      this.#isOwned(block);
      this.#rule(block, this.#word(block, 'PUBLISHED') === rows, 'a seal shows no more rows', rows);
    }
    super.seal(block, rows);
  }

  override releaseClaim(block: number): void {
    if (mayAssert()) this.#isClaimed(block);
    super.releaseClaim(block);
  }

  override take(block: number, to: number): void {
    if (mayAssert()) {
      this.#isInUse(block);
      this.#rule(block, this.#word(block, 'COMMITTED') <= to, 'COMMITTED ≤ TAKEN', to);
      this.#rule(block, to <= rowsOf(this.#word(block, 'PUBLISHED')), 'TAKEN ≤ rows of PUBLISHED', to);
    }
    super.take(block, to);
  }

  override settle(block: number, to: number): void {
    if (mayAssert()) {
      this.#isInUse(block);
      const published = this.#word(block, 'PUBLISHED');
      this.#rule(block, this.#word(block, 'COMMITTED') <= to, 'COMMITTED only grows', to);
      this.#rule(block, to <= rowsOf(published), 'COMMITTED ≤ rows of PUBLISHED', to);
      this.#rule(block, isSealed(published) || to <= this.#word(block, 'TAKEN'), 'COMMITTED ≤ TAKEN', to);
    }
    super.settle(block, to);
  }

  override free(block: number): void {
    if (mayAssert()) {
      this.#isInUse(block);
      const published = this.#word(block, 'PUBLISHED');
      this.#rule(block, isSealed(published), 'only a sealed block is freed');
      this.#rule(block, this.#word(block, 'COMMITTED') === rowsOf(published), 'a free block holds no rows');
      this.#rule(block, this.#word(block, 'DEATHS') === 0, 'a free block remembers no deaths');
    }
    super.free(block);
  }

  override setDeaths(block: number, deaths: number): void {
    if (mayAssert()) this.#isClaimed(block);
    super.setDeaths(block, deaths);
  }

  override setSuspects(block: number, suspects: number): void {
    if (mayAssert()) this.#isClaimed(block);
    super.setSuspects(block, suspects);
  }

  override setHalf(block: number, half: number): void {
    if (mayAssert()) this.#isClaimed(block);
    super.setHalf(block, half);
  }

  #isOpening(block: number): void {
    const opens = this.id > 0 && this.#word(block, 'OWNER') === -this.id;
    this.#rule(block, opens, 'only the producer that opens the block writes');
  }

  #isOwned(block: number): void {
    this.#rule(block, this.id > 0 && this.#word(block, 'OWNER') === this.id, 'only the owner writes');
    const published = this.#word(block, 'PUBLISHED');
    this.#rule(block, !isSealed(published), 'a sealed block is not written to');
    // The claim's holder moves these two meanwhile, but never beyond what this thread has published.
    this.#rule(block, this.#word(block, 'TAKEN') <= published, 'TAKEN ≤ rows of PUBLISHED');
    this.#rule(block, this.#word(block, 'COMMITTED') <= published, 'COMMITTED ≤ rows of PUBLISHED');
  }

  #isClaimed(block: number): void {
    const holds = this.id !== 0 && this.#word(block, 'CLAIM') === this.id;
    this.#rule(block, holds, "only the claim's holder writes");
  }

  /** Claimed and not free, with words that agree. The owner may publish and seal meanwhile: each rule stays true. */
  #isInUse(block: number): void {
    this.#isClaimed(block);
    this.#rule(block, this.#word(block, 'OWNER') > 0, 'a free block has no rows to take');
    const committed = this.#word(block, 'COMMITTED');
    const taken = this.#word(block, 'TAKEN');
    const published = this.#word(block, 'PUBLISHED');
    this.#rule(block, committed >= 0, '0 ≤ COMMITTED');
    this.#rule(block, taken >= 0, '0 ≤ TAKEN');
    this.#rule(block, committed <= taken || isSealed(published), 'COMMITTED ≤ TAKEN');
    this.#rule(block, committed <= rowsOf(published), 'COMMITTED ≤ rows of PUBLISHED');
    this.#rule(block, taken <= rowsOf(published), 'TAKEN ≤ rows of PUBLISHED');
  }

  #word(block: number, name: Word): number {
    return this.words[headerAt(block) + header[name]] as number;
  }

  /** @param operand what the thread is about to store. */
  #rule(block: number, holds: boolean, rule: string, operand?: number): void {
    if (holds) return;
    const about = operand === undefined ? '' : ` would store ${operand}, and`;
    const words = (Object.keys(header) as Word[]).map((name) => `${name} ${this.#shown(block, name)}`);
    throw new Error(`block ${block}: thread ${this.id}${about} breaks "${rule}": ${words.join(', ')}`);
  }

  #shown(block: number, name: Word): string {
    const word = this.#word(block, name);
    return name === 'PUBLISHED' && isSealed(word) ? `${rowsOf(word)} SEALED` : String(word);
  }
}
