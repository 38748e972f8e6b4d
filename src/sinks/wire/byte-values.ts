/**
 * The bytes of a column's values for a message: where the batch has them, or made one by one where the database cannot
 * hold some as they are.
 */
import type { ColumnType } from '../../schema/columns/columns.js';
import type { AnyColumn } from '../../schema/columns/views/any-column.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import type { RawBytes } from '../../schema/columns/views/raw-bytes.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../../schema/columns/views/variable-column.js';
import { mayBeBad, replaceBad, replaceBadEscapes } from './bad-text.js';

/** Which rows have a value; undefined: all. */
export type Validity = Uint8Array | undefined;

export type ByteValues =
  /** Row `i` has the bytes of number `i`. */
  | { readonly form: 'rows'; readonly raw: RawBytes; readonly validity: Validity }
  /** Row `i` has the bytes of number `ids[i]`; -1: none. */
  | { readonly form: 'ids'; readonly raw: RawBytes; readonly ids: Int32Array }
  /** Null: no value. */
  | { readonly form: 'made'; readonly values: readonly (Uint8Array | null)[] };

/** A column of a batch. */
export interface ColumnOfBatch {
  readonly type: ColumnType;
  /** What `batch.columns` has of it. */
  readonly view: unknown;
  readonly validity: Validity;
  readonly rows: number;
}

/** The bytes of a bytes or any column. */
export function bytesOf({ type, view, validity, rows }: ColumnOfBatch): ByteValues {
  if (type !== 'any') return { form: 'rows', raw: (view as BytesColumn<null>).raw, validity };
  // Each value is packed alone.
  const any = view as AnyColumn<unknown, null>;
  return { form: 'made', values: Array.from({ length: rows }, (_, i) => any.encoded(i)) };
}

/** The texts of a label, string or json column. @param nul whether the database holds NUL. */
export function textsOf(column: ColumnOfBatch, nul: boolean): ByteValues {
  const { type, view, validity, rows } = column;
  if (type === 'label') return labelTexts(view as LabelColumn<null>, nul);
  const texts = textColumn(type, view);
  const { raw } = texts;
  if (!mayBeBad(raw, nul)) return { form: 'rows', raw, validity };
  return made(texts, rows, (text) => replaceBad(text, nul));
}

/**
 * The texts of a json, label or string column for a database that reads escapes. A document has no NUL and no lone
 * surrogate but escaped.
 *
 * @param nul whether the database holds NUL.
 */
export function documentsOf(column: ColumnOfBatch, nul: boolean): ByteValues {
  const { type, view, validity, rows } = column;
  const texts = textColumn(type, view);
  const { raw } = texts;
  const bytes = Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
  const escaped = bytes.includes('\\ud') || bytes.includes('\\uD') || (!nul && bytes.includes('\\u0000'));
  if (!escaped) return { form: 'rows', raw, validity };
  return made(texts, rows, (text) => replaceBadEscapes(text, nul));
}

/** A JSON document is stored by its text. */
function textColumn(type: ColumnType, view: unknown): TextColumn<null> {
  return type === 'json' ? (view as JsonColumn<unknown, null>).text : (view as TextColumn<null>);
}

function labelTexts({ raw, dictionary, ids }: LabelColumn<null>, nul: boolean): ByteValues {
  if (!mayBeBad(raw, nul)) return { form: 'ids', raw, ids };
  const texts = dictionary.map((text) => Buffer.from(replaceBad(text, nul)));
  return { form: 'made', values: Array.from(ids, (id) => texts[id] ?? null) };
}

function made(texts: TextColumn<null>, rows: number, change: (text: string) => string): ByteValues {
  const values = Array.from({ length: rows }, (_, i) => {
    const text = texts.get(i);
    return text === null ? null : Buffer.from(change(text));
  });
  return { form: 'made', values };
}
