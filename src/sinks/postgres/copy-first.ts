/**
 * Whether a batch whose duplicates are ignored is worth a COPY before the INSERT that ignores them.
 *
 * A COPY stores rows in less than half the time, and refuses a batch with any duplicate, which then costs both. So each
 * refusal keeps the next batches from COPY, twice as many as the one before, and each batch that passes half as many.
 */
import type { PreparedTable } from './prepared-table.js';

/** Most batches that go by INSERT after a refusal. The server logs each refusal as an error. */
const longestPause = 1024;

export class CopyFirst {
  /** Batches that go by INSERT after the next refusal. */
  #pause = 1;
  /** Batches that are still to go by INSERT. */
  #left = 0;

  /** @returns whether the next batch goes by COPY first. */
  isWorthIt({ copies, plan }: PreparedTable): boolean {
    if (!copies || plan.conflict.strategy !== 'ignore') return false;
    if (this.#left === 0) return true;
    this.#left--;
    return false;
  }

  passed(): void {
    this.#pause = Math.max(1, this.#pause / 2);
  }

  refused(): void {
    this.#left = this.#pause;
    this.#pause = Math.min(longestPause, 2 * this.#pause);
  }
}
