/**
 * The values of a batch's column as the binary protocol has them. A row's cells lie one after another, so cells are
 * written at places that the caller computes from their sizes. Nothing here makes an object or a text for a row.
 *
 * In a bulk message each cell begins with a byte that says whether there is a value. For the parameters of a statement
 * a bitmap before them says it.
 */
import { isValid } from '../../../schema/columns/views/validity.js';
import type { Validity } from '../../wire/byte-values.js';
import type { WireBuffer } from '../../wire/wire-buffer.js';

/** Bytes in front of each cell. */
export type Lead = 0 | 1;

/** The cells of one column of a batch. */
export interface Cells {
  /** Add the bytes of each cell to those of its row. */
  measure(sizes: Int32Array): void;
  /** Write the cells of rows from `from` on, each at its place, and move the places behind them. The room is there. */
  write(into: WireBuffer, places: Int32Array, from: number): void;
  /** Whether a row has no value; undefined where each row has one. */
  readonly isAbsent: ((row: number) => boolean) | undefined;
}

const thereMark = 0;
const absentMark = 1;

/** Which rows have no value, by a bitmap of those that have one. */
export function absentIn(validity: Validity): Cells['isAbsent'] {
  return validity === undefined ? undefined : (row) => !isValid(validity, row);
}

/** Add the bytes of cells of one width. */
export function measureFixed(sizes: Int32Array, validity: Validity, lead: Lead, width: number): void {
  for (let i = 0; i < sizes.length; i++) {
    (sizes[i] as number) += isValid(validity, i) ? lead + width : lead;
  }
}

/**
 * Begin a cell, and move its place behind it.
 * @returns where its bytes go; -1 when it has none.
 */
export function beginCell(
  bytes: Uint8Array,
  places: Int32Array,
  i: number,
  isThere: boolean,
  lead: Lead,
  width: number,
): number {
  const at = places[i] as number;
  if (!isThere) {
    if (lead === 1) bytes[at] = absentMark;
    places[i] = at + lead;
    return -1;
  }
  if (lead === 1) bytes[at] = thereMark;
  places[i] = at + lead + width;
  return at + lead;
}
