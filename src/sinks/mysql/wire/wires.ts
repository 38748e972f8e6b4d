/**
 * The types in which values travel to the server: of each its number, and the cells of a batch's column.
 */
import { bytesOf, type ColumnOfBatch, documentsOf, textsOf } from '../../wire/byte-values.js';
import { byteCells } from './byte-cells.js';
import type { Cells, Lead } from './cells.js';
import {
  bigintCells,
  byteNumberCells,
  doubleCells,
  floatCells,
  longCells,
  shortCells,
} from './fixed-cells.js';
import { timeCells } from './time-cells.js';

const unsigned = 0x80;

/** The number of each type, and whether it is unsigned. */
export const wires = {
  tiny: [1, 0],
  utiny: [1, unsigned],
  short: [2, 0],
  ushort: [2, unsigned],
  long: [3, 0],
  ulong: [3, unsigned],
  longlong: [8, 0],
  float: [4, 0],
  double: [5, 0],
  datetime: [12, 0],
  text: [253, 0],
  /** Its text is read as JSON. */
  json: [253, 0],
  blob: [252, 0],
} as const;

export type WireName = keyof typeof wires;

/** The cells of a column. */
export function cellsOf(wire: WireName, column: ColumnOfBatch, lead: Lead): Cells {
  const { view, validity } = column;
  switch (wire) {
    case 'tiny':
    case 'utiny':
      return byteNumberCells(view as Uint8Array, validity, lead);
    case 'short':
    case 'ushort':
      return shortCells(view as Int16Array, validity, lead);
    case 'long':
    case 'ulong':
      return longCells(view as Int32Array, validity, lead);
    case 'longlong':
      return bigintCells(view as BigInt64Array, validity, lead);
    case 'float':
      return floatCells(view as Float32Array, validity, lead);
    case 'double':
      return doubleCells(view as Float64Array, validity, lead);
    case 'datetime':
      return timeCells(view as Float64Array, validity, lead);
    case 'text':
      return byteCells(textsOf(column, true), lead);
    case 'json':
      return byteCells(documentsOf(column, true), lead);
    case 'blob':
      return byteCells(bytesOf(column), lead);
    default:
      return wire satisfies never;
  }
}
