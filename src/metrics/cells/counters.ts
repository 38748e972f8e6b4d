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

/** Cells of a flusher. */
export const flusherCell = {
  committed: 0,
  deadLettered: 1,
  /** Given up where there are no dead letters. */
  failed: 2,
  duplicates: 3,
  /** Given back to the creating thread when the flow stopped. */
  handedBack: 4,
  /** In batches that this flusher holds at this moment. */
  inFlight: 5,
  /** Had been in flight when a thread of this flusher died. */
  redelivered: 6,
  /** Attempts after a batch's first. */
  retries: 7,
  size: 8,
  deadline: 9,
  flush: 10,
  drain: 11,
  /** Milliseconds. */
  lateMax: 12,
  /** A member of `circuitStates`, by its place. */
  circuit: 13,
  /** Batches that this flusher holds at this moment. */
  inFlightBatches: 14,
  /** Threads of this flusher that died. The supervisor. */
  restarts: 15,
  /** Batches that went out since a caller waited for their commit. */
  demand: 16,
  /** Flushes that hold rows which neither the sink nor the dead letters took at the last try. */
  unkept: 17,
  /** Of the committed rows, those that the target had already. */
  skipped: 18,
  /** When the sink last stored a batch, or rows of one were given up: milliseconds since the epoch; 0 before. */
  lastFlush: 19,
} as const;

/** Cells of a source's thread. The creating thread writes them only while no such thread lives. */
export const sourceCell = {
  received: 0,
  acknowledged: 1,
  handedBack: 2,
  /** Inputs that are no rows, and have ended. */
  refused: 3,
  /** Times that `run` failed, or the thread died. */
  restarts: 4,
  /** A member of `sourceStates`, by its place. */
  state: 5,
} as const;

/**
 * `waiting`: its `run` has failed, or its thread has died, and it is started again after a pause. `ended`: it has no
 * more, or the flow takes no more.
 */
export const sourceStates = ['waiting', 'running', 'ended'] as const;
export type SourceState = (typeof sourceStates)[number];

/** Two pairs of cache lines: no two writers on one. */
const cellsPerWriter = 32;
/** The last cells are the writer's journal (`settlement.ts`). */
export const journalAt = 22;
export const journalCells = cellsPerWriter - journalAt;

assertApart(producerCell);
assertApart(flusherCell);
assertApart(sourceCell);

/** @throws when two counters share a cell, or one has a cell of the journal: both would count wrong, unseen. */
export function assertApart(cells: Readonly<Record<string, number>>): void {
  const numbers = Object.values(cells);
  if (new Set(numbers).size < numbers.length) throw new Error('two counters have the same cell');
  if (Math.max(...numbers) >= journalAt)
    throw new Error(`a counter has a cell of the journal, from ${journalAt} on`);
}

export function createCounterMemory(writers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(writers * cellsPerWriter * Float64Array.BYTES_PER_ELEMENT);
}

/** Where the cells of a ring's producers are and, behind them, those of its flushers. */
export interface CellsOfRing {
  readonly memory: SharedArrayBuffer;
  readonly producers: number;
  readonly flushers: number;
}

/** The cells of one writer. */
export class Counters<Cell extends Readonly<Record<string, number>>> {
  readonly cells: Float64Array;

  constructor(
    memory: SharedArrayBuffer,
    writer: number,
    readonly names: Cell,
  ) {
    this.cells = new Float64Array(
      memory,
      writer * cellsPerWriter * Float64Array.BYTES_PER_ELEMENT,
      cellsPerWriter,
    );
  }

  add(name: keyof Cell, amount: number): void {
    const cell = this.names[name] as number;
    this.cells[cell] = (this.cells[cell] as number) + amount;
  }

  set(name: keyof Cell, value: number): void {
    this.cells[this.names[name] as number] = value;
  }

  raise(name: keyof Cell, value: number): void {
    const cell = this.names[name] as number;
    if (value > (this.cells[cell] as number)) this.cells[cell] = value;
  }

  get(name: keyof Cell): number {
    return this.cells[this.names[name] as number] as number;
  }
}
