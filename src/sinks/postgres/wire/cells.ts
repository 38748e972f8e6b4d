/**
 * The values of a batch's column as the server's binary format has them: each a cell of its length and its bytes, or
 * of the length -1 for NULL. Arrays have the cells of one column one after another; COPY has those of one row. So
 * cells are written at places that the caller computes from their sizes.
 *
 * Nothing here makes an object or a text for a row.
 */
import { isValid } from '../../../schema/columns/views/validity.js';
import type { Validity } from '../../wire/byte-values.js';
import type { MessageBuffer } from './message-buffer.js';

/** The cells of one column of a batch. */
export interface Cells {
  /** Add the bytes of each cell to those of its row. */
  measure(sizes: Int32Array): void;
  /** Write each cell at its row's place, and move the place behind it. The room is there already. */
  write(into: MessageBuffer, places: Int32Array): void;
}

/** Bytes of a cell's length. */
export const lengthBytes = 4;
const absent = -1;

/** Add the bytes of cells of one width. */
export function measureFixed(sizes: Int32Array, validity: Validity, width: number): void {
  const whole = lengthBytes + width;
  if (validity === undefined) {
    for (let i = 0; i < sizes.length; i++) (sizes[i] as number) += whole;
    return;
  }
  for (let i = 0; i < sizes.length; i++) {
    (sizes[i] as number) += isValid(validity, i) ? whole : lengthBytes;
  }
}

/**
 * Begin a cell: write its length.
 * @returns the place of its bytes; -1 when it has none.
 */
export function beginCell(
  view: DataView,
  places: Int32Array,
  i: number,
  validity: Validity,
  width: number,
): number {
  const at = places[i] as number;
  if (!isValid(validity, i)) {
    view.setInt32(at, absent);
    places[i] = at + lengthBytes;
    return -1;
  }
  view.setInt32(at, width);
  places[i] = at + lengthBytes + width;
  return at + lengthBytes;
}
