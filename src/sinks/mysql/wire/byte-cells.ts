/**
 * Cells of texts and bytes: their length, and what is copied from where the batch has it, without a text for a row.
 */
import { isValid } from '../../../schema/columns/views/validity.js';
import type { ByteValues } from '../../sql/wire/byte-values.js';
import { bufferOf, copyBytes } from '../../sql/wire/copy-bytes.js';
import type { WireBuffer } from '../../sql/wire/wire-buffer.js';
import { beginCell, type Cells, type Lead } from './cells.js';

export function byteCells(values: ByteValues, lead: Lead): Cells {
  if (values.form === 'made') return madeCells(values.values, lead);
  const { raw } = values;
  const { starts, ends } = raw;
  // The number of a row's bytes; -1 when it has none.
  const place =
    values.form === 'ids'
      ? (row: number) => values.ids[row] as number
      : (row: number) => (isValid(values.validity, row) ? row : -1);
  return {
    measure(sizes) {
      for (let i = 0; i < sizes.length; i++) {
        const k = place(i);
        (sizes[i] as number) +=
          k < 0 ? lead : lead + wholeLength((ends[k] as number) - (starts[k] as number));
      }
    },
    write(into, places, from) {
      const { bytes } = into;
      const source = bufferOf(raw.bytes);
      for (let i = 0; i < places.length; i++) {
        const k = place(from + i);
        const start = k < 0 ? 0 : (starts[k] as number);
        const length = k < 0 ? 0 : (ends[k] as number) - start;
        const at = beginCell(bytes, places, i, k >= 0, lead, wholeLength(length));
        if (at >= 0) copyBytes(source, start, length, bytes, writeLength(into, at, length));
      }
    },
    isAbsent: (row) => place(row) < 0,
  };
}

/** Cells of values that had to be made one by one; null: none. */
function madeCells(values: readonly (Uint8Array | null)[], lead: Lead): Cells {
  return {
    measure(sizes) {
      values.forEach((value, i) => {
        (sizes[i] as number) += value === null ? lead : lead + wholeLength(value.length);
      });
    },
    write(into, places, from) {
      for (let i = 0; i < places.length; i++) {
        const value = values[from + i] as Uint8Array | null;
        const at = beginCell(into.bytes, places, i, value !== null, lead, wholeLength(value?.length ?? 0));
        if (at >= 0 && value !== null) into.bytes.set(value, writeLength(into, at, value.length));
      }
    },
    isAbsent: (row) => values[row] === null,
  };
}

/** Bytes of a value with its length in front. */
function wholeLength(length: number): number {
  if (length < 251) return length + 1;
  return length < 65_536 ? length + 3 : length + 4;
}

/** Messages have less than 2^24 bytes. @returns the place behind the length. */
function writeLength({ bytes, view }: WireBuffer, at: number, length: number): number {
  if (length < 251) {
    bytes[at] = length;
    return at + 1;
  }
  view.setUint16(at + 1, length, true);
  if (length < 65_536) {
    bytes[at] = 0xfc;
    return at + 3;
  }
  bytes[at] = 0xfd;
  bytes[at + 3] = length >> 16;
  return at + 4;
}
