/**
 * Counts rows exactly once, although the thread may die at any moment between settling them in the ring and counting.
 *
 * Before the ring's word is stored the writer notes what its counters will be then:
 *
 *     begin: note block, row and new counts  ─▶  the ring's word is stored  ─▶  end: counts set, note crossed out
 *
 * Whoever cleans up after a dead writer looks whether the ring's word was stored, and finishes or forgets the note.
 * The note is crossed out before the block is let go, so as long as it stands, the word is nobody else's.
 */
import { type Counters, journalAt } from './counters.js';

const block = journalAt;
const upTo = journalAt + 1;
const counts = journalAt + 2;

export class Settlement<Cell extends Readonly<Record<string, number>>> {
  readonly #cells: Float64Array;
  readonly #endings: readonly number[];

  /** @param endings the cells that count rows by how their way ended; at most ten. */
  constructor(counters: Counters<Cell>, endings: readonly (keyof Cell)[]) {
    this.#cells = counters.cells;
    this.#endings = endings.map((name) => counters.names[name] as number);
  }

  /** Rows of a block, those before `to`, are about to be settled. @param rows how many of them, by ending. */
  begin(blockNumber: number, to: number, rows: ArrayLike<number>): void {
    this.#endings.forEach((cell, i) => {
      this.#cells[counts + i] = (this.#cells[cell] as number) + (rows[i] as number);
    });
    this.#cells[upTo] = to;
    this.#cells[block] = blockNumber + 1;
  }

  /** They are settled. */
  end(): void {
    this.#endings.forEach((cell, i) => {
      this.#cells[cell] = this.#cells[counts + i] as number;
    });
    this.#cells[block] = 0;
  }

  /** Finish what a dead writer had begun. @param isSettled whether a block's rows before `to` are settled. */
  recover(isSettled: (block: number, to: number) => boolean): void {
    const noted = this.#cells[block] as number;
    if (noted !== 0 && isSettled(noted - 1, this.#cells[upTo] as number)) this.end();
    this.#cells[block] = 0;
  }
}
