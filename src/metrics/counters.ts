/**
 * Counters in shared memory: each thread counts into cells of its own, the creating thread reads them all.
 *
 * A cell has one writer, so counting is a plain add, and reading needs no message and no lock: a busy
 * flusher or a blocked main thread changes nothing. A thread that takes a dead one's place goes on
 * counting where it stopped, so no counter ever goes down.
 *
 * Cells are Float64, exact up to 2^53. An aligned 8-byte store is one store on every processor that Node
 * runs on, so a reader sees the old or the new number.
 */

/** Cells of a producer. */
export const producerCell = { accepted: 0, rejected: 1, droppedNewest: 2, droppedOldest: 3 } as const;

/** Cells of a flusher. Lateness in milliseconds. */
export const flusherCell = {
  committed: 0,
  failed: 1,
  duplicates: 2,
  inFlight: 3,
  size: 4,
  deadline: 5,
  flush: 6,
  drain: 7,
  lateCount: 8,
  lateSum: 9,
  lateMax: 10,
} as const;

/** 128 bytes: no two writers on one pair of cache lines. */
const cellsPerWriter = 16;

export function createCounterMemory(writers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(writers * cellsPerWriter * Float64Array.BYTES_PER_ELEMENT);
}

/** The cells of one writer. */
export class Counters<Cell extends Readonly<Record<string, number>>> {
  readonly #cells: Float64Array;

  constructor(
    memory: SharedArrayBuffer,
    writer: number,
    private readonly names: Cell,
  ) {
    this.#cells = new Float64Array(
      memory,
      writer * cellsPerWriter * Float64Array.BYTES_PER_ELEMENT,
      cellsPerWriter,
    );
  }

  add(name: keyof Cell, amount: number): void {
    const cell = this.names[name] as number;
    this.#cells[cell] = (this.#cells[cell] as number) + amount;
  }

  raise(name: keyof Cell, value: number): void {
    const cell = this.names[name] as number;
    if (value > (this.#cells[cell] as number)) this.#cells[cell] = value;
  }

  get(name: keyof Cell): number {
    return this.#cells[this.names[name] as number] as number;
  }
}
