/**
 * What becomes of the rows of one batch: those that are sent, and what a sink answers of all of them.
 *
 * Not sent are rows with values that the database cannot hold, and rows whose identity an earlier row of the batch has:
 * a program that gives identities may push a row again while the first one waits. They end as that one does.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { WriteResult } from '../../sink.js';
import { SentRows } from './sent-rows.js';
import { SkippedRows } from './skipped-rows.js';
import type { TablePlan } from './table-plan.js';

export type RowFailure = WriteResult['failed'][number];

export class WriteAnswer {
  /** The rows to send. */
  readonly rows: SentRows;
  /** Receives the rows that are given up. */
  readonly failed: RowFailure[];
  /** Receives the rows that the table had already. */
  readonly skipped = new SkippedRows();
  /** Rows that are not sent, each with the number of the row that has its identity. */
  readonly #repeated: ReadonlyMap<number, number>;

  /** @param bad rows with values that the database cannot hold, each with its error. */
  constructor(batch: Batch, { identityColumn }: TablePlan, bad: ReadonlyMap<number, unknown>) {
    this.failed = Array.from(bad, ([index, error]) => ({ index, error }));
    this.#repeated = identityColumn === undefined ? new Map() : repeatedRows(batch);
    this.rows = SentRows.of(batch).without(new Set([...bad.keys(), ...this.#repeated.keys()]));
  }

  /** How many rows end with another one of their identity. */
  get repeated(): number {
    return this.#repeated.size;
  }

  /** The answer once the rows are stored; undefined when all of the batch are stored now. */
  result(): WriteResult | undefined {
    const { failed, skipped } = this;
    const errors = new Map(failed.map(({ index, error }) => [index, error]));
    for (const [row, first] of this.#repeated) {
      if (errors.has(first)) failed.push({ index: row, error: errors.get(first) });
      else skipped.name([row]);
    }
    const { answer } = skipped;
    if (answer !== undefined) return { failed, skipped: answer };
    return failed.length === 0 ? undefined : { failed };
  }
}

function repeatedRows(batch: Batch): ReadonlyMap<number, number> {
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
