/**
 * Cells of texts and bytes: copied from where the batch has them, without a text for a row.
 */
import type { RawBytes } from '../../../schema/columns/views/raw-bytes.js';
import { isValid } from '../../../schema/columns/views/validity.js';
import { beginCell, type Cells, lengthBytes, type Validity } from './cells.js';
import type { MessageBuffer } from './message-buffer.js';

/** Longer values are copied by a call; for shorter ones the call costs more than a loop. */
const longestLoop = 48;

/** @param prefix a byte in front of each value; undefined: none. */
export function byteCells(raw: RawBytes, validity: Validity, prefix?: number): Cells {
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
      const source = bufferOf(raw.bytes);
      for (let i = 0; i < places.length; i++) {
        const start = starts[i] as number;
        const length = (ends[i] as number) - start;
        let at = beginCell(view, places, i, validity, length + extra);
        if (at < 0) continue;
        if (prefix !== undefined) target[at++] = prefix;
        copy(source, start, length, target, at);
      }
    },
  };
}

/** Cells of labels: `ids` is the place of each row's text in `raw`, or -1. */
export function labelCells(ids: Int32Array, raw: RawBytes): Cells {
  const { starts, ends } = raw;
  return {
    measure(sizes) {
      for (let i = 0; i < sizes.length; i++) {
        const id = ids[i] as number;
        (sizes[i] as number) += lengthBytes + (id < 0 ? 0 : (ends[id] as number) - (starts[id] as number));
      }
    },
    write(into, places) {
      const { bytes: target, view } = into;
      const source = bufferOf(raw.bytes);
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
        copy(source, start, length, target, at + lengthBytes);
      }
    },
  };
}

/** Cells of values that had to be made one by one; null: none. */
export function madeCells(values: readonly (Uint8Array | null)[], prefix?: number): Cells {
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

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function copy(source: Buffer, start: number, length: number, target: Uint8Array, at: number): void {
  if (length > longestLoop) {
    source.copy(target, at, start, start + length);
    return;
  }
  for (let k = 0; k < length; k++) target[at + k] = source[start + k] as number;
}
