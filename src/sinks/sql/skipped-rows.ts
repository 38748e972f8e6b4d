/**
 * The rows of a batch that its table had already: by their number, as far as the database tells which they were.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { WriteResult } from '../../sink.js';

export type RowFailure = WriteResult['failed'][number];

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

/**
 * Rows whose identity an earlier row of the batch has, with that row's number: a program that gives identities may push
 * a row again while the first one waits.
 */
export function repeatedRows(batch: Batch): ReadonlyMap<number, number> {
  const repeated = new Map<number, number>();
  // The engine's own identities never repeat.
  if (batch.data.identities.given === undefined) return repeated;
  const firsts = new Map<string, number>();
  for (let row = 0; row < batch.length; row++) {
    const id = batch.identity(row);
    const first = firsts.get(id);
    if (first === undefined) firsts.set(id, row);
    else repeated.set(row, first);
  }
  return repeated;
}

/** Let repeated rows end as those that they repeat. */
export function endRepeated(
  repeated: ReadonlyMap<number, number>,
  failed: RowFailure[],
  skipped: SkippedRows,
): void {
  const errors = new Map(failed.map(({ index, error }) => [index, error]));
  for (const [row, first] of repeated) {
    if (errors.has(first)) failed.push({ index: row, error: errors.get(first) });
    else skipped.name([row]);
  }
}

/** The answer of a write; undefined when all rows are stored now. */
export function writeResult(failed: RowFailure[], { answer }: SkippedRows): WriteResult | undefined {
  if (answer !== undefined) return { failed, skipped: answer };
  return failed.length === 0 ? undefined : { failed };
}
