/**
 * Counts rows exactly once, although the thread may die at any moment between settling them in the ring and counting.
 *
 * Rows are counted first, so that whoever learns of their end finds them counted. But before they are counted, the
 * writer notes what is to be done:
 *
 *     begin: note block, row and new counts; count  ─▶  the ring's word is stored  ─▶  end: the note is crossed out
 *
 * Whoever cleans up after a dead writer does what the note says, which may be done twice. So no counter ever goes down,
 * and rows that had ended are not delivered again. The note is crossed out before the block is let go: as long as it
 * stands, the word is nobody else's.
 */
import { type Counters, journalAt, journalCells } from './counters.js';

const block = journalAt;
const upTo = journalAt + 1;
const counts = journalAt + 2;
const maxEndings = journalCells - 2;

export class Settlement<Cell extends Readonly<Record<string, number>>> {
  readonly #cells: Float64Array;
  readonly #endings: readonly number[];

  /**
   * @param endings the cells that count rows by how their way ended.
   * @throws when the journal has no cells for all of them: the rest would not be noted.
   */
  constructor(counters: Counters<Cell>, endings: readonly (keyof Cell)[]) {
    if (endings.length > maxEndings)
      throw new Error(`a journal notes ${maxEndings} endings, not ${endings.length}`);
    this.#cells = counters.cells;
    this.#endings = endings.map((name) => counters.names[name] as number);
  }

  /** Count rows of a block, those before `to`, which are about to be settled. @param rows how many, by ending. */
  begin(blockNumber: number, to: number, rows: ArrayLike<number>): void {
    const cells = this.#cells;
    this.#endings.forEach((cell, i) => {
      cells[counts + i] = (cells[cell] as number) + (rows[i] as number);
    });
    cells[upTo] = to;
    cells[block] = blockNumber + 1;
    this.#count();
  }

  /** They are settled. */
  end(): void {
    this.#cells[block] = 0;
  }

  /** Finish what a dead writer had begun. @param settle settles a block's rows before `to`, in its place. */
  recover(settle: (block: number, to: number) => void): void {
    const noted = this.#cells[block] as number;
    if (noted === 0) return;
    this.#count();
    settle(noted - 1, this.#cells[upTo] as number);
    this.end();
  }

  #count(): void {
    this.#endings.forEach((cell, i) => {
      this.#cells[cell] = this.#cells[counts + i] as number;
    });
  }
}
