/**
 * The values of a batch's column as SQLite takes them: null, number, bigint, string or bytes.
 */

import { textMode } from '../../schema/codec/text-codec.js';
import type { Column, ColumnType } from '../../schema/columns/columns.js';
import type { AnyColumn } from '../../schema/columns/views/any-column.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../../schema/columns/views/variable-column.js';
import type { Batch } from '../../schema/read/batch.js';

export type SqliteValue = null | number | bigint | string | Uint8Array;

/** From a row's number to the value of one column. */
type Values = (i: number) => SqliteValue;

/** A function from a row's number to the value of one column. */
export function columnValues(batch: Batch, name: string, { type }: Column): Values {
  return valuesOf[type](batch.columns[name], batch, name);
}

/** By type: the values of a column, given its view. */
const valuesOf = {
  bool: numbers,
  int8: numbers,
  int16: numbers,
  int32: numbers,
  uint8: numbers,
  uint16: numbers,
  uint32: numbers,
  float32: numbers,
  float64: numbers,
  bigint64: numbers,
  timestamp: numbers,
  label(view) {
    const { ids, dictionary } = view as LabelColumn;
    const texts = dictionary.map((text) => text.toWellFormed());
    return (i) => texts[ids[i] as number] ?? null;
  },
  string(view, batch) {
    const texts = view as TextColumn<null>;
    // better-sqlite3 would store a lone surrogate as its three WTF-8 bytes, on which other readers fail.
    if (batch.data.text.mode === textMode.wtf8) return (i) => texts.get(i)?.toWellFormed() ?? null;
    return (i) => texts.get(i);
  },
  json(view) {
    const { text } = view as JsonColumn<unknown, null>;
    return (i) => text.get(i);
  },
  bytes(view) {
    const bytes = view as BytesColumn<null>;
    return (i) => bytes.get(i);
  },
  any(view) {
    const values = view as AnyColumn<unknown, null>;
    return (i) => values.encoded(i);
  },
} satisfies Record<ColumnType, (view: unknown, batch: Batch, name: string) => Values>;

function numbers(view: unknown, batch: Batch, name: string): Values {
  const values = view as ArrayLike<number | bigint>;
  const validity = batch.validity[name];
  if (validity === undefined) return (i) => values[i] as number | bigint;
  return (i) => (isValid(validity, i) ? (values[i] as number | bigint) : null);
}
