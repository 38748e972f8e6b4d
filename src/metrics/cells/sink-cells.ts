/**
 * Cells in shared memory that a sink changes exactly once for each batch, although its thread may die at any moment.
 *
 * A sink that only counts has no target that could tell a repeated batch from a new one. So its new values are stored
 * together with the batch's settlement:
 *
 *     stage: the sink names cells and their new values
 *     begin: note these and the batch's blocks; change the cells  ─▶  the blocks are settled  ─▶  end: cross out
 *
 * The thread that cleans up after a dead one does what the note says, which may be done twice, as values are absolute.
 * The blocks are released after the note is crossed out: as long as it stands, no other thread settles them.
 */

/** Plain data, to be posted. */
export interface SinkCellsMemory {
  readonly memory: SharedArrayBuffer;
  /** Float64 cells of one flusher; its set begins at `(flusher - 1) * each`. */
  readonly each: number;
}

/** Rows of a block that are settled with the batch: those before `to`. */
interface SettledBlock {
  readonly block: number;
  readonly to: number;
}

/** Words before the pairs of a note: how many blocks it has (0: no note stands), and how many cells. */
const blockCount = 0;
const cellCount = 1;
const firstPair = 2;

const bytes = Float64Array.BYTES_PER_ELEMENT;

function noteCells(each: number, blocks: number): number {
  return firstPair + 2 * (blocks + each);
}

/** Memory for the notes of all flushers. Its pages become memory as notes need them. */
export function createNotes({ each }: SinkCellsMemory, flushers: number, blocks: number): SharedArrayBuffer {
  return new SharedArrayBuffer(flushers * noteCells(each, blocks) * bytes);
}

export class SinkCells {
  readonly #cells: Float64Array;
  readonly #note: Float64Array;
  #staged: { readonly cells: ArrayLike<number>; readonly values: ArrayLike<number>; readonly count: number } =
    nothing;

  /**
   * @param flusher from 1.
   * @param blocks of the ring.
   */
  constructor({ memory, each }: SinkCellsMemory, notes: SharedArrayBuffer, flusher: number, blocks: number) {
    const size = noteCells(each, blocks);
    this.#cells = new Float64Array(memory, (flusher - 1) * each * bytes, each);
    this.#note = new Float64Array(notes, (flusher - 1) * size * bytes, size);
  }

  get(cell: number): number {
    return this.#cells[cell] as number;
  }

  /**
   * What the batch changes that `write` has: the last thing that it does. The arrays are read when the batch ends.
   * @param cells each named once; the first `count` of them.
   * @param values by the cell's number.
   */
  stage(cells: ArrayLike<number>, count: number, values: ArrayLike<number>): void {
    this.#staged = { cells, values, count };
  }

  /** Change the cells. @param blocks those of the batch, all of whose rows are about to be settled. */
  begin(blocks: readonly SettledBlock[]): void {
    const { cells, values, count } = this.#staged;
    this.#staged = nothing;
    const note = this.#note;
    let at = firstPair;
    for (const { block, to } of blocks) {
      note[at++] = block;
      note[at++] = to;
    }
    for (let i = 0; i < count; i++) {
      const cell = cells[i] as number;
      note[at++] = cell;
      note[at++] = values[cell] as number;
    }
    note[cellCount] = count;
    note[blockCount] = blocks.length;
    this.#change();
  }

  /** The blocks are settled. */
  end(): void {
    this.#note[blockCount] = 0;
  }

  /** Finish what a dead thread had begun. @param settle settles a block's rows before `to`, unless they are. */
  recover(settle: (block: number, to: number) => void): void {
    const note = this.#note;
    const blocks = note[blockCount] as number;
    if (blocks === 0) return;
    this.#change();
    for (let at = firstPair; at < firstPair + 2 * blocks; at += 2)
      settle(note[at] as number, note[at + 1] as number);
    this.end();
  }

  #change(): void {
    const note = this.#note;
    let at = firstPair + 2 * (note[blockCount] as number);
    const end = at + 2 * (note[cellCount] as number);
    for (; at < end; at += 2) this.#cells[note[at] as number] = note[at + 1] as number;
  }
}

const nothing = { cells: [], values: [], count: 0 };
