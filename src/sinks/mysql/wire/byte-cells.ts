/**
 * Cells of texts and bytes: their length, and what is copied from where the batch has it, without a text for a row.
 */

import type { RawBytes } from '../../../schema/columns/views/raw-bytes.js';
import { isValid } from '../../../schema/columns/views/validity.js';
import type { ByteValues } from '../../wire/byte-values.js';
import { copyBytes, sourceOf } from '../../wire/copy-bytes.js';
import type { WireBuffer } from '../../wire/wire-buffer.js';
import { absentIn, beginCell, type Cells, type Lead } from './cells.js';

export function byteCells(values: ByteValues, lead: Lead): Cells {
  if (values.form === 'made') return madeCells(values.values, lead);
  return values.form === 'ids' ? labelCells(values.ids, values.raw, lead) : rowCells(values, lead);
}

/** Cells of rows that have bytes of their own. */
function rowCells({ raw, validity }: ByteValues & { readonly form: 'rows' }, lead: Lead): Cells {
  const { starts, ends } = raw;
  return {
    measure(sizes) {
      for (let i = 0; i < sizes.length; i++) {
        const whole = isValid(validity, i) ? wholeLength((ends[i] as number) - (starts[i] as number)) : 0;
        (sizes[i] as number) += lead + whole;
      }
    },
    write(into, places, from) {
      const { bytes } = into;
      const source = sourceOf(raw.bytes);
      for (let i = 0; i < places.length; i++) {
        const start = starts[from + i] as number;
        const length = (ends[from + i] as number) - start;
        const at = beginCell(bytes, places, i, isValid(validity, from + i), lead, wholeLength(length));
        if (at >= 0) copyBytes(source, start, length, into, writeLength(into, at, length));
      }
    },
    isAbsent: absentIn(validity),
  };
}

/** Cells of labels: `ids` is the place of each row's text in `raw`, or -1. */
function labelCells(ids: Int32Array, raw: RawBytes, lead: Lead): Cells {
  const { starts, ends } = raw;
  return {
    measure(sizes) {
      for (let i = 0; i < sizes.length; i++) {
        const id = ids[i] as number;
        const whole = id < 0 ? 0 : wholeLength((ends[id] as number) - (starts[id] as number));
        (sizes[i] as number) += lead + whole;
      }
    },
    write(into, places, from) {
      const { bytes } = into;
      const source = sourceOf(raw.bytes);
      for (let i = 0; i < places.length; i++) {
        const id = ids[from + i] as number;
        const start = id < 0 ? 0 : (starts[id] as number);
        const length = id < 0 ? 0 : (ends[id] as number) - start;
        const at = beginCell(bytes, places, i, id >= 0, lead, wholeLength(length));
        if (at >= 0) copyBytes(source, start, length, into, writeLength(into, at, length));
      }
    },
    isAbsent: (row) => (ids[row] as number) < 0,
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
