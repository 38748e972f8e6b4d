/**
 * Rows as the text of SQL, for `mysql2`'s own means.
 */

import { isValid } from '../../schema/columns/views/validity.js';
import type { Batch } from '../../schema/read/batch.js';
import { type ByteValues, bytesOf, documentsOf, textsOf } from '../wire/byte-values.js';
import type { RowRange, WireColumn } from './wire/row-packets.js';

type SqlValue = string | number | bigint | Buffer | null;
type ValueAt = (row: number) => SqlValue;

/** Rows as `(1, 'a'), (2, 'b')`. */
export function textRows(
  { format }: Pick<typeof import('mysql2'), 'format'>,
  batch: Batch,
  columns: readonly WireColumn[],
  { from, to }: RowRange,
): string {
  const values = columns.map((column) => valuesOf(batch, column));
  const rows = Array.from({ length: to - from }, (_, i) => values.map((valueAt) => valueAt(from + i)));
  return format('?', [rows]);
}

function valuesOf(batch: Batch, { name, type, wire }: WireColumn): ValueAt {
  if (type === 'identity') return (row) => Buffer.from(batch.identityBytes(row));
  const view: unknown = batch.columns[name];
  const validity = batch.validity[name];
  const column = { type, view, validity, rows: batch.length };
  const whereThere =
    (valueAt: ValueAt): ValueAt =>
    (row) =>
      isValid(validity, row) ? valueAt(row) : null;
  const numbers = view as ArrayLike<number | bigint>;
  switch (wire) {
    case 'text':
      return bytesAt(textsOf(column, true), (bytes) => bytes.toString());
    case 'json':
      return bytesAt(documentsOf(column, true), (bytes) => bytes.toString());
    case 'blob':
      return bytesAt(bytesOf(column), (bytes) => bytes);
    case 'datetime':
      return whereThere((row) => timeText(numbers[row] as number));
    default:
      return whereThere((row) => numbers[row] as number | bigint);
  }
}

function bytesAt(values: ByteValues, toValue: (bytes: Buffer) => SqlValue): ValueAt {
  if (values.form === 'made') {
    return (row) => {
      const bytes = values.values[row];
      return bytes == null ? null : toValue(Buffer.from(bytes));
    };
  }
  const { starts, ends, bytes } = values.raw;
  const { buffer, byteOffset } = bytes;
  return (row) => {
    const at = values.form === 'ids' ? (values.ids[row] as number) : isValid(values.validity, row) ? row : -1;
    if (at < 0) return null;
    const start = starts[at] as number;
    return toValue(Buffer.from(buffer, byteOffset + start, (ends[at] as number) - start));
  };
}

/** Of milliseconds since 1970 with their fraction, to the microsecond, in UTC. */
function timeText(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.round((ms - whole) * 1000);
  const text = new Date(micros === 1000 ? whole + 1 : whole).toISOString();
  const fraction = String(micros === 1000 ? 0 : micros).padStart(3, '0');
  return `${text.slice(0, 10)} ${text.slice(11, 23)}${fraction}`;
}
