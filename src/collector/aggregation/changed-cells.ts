/**
 * The cells of one flusher as they will be when its batch has ended: changed here, and staged together.
 */
import type { SinkCells } from '../../metrics/cells/sink-cells.js';

export class ChangedCells {
  /** The values; `touch` each cell that is changed. */
  readonly values: Float64Array;
  /** The number of the batch that has changed a cell last. */
  readonly #touchedBy: Int32Array;
  readonly #changed: Int32Array;
  #count = 0;
  #batch = 0;

  constructor(
    private readonly shared: SinkCells,
    private readonly size: number,
  ) {
    this.values = new Float64Array(size);
    this.#touchedBy = new Int32Array(size);
    this.#changed = new Int32Array(size);
    this.reload();
  }

  /** Begin a batch. */
  begin(): void {
    this.#batch = (this.#batch + 1) | 0;
    this.#count = 0;
  }

  touch(cell: number): void {
    if (this.#touchedBy[cell] === this.#batch) return;
    this.#touchedBy[cell] = this.#batch;
    this.#changed[this.#count++] = cell;
  }

  add(cell: number, amount: number): void {
    this.values[cell] = (this.values[cell] as number) + amount;
    this.touch(cell);
  }

  set(cell: number, value: number): void {
    this.values[cell] = value;
    this.touch(cell);
  }

  /** Stage what the batch has changed. */
  stage(): void {
    this.shared.stage(this.#changed, this.#count, this.values);
  }

  /** Forget changes that were not staged. */
  reload(): void {
    for (let cell = 0; cell < this.size; cell++) {
      const value = this.shared.get(cell);
      // A store would make memory of pages that no series needs.
      if (this.values[cell] !== value) this.values[cell] = value;
    }
  }
}
