/**
 * What encoders of rows give: a writer of one batch, which writes the text or the bytes of each row.
 *
 * Encoders write from a batch's columns. They copy bytes of texts and make neither an object nor a string of a row.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { WireBuffer } from '../wire/wire-buffer.js';

/** Writes a value, or a row: a cell of row `row`. */
export type RowWrite = (into: WireBuffer, row: number) => void;

export interface RowWriter {
  /** Rows that the form cannot hold, each with its error; they must not be written. */
  readonly refused: ReadonlyMap<number, BadRowError>;
  readonly write: RowWrite;
}

/** An encoder of one schema's rows. */
export interface RowEncoder {
  of(batch: Batch): RowWriter;
}

/** A row that is refused for a value which its target cannot hold. No retry would help. */
export class BadRowError extends Error {
  override readonly name = 'BadRowError';
  readonly code = 'ERR_BAD_VALUE';
  readonly verdict = 'fatal';
  readonly reason = 'value';
  readonly stage = 'generate';

  constructor(column: string, why: string, options?: ErrorOptions) {
    super(`column "${column}" ${why}`, options);
  }
}
