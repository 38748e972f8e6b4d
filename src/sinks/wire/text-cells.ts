/**
 * The values of a batch's column as texts, for targets that take texts: one range of bytes a row, and no string a row.
 *
 * | column | text |
 * |---|---|
 * | bool | `1` or `0` |
 * | integers, bigint64 | decimal digits |
 * | float32, float64 | as JavaScript writes the number: `0.1`, `1e+21`, `-0`, `NaN`, `Infinity` |
 * | timestamp | `2026-01-31T12:00:00.123Z`, or milliseconds since 1970 with their fraction |
 * | label, string | UTF-8; a lone surrogate becomes U+FFFD |
 * | json | the document's own text |
 * | bytes | as they are |
 * | any | as `v8.serialize` writes the value |
 */

import { identityBytes } from '../../schema/columns/row-identity.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { Batch } from '../../schema/read/batch.js';
import { type ByteValues, bytesOf, type ColumnOfBatch, textsOf } from './byte-values.js';
import { type ByteSource, sourceOf } from './copy-bytes.js';
import { bigintTexts, numberTexts } from './number-texts.js';
import { isoTexts } from './time-texts.js';

/** Row `i` has the source's bytes from `starts[i]` to `ends[i]`; no value where `ends[i]` is -1. */
export interface TextCells {
  readonly source: ByteSource;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** How times are written. */
export type TimeFormat = 'iso' | 'ms';

/** The texts of a column of a batch. */
export function textCells(column: ColumnOfBatch, times: TimeFormat): TextCells {
  const { type, view, validity, rows } = column;
  switch (type) {
    case 'label':
    case 'string':
      return cellsOf(textsOf(column, true), rows);
    case 'json':
      return cellsOf({ form: 'rows', raw: (view as { text: { raw: RawRows } }).text.raw, validity }, rows);
    case 'bytes':
    case 'any':
      return cellsOf(bytesOf(column), rows);
    case 'bigint64':
      return without(bigintTexts(view as BigInt64Array), column);
    case 'timestamp':
      if (times === 'iso') return without(isoTexts(view as Float64Array), column);
      return without(numberTexts(view as Float64Array), column);
    default:
      return without(numberTexts(view as ArrayLike<number>), column);
  }
}

type RawRows = (ByteValues & { form: 'rows' })['raw'];

/** The identities of a batch's rows, as 34 characters of base64url each. */
export function identityCells(batch: Batch): TextCells {
  const rows = batch.length;
  const raw = Buffer.allocUnsafe(identityBytes);
  const view = new DataView(raw.buffer, raw.byteOffset, identityBytes);
  const width = Math.ceil((identityBytes * 8) / 6);
  const bytes = Buffer.allocUnsafe(rows * width);
  const starts = new Int32Array(rows);
  const ends = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    batch.writeIdentity(i, view, 0);
    writeBase64url(raw, bytes, i * width);
    starts[i] = i * width;
    ends[i] = (i + 1) * width;
  }
  return { source: sourceOf(bytes), starts, ends };
}

const digits = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

/** Write six bits a character, without padding. */
function writeBase64url(raw: Buffer, into: Buffer, from: number): void {
  let bits = 0;
  let held = 0;
  let at = from;
  for (let i = 0; i < raw.length; i++) {
    bits = ((bits << 8) | (raw[i] as number)) & 0xffff;
    held += 8;
    while (held >= 6) {
      held -= 6;
      into[at++] = digits[(bits >> held) & 63] as number;
    }
  }
  if (held > 0) into[at] = digits[(bits << (6 - held)) & 63] as number;
}

/** Cells whose rows without a value have none. */
function without(cells: TextCells, { validity, rows }: ColumnOfBatch): TextCells {
  if (validity === undefined) return cells;
  for (let i = 0; i < rows; i++) if (!isValid(validity, i)) cells.ends[i] = -1;
  return cells;
}

function cellsOf(values: ByteValues, rows: number): TextCells {
  if (values.form === 'made') return joined(values.values);
  const { raw } = values;
  const source = sourceOf(raw.bytes);
  if (values.form === 'ids') {
    const starts = new Int32Array(rows);
    const ends = new Int32Array(rows);
    for (let i = 0; i < rows; i++) {
      const id = values.ids[i] as number;
      starts[i] = id < 0 ? 0 : (raw.starts[id] as number);
      ends[i] = id < 0 ? -1 : (raw.ends[id] as number);
    }
    return { source, starts, ends };
  }
  const { validity } = values;
  if (validity === undefined) return { source, starts: raw.starts, ends: raw.ends };
  const ends = raw.ends.slice();
  for (let i = 0; i < rows; i++) if (!isValid(validity, i)) ends[i] = -1;
  return { source, starts: raw.starts, ends };
}

/** Values that had to be made one by one, one behind the other. */
export function joined(values: readonly (Uint8Array | null)[]): TextCells {
  const starts = new Int32Array(values.length);
  const ends = new Int32Array(values.length);
  let at = 0;
  values.forEach((value, i) => {
    starts[i] = at;
    at += value?.length ?? 0;
    ends[i] = value === null ? -1 : at;
  });
  return { source: sourceOf(Buffer.concat(values.filter((value) => value !== null))), starts, ends };
}
