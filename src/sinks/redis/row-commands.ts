/**
 * Commands of a batch's rows: what a sink's way of writing makes of a batch.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { WireBuffer } from '../wire/wire-buffer.js';

/** The commands of one batch. */
export interface RowCommands {
  /** Rows of which no command can be made, each with its error. */
  readonly bad: ReadonlyMap<number, Error>;
  /** Write the commands of a row that is not bad. */
  write(into: WireBuffer, row: number): void;
}

/** Makes commands of batches of one schema. */
export interface RowEncoder {
  /** How many commands, and so replies, a row has. */
  readonly commandsOfRow: number;
  /** Whether the first command's reply without a value says that the target keeps what it has. */
  readonly skips: boolean;
  encode(batch: Batch): RowCommands;
}
