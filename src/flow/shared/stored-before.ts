/**
 * Which rows of a producer the target had already when they came to it: for callers that tell their clients.
 *
 * A log as that of rows given up, of flows whose events bring identities along. Other flows have none, and do not pay
 * for it.
 */
import type { RowRange } from '../api/producer.js';
import { RowLog } from './row-log.js';

export class StoredBefore {
  readonly #log: RowLog | undefined;

  /** @param memory undefined where no such rows are logged. */
  constructor(memory: SharedArrayBuffer | undefined) {
    this.#log = memory && new RowLog(memory);
  }

  /** Whether rows are logged at all. */
  get isKept(): boolean {
    return this.#log !== undefined;
  }

  /**
   * Log `count` rows of a producer from its row number `first` on.
   *
   * @param all whether the target had each of them; false where it says only how many it had.
   */
  add(slot: number, first: number, count: number, all: boolean): void {
    this.#log?.add(slot, first, count, '', all);
  }

  /** How many entries the log of a producer has had; wrapping. */
  logged(slot: number): number {
    return this.#log?.logged(slot) ?? 0;
  }

  /**
   * Which of a producer's rows `[from, to)` were there, by the log's entries after the first `seen`, in order.
   *
   * @returns undefined where that cannot be told.
   */
  between(slot: number, from: number, to: number, seen: number): readonly RowRange[] | undefined {
    if (this.#log === undefined) return undefined;
    const { known, unknown } = this.#log.between(slot, from, to, seen);
    // `all` lies where the log of rows given up has `deadLettered`.
    if (unknown > 0 || known.some(({ deadLettered }) => !deadLettered)) return undefined;
    return joined(known);
  }
}

/** Ranges in order, each row once: rows of a flusher that died before they were settled are logged again. */
function joined(ranges: readonly RowRange[]): RowRange[] {
  const result: RowRange[] = [];
  let end = 0;
  for (const { first, count } of ranges) {
    const start = Math.max(first, end);
    if (first + count <= start) continue;
    end = first + count;
    result.push({ first: start, count: end - start });
  }
  return result;
}
