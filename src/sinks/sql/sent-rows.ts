/**
 * The rows of a batch that a sink sends: all, or those that are left when bad ones are taken out and rows of one key
 * are made into one. Each remembers which of the batch's rows it stands for.
 */
import { Batch } from '../../schema/read/batch.js';
import { selectRows } from '../../schema/read/batch-select.js';
import { mergeRows, type Take } from '../../schema/read/merge-rows.js';
import { type KeyRows, rowsByKey } from '../../schema/read/rows-by-key.js';
import type { ConflictPlan } from './table-plan.js';

export class SentRows {
  private constructor(
    readonly batch: Batch,
    /** The batch's rows that each row stands for; undefined: each for the one of its number. */
    private readonly sources: readonly KeyRows[] | undefined,
  ) {}

  static of(batch: Batch): SentRows {
    return new SentRows(batch, undefined);
  }

  get length(): number {
    return this.batch.length;
  }

  /** The one row of the first batch that a row stands for; undefined when it stands for several. */
  sourceOf(row: number): number | undefined {
    if (this.sources === undefined) return row;
    const [source, ...more] = this.sources[row] as KeyRows;
    return more.length === 0 ? source : undefined;
  }

  /** The rows of the first batch that rows stand for. */
  sourcesOf(rows: Iterable<number>): number[] {
    return [...rows].flatMap((row) => this.sources?.[row] ?? [row]);
  }

  /** The same rows without some of them. */
  without(rows: ReadonlySet<number>): SentRows {
    if (rows.size === 0) return this;
    const chosen = Array.from({ length: this.length }, (_, row) => row).filter((row) => !rows.has(row));
    const { schema, data } = this.batch;
    const sources = chosen.map((row) => this.sources?.[row] ?? [row]);
    return new SentRows(new Batch(schema, selectRows(data, chosen)), sources);
  }

  /**
   * The rows as one statement may have them: each key once. What is stored is what rows sent one by one would have
   * left: the first is inserted, and each further one updates columns of it.
   */
  oneAKey({ strategy, key, updated, kept }: ConflictPlan): SentRows {
    if (key.length === 0 || strategy === 'error') return this;
    const groups = rowsByKey(this.batch, key);
    if (groups === undefined) return this;
    const taken = new Set(updated);
    const takeOf = (column: string): Take =>
      !taken.has(column) ? 'first' : kept.has(column) ? 'last-present' : 'last';
    const sources = groups.map((rows) => rows.flatMap((row) => this.sources?.[row] ?? [row]));
    return new SentRows(mergeRows(this.batch, groups, takeOf), sources);
  }
}
