/**
 * The setting `dedupe`, as types: which rows of a batch are duplicates, and which of them is kept.
 */

type ColumnOf<Row> = Row extends object ? keyof Row & string : never;
type DedupeBy<Row> = ColumnOf<Row> | readonly ColumnOf<Row>[] | ((row: Row) => unknown);

/** How duplicates of one schema are known, and what becomes of them. */
export interface DedupeOfSchema<Row> {
  /**
   * A column's name, names of several, or a function of the row, which runs in the flusher and cannot use variables
   * from outside. A row without a value in one of the columns is like no other; so is one for which the function
   * returns null or undefined.
   */
  by?: DedupeBy<Row>;
  /**
   * Which row goes to the sink for a key: the last, the first, or one `merge`d of all. That one has of each column the
   * value of the last row that has one, and the last row's identity.
   */
  keep?: 'last' | 'first' | 'merge';
}

/**
 * Of the rows of a batch that share a key, keep one. The others end together with it, and count as dropped, reason
 * `duplicate`. Such a batch is full when it has `flushSize` different keys. It goes out early when the ring is full.
 *
 * Rows of one key may come in two batches. A sink that is to have one row for each key updates by it:
 * `conflict: 'update'` of the SQL sinks, and `absent: 'keep'` with `merge`.
 */
export interface Dedupe<Row> extends DedupeOfSchema<Row> {
  /** Needed unless `schemas` is given; then it is for all other schemas, and without it each of their rows is kept. */
  by?: DedupeBy<Row>;
  /** Default `last`. */
  keep?: 'last' | 'first' | 'merge';
  /** By the schemas' names: rules of their own, or false. What a rule leaves out is as it is for all others. */
  schemas?: Readonly<Record<string, (Row extends unknown ? DedupeOfSchema<Row> : never) | false>>;
}

/** The setting needs a key for at least one schema. */
export type DedupeBySomething<Row> = Dedupe<Row> & ({ by: DedupeBy<Row> } | { schemas: object });

/** How duplicates are known; a function is its source text. */
export type ShownRule = Readonly<{
  by: Readonly<{ columns: readonly string[] } | { source: string }>;
  keep: 'last' | 'first' | 'merge';
}>;

/** The setting as `flow.settings()` shows it. `by` is undefined where each schema has a rule of its own. */
export type ShownDedupe = Readonly<{
  by: ShownRule['by'] | undefined;
  keep: ShownRule['keep'];
  schemas: Readonly<Record<string, ShownRule | false>>;
}>;
