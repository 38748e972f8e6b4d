/**
 * Where the columns of a schema lie within a block.
 *
 *     0           4          8                                                       end
 *     ┌───────────┬──────────┬──────────┬──────────┬───┬──────────────────────────────┐
 *     │ text mode │ extended │ column 0 │ column 1 │ … │ texts ──▶        ◀── blobs   │
 *     └───────────┴──────────┴──────────┴──────────┴───┴──────────────────────────────┘
 *
 * A fixed-width column is `rows` elements. A label column holds dictionary ids. A text column holds the
 * byte position where each value ends; texts lie row after row, and column after column within a row, so
 * that each starts where the one before it ends; any values have a text, too. Bytes, any values, and labels for which
 * the dictionary has no place are records in the blob region, length first; their column holds the distance from the
 * region's end.
 *
 * Texts and blobs of an event that is too large for this region lie in the block's extent, and so do those of all other
 * rows of that block. The block is extended while it is empty, and until it is free again.
 */
import { type ArrayName, arrayTypes } from '../codec/array-types.js';
import type { Column } from '../columns/columns.js';
import { identityBytes } from '../columns/row-identity.js';
import type { Schema } from '../columns/schema.js';
import type { CellKind, TypeSpec } from '../columns/types/spec.js';
import { type ColumnType, specOf } from '../columns/types/table.js';
import { cellKinds } from './cell-kinds.js';

export interface Field {
  readonly name: string;
  readonly type: ColumnType;
  readonly spec: TypeSpec;
  readonly nullable: boolean;
  /** What the column's cells are, and the typed array that they are elements of: the spec's. */
  readonly kind: CellKind;
  readonly array: ArrayName;
  /** Bytes of a cell. */
  readonly cellBytes: number;
  /** Byte offset within the block, a multiple of `cellBytes`. */
  readonly values: number;
  /** Byte offset of one byte a row (1: has a value), for optional columns that are not labels. */
  readonly validity: number | undefined;
  /** Byte offset of where each value's text ends, for columns that have texts. */
  readonly textEnds: number | undefined;
}

/** The hidden column of identities that events bring along, by byte offsets within the block. */
export interface IdentityPlace {
  /** One byte a row (1: its event has brought one). */
  readonly validity: number;
  /** 25 bytes a row. */
  readonly values: number;
}

export interface BlockLayout {
  readonly fields: readonly Field[];
  /** Undefined where the flow takes no identities. */
  readonly identity: IdentityPlace | undefined;
  /** Int32 at this byte offset: the block's text mode. */
  readonly textMode: number;
  /** Int32 at this byte offset: 1 when texts and blobs lie in the block's extent, otherwise 0. */
  readonly extended: number;
  /** Byte range of texts and blobs. */
  readonly variableStart: number;
  readonly end: number;
}

/** Bytes of the position where a text ends. */
export const textEndBytes = Int32Array.BYTES_PER_ELEMENT;

/** Ids of a label column that are not dictionary ids: no value, and (below it) -1 - distance of a blob record. */
export const noLabel = -1;

/**
 * Lay out a block for `rows` rows of a schema.
 * @param variableBytes what is wanted for texts and blobs.
 * @param end the block's size, if it is given (blocks of one ring are of one size): the variable region gets the rest.
 * @param given whether events may bring identities along.
 */
export function layOut(
  schema: Schema,
  rows: number,
  variableBytes: number,
  end?: number,
  given = false,
): BlockLayout {
  let at = 8;
  const place = (bytes: number) => {
    const start = at;
    at = align(at + bytes);
    return start;
  };
  const fieldOf = (name: string, { type, nullable }: Column, spec: TypeSpec): Field => {
    const { cell: kind, array } = spec;
    const cellBytes = arrayTypes[array].BYTES_PER_ELEMENT;
    const values = place(rows * cellBytes);
    const needs = cellKinds[kind];
    const validity = nullable && needs.validity ? place(rows) : undefined;
    const textEnds =
      needs.textEnd === 'cell' ? values : needs.textEnd === 'beside' ? place(rows * textEndBytes) : undefined;
    return { name, type, spec, nullable, kind, array, cellBytes, values, validity, textEnds };
  };
  const fields = Object.entries(schema.columns).map(([name, column]) =>
    fieldOf(name, column, specOf(column.type)),
  );
  const identity = given ? { validity: place(rows), values: place(rows * identityBytes) } : undefined;
  return {
    fields,
    identity,
    textMode: 0,
    extended: 4,
    variableStart: at,
    end: end ?? align(at + variableBytes),
  };
}

/** Bytes for texts and blobs when the configuration does not say: 64 a row and column, at least 64 KiB. */
export function defaultVariableBytes(schema: Schema, rows: number): number {
  // Labels usually take nothing; those that their dictionary cannot take do.
  const least = isFixed(schema) ? 0 : 64 * 1024;
  return Math.max(least, rows * usualRowBytes(schema));
}

/** Bytes for texts and blobs of so many usual rows. */
export function usualVariableBytes(schema: Schema, rows: number): number {
  return rows * usualRowBytes(schema);
}

/** Whether rows have no texts, blobs and labels. */
function isFixed(schema: Schema): boolean {
  return kindsOf(schema).every((kind) => kind === 'fixed');
}

function kindsOf({ columns }: Schema) {
  return Object.values(columns).map(({ type }) => specOf(type).cell);
}

/** 0 where rows have no texts and blobs. */
function usualRowBytes(schema: Schema): number {
  const kinds = kindsOf(schema);
  // An any value is a whole event, whatever stands beside it.
  if (kinds.includes('any')) return cellKinds.any.usualBytes;
  return kinds.reduce((sum, kind) => sum + cellKinds[kind].usualBytes, 0);
}

/** Bytes of an event's texts, bytes and values, in all, that fit a block of default settings. */
const largestEvent = 2 ** 20;
/** Lengths and paddings of the records of an event: 8 bytes for each of at most 512 columns, and a head. */
const recordOverhead = 8192;

/** Bytes in which an event of `largestEvent` bytes fits, whatever it is; 0 where events have no texts and blobs. */
export function largestEventBytes(schema: Schema): number {
  const kinds = Object.values(schema.columns).map(({ type }) => cellKinds[specOf(type).cell]);
  const growth = Math.max(...kinds.map(({ mostGrowth }) => mostGrowth));
  return growth === 0 ? 0 : align(growth * largestEvent + recordOverhead);
}

function align(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
