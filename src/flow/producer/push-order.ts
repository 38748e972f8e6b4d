/**
 * The order in which a producer's rows went to its shards, as far as it is remembered.
 *
 * Nothing is noted for a row that goes where the one before went: the shard's own count tells how many there are. A row
 * that waited for room comes in later and unseen, so shards with such calls are looked at before each note.
 */
import type { ProducerPosition } from '../api/producer.js';
import { ShardChoices, type ShardRows } from './shard-choices.js';

/** Rows in the order of all shards: `first` is counted from where the question began. */
interface OrderedRows<T> {
  readonly ranges: readonly ShardRows<T>[];
  /** Rows that were asked for, each once; those included that are forgotten. */
  readonly rows: number;
  /** Those that are forgotten. */
  readonly lost: number;
}

export class PushOrder {
  readonly #choices: ShardChoices;
  #current = 0;
  /** Calls whose events may come into a shard unseen. */
  #unseen = 0;

  /** @param shards tell how many rows have come into each. */
  constructor(private readonly shards: readonly { readonly rows: number }[]) {
    this.#choices = new ShardChoices(shards.map(({ rows }) => rows));
  }

  /** The next row goes to this shard, or the last one went there. */
  turnTo(shard: number): void {
    if (shard === this.#current) return;
    if (this.#unseen > 0) this.gather();
    else this.#note(this.#current);
    this.#current = shard;
  }

  /** Note all rows so far. */
  gather(): void {
    this.#note(this.#current);
    for (let shard = 0; shard < this.shards.length; shard++) this.#note(shard);
  }

  /** An event may come into a shard at any time until a call has ended. */
  unseenUntil(ended: Promise<void>): void {
    this.#unseen++;
    const end = () => {
      this.gather();
      this.#unseen--;
    };
    ended.then(end, end);
  }

  /**
   * Find rows of shards by their places in the order of all rows.
   *
   * @param since where the question begins.
   * @param wanted of each shard, in order, counted from there.
   * @param isSame whether rows may stand in one range.
   */
  find<T>(
    since: ProducerPosition,
    wanted: readonly (readonly ShardRows<T>[])[],
    isSame: (a: T, b: T) => boolean,
  ): OrderedRows<T> {
    this.gather();
    const own = wanted.map((ranges, shard) => apart(ranges, since.shards?.[shard]?.sequence ?? 0));
    const rows = own.flat().reduce((sum, { count }) => sum + count, 0);
    const all = this.shards.reduce((sum, shard) => sum + shard.rows, 0);
    const ranges: { first: number; count: number; what: T }[] = [];
    let found = 0;
    this.#choices.find(all - since.sequence, own, (place, what) => {
      found++;
      const last = ranges.at(-1);
      if (last !== undefined && last.first + last.count === place && isSame(last.what, what)) last.count++;
      else ranges.push({ first: place, count: 1, what });
    });
    return { ranges, rows, lost: rows - found };
  }

  #note(shard: number): void {
    const { rows } = this.shards[shard] as { readonly rows: number };
    const noted = this.#choices.rowsOf(shard);
    if (rows > noted) this.#choices.add(shard, rows - noted);
  }
}

/** Each row once, by its number in the shard: rows that were logged before a death are logged again. */
function apart<T>(ranges: readonly ShardRows<T>[], from: number): ShardRows<T>[] {
  const result: ShardRows<T>[] = [];
  let end = 0;
  for (const { first, count, what } of ranges) {
    const start = Math.max(from + first, end);
    const stop = from + first + count;
    if (stop <= start) continue;
    end = stop;
    result.push({ first: start, count: stop - start, what });
  }
  return result;
}
