/**
 * The types in which values travel to the server: of each its number, and the cells of a batch's column.
 */
import type { ColumnType } from '../../../schema/columns/columns.js';
import type { AnyColumn } from '../../../schema/columns/views/any-column.js';
import type { LabelColumn } from '../../../schema/columns/views/label-column.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../../../schema/columns/views/variable-column.js';
import { mayBeBad, replaceBad, replaceBadEscapes } from '../../sql/bad-text.js';
import { byteCells, labelCells, madeCells } from './byte-cells.js';
import type { Cells, Validity } from './cells.js';
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

/**
 * The cells of a column.
 *
 * @param view the column's view in the batch.
 */
export function cellsOf(
  type: ColumnType,
  wire: WireName,
  view: unknown,
  validity: Validity,
  rows: number,
): Cells {
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
      return type === 'any' ? anyCells(view as AnyColumn<unknown, null>, rows) : bytesCells(view, validity);
    case 'text':
      return type === 'label'
        ? labelTexts(view as LabelColumn<null>)
        : textCells(textsOf(type, view), validity, rows);
    case 'jsonb':
      return jsonbCells(textsOf(type, view), validity, rows);
    default:
      return wire satisfies never;
  }
}

/** A JSON document is stored by its text. */
function textsOf(type: ColumnType, view: unknown): TextColumn<null> {
  return type === 'json' ? (view as JsonColumn<unknown, null>).text : (view as TextColumn<null>);
}

function bytesCells(view: unknown, validity: Validity): Cells {
  return byteCells((view as BytesColumn<null>).raw, validity);
}

/** Each value is packed alone. */
function anyCells(view: AnyColumn<unknown, null>, rows: number): Cells {
  return madeCells(Array.from({ length: rows }, (_, i) => view.encoded(i)));
}

function textCells(texts: TextColumn<null>, validity: Validity, rows: number): Cells {
  const { raw } = texts;
  if (!mayBeBad(raw, false)) return byteCells(raw, validity);
  return madeCells(made(texts, rows, (text) => replaceBad(text, false)));
}

/** A document has no NUL and no lone surrogate but escaped. The server reads escapes. */
function jsonbCells(texts: TextColumn<null>, validity: Validity, rows: number): Cells {
  const { raw } = texts;
  const bytes = Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
  if (!(bytes.includes('\\u0000') || bytes.includes('\\ud'))) return byteCells(raw, validity, jsonbVersion);
  return madeCells(made(texts, rows, replaceBadEscapes), jsonbVersion);
}

function labelTexts(view: LabelColumn<null>): Cells {
  const { raw, dictionary, ids } = view;
  if (!mayBeBad(raw, false)) return labelCells(ids, raw);
  const texts = dictionary.map((text) => Buffer.from(replaceBad(text, false)));
  return madeCells(Array.from(ids, (id) => texts[id] ?? null));
}

function made(texts: TextColumn<null>, rows: number, change: (text: string) => string): (Buffer | null)[] {
  return Array.from({ length: rows }, (_, i) => {
    const text = texts.get(i);
    return text === null ? null : Buffer.from(change(text));
  });
}
