/**
 * The setting `sharding`, as types: how rows are spread over several rings of one flow.
 */

/**
 * Several rings in one flow, the shards, each with one flusher and one batch in flight. Rows of one key meet the same
 * shard, and so they go out in the order in which a producer pushed them.
 */
export interface Sharding<Event> {
  /**
   * Shards, and so flushers: 1 to 64. `bufferSize`, `bufferBytes` and `highWatermark` are divided among them,
   * `flushSize` holds for each.
   */
  shards: number;
  /**
   * Which shard a row goes to. `hash`: by the values of `key`; `round-robin`: one after the other; `least-loaded`: the
   * one with the fewest blocks in use. A function of the event returns the number of the shard, from 0; it runs in
   * each producer's thread from its source text. Default: `hash` where there is a `key`, otherwise `round-robin`.
   */
  by?: 'hash' | 'round-robin' | 'least-loaded' | ((event: Event) => number);
  /** Columns for `hash`, in each schema of the flow; none of `t.json()` or `t.any()`. */
  key?: ColumnName<Event> | readonly ColumnName<Event>[];
}

type ColumnName<Event> = Event extends object ? keyof Event & string : never;

/** The setting as `flow.settings()` shows it: plain data. */
export interface ShownSharding {
  readonly shards: number;
  readonly by:
    | 'round-robin'
    | 'least-loaded'
    | { readonly key: readonly string[] }
    | { readonly source: string };
}
