/**
 * Cells of texts and bytes: copied from where the batch has them, without a text for a row.
 */
import type { RawBytes } from '../../../schema/columns/views/raw-bytes.js';
import { isValid } from '../../../schema/columns/views/validity.js';
import type { ByteValues, Validity } from '../../wire/byte-values.js';
import { copyBytes, sourceOf } from '../../wire/copy-bytes.js';
import { beginCell, type Cells, lengthBytes } from './cells.js';
import type { MessageBuffer } from './message-buffer.js';

/** @param prefix a byte in front of each value; undefined: none. Labels have none. */
export function byteCells(values: ByteValues, prefix?: number): Cells {
  if (values.form === 'rows') return rowCells(values.raw, values.validity, prefix);
  return values.form === 'ids' ? labelCells(values.ids, values.raw) : madeCells(values.values, prefix);
}

function rowCells(raw: RawBytes, validity: Validity, prefix?: number): Cells {
  const { starts, ends } = raw;
  const extra = prefix === undefined ? 0 : 1;
  return {
    measure(sizes) {
      for (let i = 0; i < sizes.length; i++) {
        const bytes = isValid(validity, i) ? (ends[i] as number) - (starts[i] as number) + extra : 0;
        (sizes[i] as number) += lengthBytes + bytes;
      }
    },
    write(into, places) {
      const { bytes: target, view } = into;
      const source = sourceOf(raw.bytes);
      for (let i = 0; i < places.length; i++) {
        const start = starts[i] as number;
        const length = (ends[i] as number) - start;
        let at = beginCell(view, places, i, validity, length + extra);
        if (at < 0) continue;
        if (prefix !== undefined) target[at++] = prefix;
        copyBytes(source, start, length, into, at);
      }
    },
  };
}

/** Cells of labels: `ids` is the place of each row's text in `raw`, or -1. */
function labelCells(ids: Int32Array, raw: RawBytes): Cells {
  const { starts, ends } = raw;
  return {
    measure(sizes) {
      for (let i = 0; i < sizes.length; i++) {
        const id = ids[i] as number;
        (sizes[i] as number) += lengthBytes + (id < 0 ? 0 : (ends[id] as number) - (starts[id] as number));
      }
    },
    write(into, places) {
      const { view } = into;
      const source = sourceOf(raw.bytes);
      for (let i = 0; i < places.length; i++) {
        const id = ids[i] as number;
        const at = places[i] as number;
        if (id < 0) {
          view.setInt32(at, -1);
          places[i] = at + lengthBytes;
          continue;
        }
        const start = starts[id] as number;
        const length = (ends[id] as number) - start;
        view.setInt32(at, length);
        places[i] = at + lengthBytes + length;
        copyBytes(source, start, length, into, at + lengthBytes);
      }
    },
  };
}

/** Cells of values that had to be made one by one; null: none. */
function madeCells(values: readonly (Uint8Array | null)[], prefix?: number): Cells {
  const extra = prefix === undefined ? 0 : 1;
  return {
    measure(sizes) {
      values.forEach((value, i) => {
        (sizes[i] as number) += lengthBytes + (value === null ? 0 : value.length + extra);
      });
    },
    write({ bytes: target, view }: MessageBuffer, places) {
      values.forEach((value, i) => {
        let at = places[i] as number;
        view.setInt32(at, value === null ? -1 : value.length + extra);
        at += lengthBytes;
        if (value !== null) {
          if (prefix !== undefined) target[at++] = prefix;
          target.set(value, at);
          at += value.length;
        }
        places[i] = at;
      });
    },
  };
}
