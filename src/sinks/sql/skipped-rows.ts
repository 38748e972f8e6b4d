/**
 * The rows of a batch that its table had already: by their number, as far as the database tells which they were.
 */
export class SkippedRows {
  readonly #named: number[] = [];
  #others = 0;

  /** @param rows numbers in the batch. */
  name(rows: Iterable<number>): void {
    this.#named.push(...rows);
  }

  /** Rows of which the database says only how many there were. */
  count(rows: number): void {
    this.#others += rows;
  }

  /** As a sink answers it; undefined where there were none. */
  get answer(): number | readonly number[] | undefined {
    if (this.#others > 0) return this.#named.length + this.#others;
    return this.#named.length === 0 ? undefined : this.#named.sort((a, b) => a - b);
  }
}
