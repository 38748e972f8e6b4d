/**
 * One typed array of each kind over a whole ring, so that compiled code stores at an index instead of
 * making views for each block.
 */

import type { ColumnType } from '../columns/columns.js';
import { elementBytes } from './block-layout.js';

export interface SharedViews {
  readonly I8: Int8Array;
  readonly U8: Uint8Array;
  readonly I16: Int16Array;
  readonly U16: Uint16Array;
  readonly I32: Int32Array;
  readonly U32: Uint32Array;
  readonly F32: Float32Array;
  readonly F64: Float64Array;
  readonly B64: BigInt64Array;
}

export type ViewName = keyof SharedViews;

const viewNames: Partial<Record<ColumnType, ViewName>> = {
  bool: 'U8',
  int8: 'I8',
  int16: 'I16',
  int32: 'I32',
  uint8: 'U8',
  uint16: 'U16',
  uint32: 'U32',
  float32: 'F32',
  float64: 'F64',
  bigint64: 'B64',
  timestamp: 'F64',
};

/** Which view holds a column's values. */
export function viewName(type: ColumnType): ViewName {
  return viewNames[type] ?? 'I32';
}

/** Index in the view of a column's element 0, for the block whose data starts at `base`. */
export function elementIndex(base: number, values: number, type: ColumnType): number {
  return (base + values) / elementBytes(type);
}

/** Views over a buffer whose length is a multiple of 8. */
export function viewsOf(buffer: SharedArrayBuffer): SharedViews {
  return {
    I8: new Int8Array(buffer),
    U8: new Uint8Array(buffer),
    I16: new Int16Array(buffer),
    U16: new Uint16Array(buffer),
    I32: new Int32Array(buffer),
    U32: new Uint32Array(buffer),
    F32: new Float32Array(buffer),
    F64: new Float64Array(buffer),
    B64: new BigInt64Array(buffer),
  };
}
