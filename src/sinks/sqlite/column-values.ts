/**
 * The values of a batch's column as SQLite takes them: null, number, bigint, string or bytes.
 */

import { textMode } from '../../schema/codec/text-codec.js';
import type { Column } from '../../schema/columns/columns.js';
import type { AnyColumn } from '../../schema/columns/views/any-column.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../../schema/columns/views/variable-column.js';
import type { Batch } from '../../schema/read/batch.js';

export type SqliteValue = null | number | bigint | string | Uint8Array;

/** A function from a row's number to the value of one column. */
export function columnValues(batch: Batch, name: string, column: Column): (i: number) => SqliteValue {
  const view: unknown = batch.columns[name];
  switch (column.type) {
    case 'label': {
      const { ids, dictionary } = view as LabelColumn;
      const texts = dictionary.map((text) => text.toWellFormed());
      return (i) => texts[ids[i] as number] ?? null;
    }
    case 'string': {
      const texts = view as TextColumn<null>;
      // better-sqlite3 would store a lone surrogate as its three WTF-8 bytes, on which other readers fail.
      if (batch.data.text.mode === textMode.wtf8) return (i) => texts.get(i)?.toWellFormed() ?? null;
      return (i) => texts.get(i);
    }
    case 'json': {
      const { text } = view as JsonColumn<unknown, null>;
      return (i) => text.get(i);
    }
    case 'bytes': {
      const bytes = view as BytesColumn<null>;
      return (i) => bytes.get(i);
    }
    case 'any': {
      const values = view as AnyColumn<unknown, null>;
      return (i) => values.encoded(i);
    }
    default: {
      const values = view as ArrayLike<number | bigint>;
      const validity = batch.validity[name];
      if (validity === undefined) return (i) => values[i] as number | bigint;
      return (i) => (isValid(validity, i) ? (values[i] as number | bigint) : null);
    }
  }
}
