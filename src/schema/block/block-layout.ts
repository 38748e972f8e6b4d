/**
 * Where the columns of a schema lie within a block.
 *
 *     0          8                                                       end
 *     ┌──────────┬──────────┬──────────┬───┬──────────────────────────────┐
 *     │ text mode│ column 0 │ column 1 │ … │ texts ──▶        ◀── blobs   │
 *     └──────────┴──────────┴──────────┴───┴──────────────────────────────┘
 *
 * A fixed-width column is `rows` elements. A label column holds dictionary ids. A text column holds the
 * byte position where each value ends; texts lie row after row, and column after column within a row, so
 * that each starts where the one before it ends; any values have a text, too. Bytes, any values, and labels for which
 * the dictionary has no place are records in the blob region, length first; their column holds the distance from the
 * block's end.
 */
import { type Column, type ColumnType, type FixedType, fixedTypes } from '../columns/columns.js';
import type { Schema } from '../columns/schema.js';

/** What a column's cells are in a block. */
type CellKind = 'fixed' | 'label' | 'text' | 'blob';

export interface Field {
  readonly name: string;
  readonly column: Column;
  readonly kind: CellKind;
  /** Byte offset within the block, a multiple of the element's size. */
  readonly values: number;
  /** Byte offset of one byte a row (1: has a value), for optional columns that are not labels. */
  readonly validity: number | undefined;
  /** Byte offset of where each value's text ends, for columns that have texts. */
  readonly textEnds: number | undefined;
}

export interface BlockLayout {
  readonly fields: readonly Field[];
  /** Int32 at this byte offset: the block's text mode. */
  readonly textMode: number;
  /** Byte range of texts and blobs. */
  readonly variableStart: number;
  readonly end: number;
}

/** Ids of a label column that are not dictionary ids: no value, and (below it) -1 - distance of a blob record. */
export const noLabel = -1;

function kindOf(type: ColumnType): CellKind {
  if (Object.hasOwn(fixedTypes, type)) return 'fixed';
  if (type === 'label') return 'label';
  return type === 'string' || type === 'json' ? 'text' : 'blob';
}

/** Bytes of one element of a column's values. */
export function elementBytes(type: ColumnType): number {
  return Object.hasOwn(fixedTypes, type)
    ? fixedTypes[type as FixedType].BYTES_PER_ELEMENT
    : Int32Array.BYTES_PER_ELEMENT;
}

/**
 * Lay out a block for `rows` rows of a schema.
 * @param variableBytes what is wanted for texts and blobs.
 * @param end the block's size, if it is given (blocks of one ring are of one size): the variable region gets the rest.
 */
export function layOut(schema: Schema, rows: number, variableBytes: number, end?: number): BlockLayout {
  let at = 8;
  const place = (bytes: number) => {
    const start = at;
    at = align(at + bytes);
    return start;
  };
  const fields = Object.entries(schema.columns).map(([name, column]): Field => {
    const kind = kindOf(column.type);
    const values = place(rows * elementBytes(column.type));
    const validity = column.nullable && kind !== 'label' ? place(rows) : undefined;
    const textEnds = kind === 'text' ? values : column.type === 'any' ? place(rows * 4) : undefined;
    return { name, column, kind, values, validity, textEnds };
  });
  return { fields, textMode: 0, variableStart: at, end: end ?? align(at + variableBytes) };
}

/** Bytes for texts and blobs when the configuration does not say: 64 a row and column, at least 64 KiB. */
export function defaultVariableBytes(schema: Schema, rows: number): number {
  const variable = Object.values(schema.columns).filter((column) => kindOf(column.type) !== 'fixed');
  const wide = variable.filter((column) => column.type !== 'label').length;
  // An any value is a whole event.
  const perRow = variable.some((column) => column.type === 'any') ? 256 : 64 * wide;
  return variable.length === 0 ? 0 : Math.max(64 * 1024, rows * perRow);
}

function align(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
