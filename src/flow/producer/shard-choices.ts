/**
 * Which shard each of a producer's last rows went to: it turns rows of shards back into places in the order in which
 * they were pushed.
 *
 * One byte a row. Of more than a million rows the oldest are forgotten; a program that asks about such rows learns how
 * many there were.
 */

/** Rows of a shard, one after the other, by their number among all of that shard. */
export interface ShardRows<T> {
  readonly first: number;
  readonly count: number;
  readonly what: T;
}

const leastRows = 1024;
const mostRows = 2 ** 20;

export class ShardChoices {
  /** By row, modulo its length, which is a power of two. */
  #choices = new Uint8Array(leastRows);
  /** Rows that were added. */
  #end = 0;
  /** Of each shard. */
  readonly #rows: number[];

  /** @param rows of each shard that came before. */
  constructor(rows: readonly number[]) {
    this.#rows = [...rows];
  }

  /** Rows of a shard that were added, and those before. */
  rowsOf(shard: number): number {
    return this.#rows[shard] as number;
  }

  /** Add the next rows, which went to a shard. */
  add(shard: number, count: number): void {
    this.#rows[shard] = (this.#rows[shard] as number) + count;
    const end = this.#end + count;
    if (end > this.#choices.length && this.#choices.length < mostRows) this.#grow(end);
    const { length } = this.#choices;
    const from = Math.max(this.#end, end - length);
    for (let row = from; row < end; row++) this.#choices[row & (length - 1)] = shard;
    this.#end = end;
  }

  /**
   * Find rows of shards by their places in the order of all rows, from a place on.
   *
   * @param back how many rows before the end that place is.
   * @param wanted of each shard, in order and apart from each other.
   * @param found receives them in order, with the place counted from there. Rows that are forgotten are left out.
   */
  find<T>(
    back: number,
    wanted: readonly (readonly ShardRows<T>[])[],
    found: (place: number, what: T) => void,
  ): void {
    const start = this.#end - back;
    const from = Math.max(start, this.#end - this.#choices.length, 0);
    const shards = this.#choices;
    const mask = shards.length - 1;
    const next = [...this.#rows];
    for (let row = from; row < this.#end; row++) {
      const shard = shards[row & mask] as number;
      next[shard] = (next[shard] as number) - 1;
    }
    const at = wanted.map(() => 0);
    for (let row = from; row < this.#end; row++) {
      const shard = shards[row & mask] as number;
      const number = next[shard] as number;
      next[shard] = number + 1;
      const rows = wanted[shard] as readonly ShardRows<T>[];
      let range = rows[at[shard] as number];
      while (range !== undefined && range.first + range.count <= number) {
        at[shard] = (at[shard] as number) + 1;
        range = rows[at[shard] as number];
      }
      if (range !== undefined && range.first <= number) found(row - start, range.what);
    }
  }

  #grow(rows: number): void {
    let { length } = this.#choices;
    while (length < rows && length < mostRows) length *= 2;
    const grown = new Uint8Array(length);
    // Nothing has been forgotten yet: rows stand at their own numbers.
    grown.set(this.#choices);
    this.#choices = grown;
  }
}
