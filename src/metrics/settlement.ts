/**
 * Counts rows exactly once, although the thread may die at any moment between settling them in the ring and counting.
 *
 * Rows are counted first, so that whoever learns of their end finds them counted. But before they are counted, the
 * writer notes what its counters were:
 *
 *     begin: note block, row and old counts; count  ─▶  the ring's word is stored  ─▶  end: the note is crossed out
 *
 * Whoever cleans up after a dead writer looks whether the ring's word was stored, and takes the counts back if not.
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

  /** Count rows of a block, those before `to`, which are about to be settled. @param rows how many, by ending. */
  begin(blockNumber: number, to: number, rows: ArrayLike<number>): void {
    const cells = this.#cells;
    this.#endings.forEach((cell, i) => {
      cells[counts + i] = cells[cell] as number;
    });
    cells[upTo] = to;
    cells[block] = blockNumber + 1;
    this.#endings.forEach((cell, i) => {
      cells[cell] = (cells[cell] as number) + (rows[i] as number);
    });
  }

  /** They are settled. */
  end(): void {
    this.#cells[block] = 0;
  }

  /** Take back what a dead writer had counted too early. @param isSettled says how far a block's rows are settled. */
  recover(isSettled: (block: number, to: number) => boolean): void {
    const cells = this.#cells;
    const noted = cells[block] as number;
    if (noted !== 0 && !isSettled(noted - 1, cells[upTo] as number)) {
      this.#endings.forEach((cell, i) => {
        cells[cell] = cells[counts + i] as number;
      });
    }
    cells[block] = 0;
  }
}
