/**
 * The types in which values travel to the server: of each its number, and the cells of a batch's column.
 */
import { bytesOf, type ColumnOfBatch, documentsOf, textsOf } from '../../wire/byte-values.js';
import { byteCells } from './byte-cells.js';
import type { Cells } from './cells.js';
import {
  bigintCells,
  boolCells,
  float4Cells,
  float8Cells,
  int2Cells,
  int4Cells,
  int8Cells,
  timestampCells,
} from './fixed-cells.js';

/** Numbers of types: they are the same in every database, as they are built in. */
export const wires = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  float4: 700,
  float8: 701,
  timestamp: 1114,
  timestamptz: 1184,
  jsonb: 3802,
} as const;

/** The name of a built-in type; `unnest` gets arrays of it. */
export type WireName = keyof typeof wires;

/** The version of jsonb's binary format, a byte in front of its text. */
const jsonbVersion = 1;

/** The cells of a column. */
export function cellsOf(wire: WireName, column: ColumnOfBatch): Cells {
  const { type, view, validity } = column;
  switch (wire) {
    case 'bool':
      return boolCells(view as Uint8Array, validity);
    case 'int2':
      return int2Cells(view as Int16Array, validity);
    case 'int4':
      return int4Cells(view as Int32Array, validity);
    case 'int8':
      return type === 'bigint64'
        ? bigintCells(view as BigInt64Array, validity)
        : int8Cells(view as Int32Array, validity);
    case 'float4':
      return float4Cells(view as Float32Array, validity);
    case 'float8':
      return float8Cells(view as Float64Array, validity);
    case 'timestamp':
    case 'timestamptz':
      return timestampCells(view as Float64Array, validity);
    case 'bytea':
      return byteCells(bytesOf(column));
    case 'text':
      return byteCells(textsOf(column, false));
    case 'jsonb':
      return byteCells(documentsOf(column, false), jsonbVersion);
    default:
      return wire satisfies never;
  }
}
