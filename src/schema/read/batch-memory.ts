/**
 * The memory of one batch: one fresh ArrayBuffer, given out column by column.
 *
 *     column 0 │ column 1 │ … │ texts │ blobs            each on a multiple of 8 bytes, as in Arrow's buffers
 *
 * One, because V8 takes a microsecond or two to make a buffer and to collect it: a buffer for each column would cost a
 * batch of 1000 rows more than everything else that is done to copy it.
 */
import type { ArrayType } from '../codec/array-types.js';

export class BatchMemory {
  readonly #buffer: ArrayBuffer;
  #at = 0;

  /** @param bytes the `paddedBytes` of all arrays. */
  constructor(bytes: number) {
    this.#buffer = new ArrayBuffer(bytes);
  }

  /** The next array, of zeros. */
  take<T extends ArrayType>(Type: T, length: number): InstanceType<T> {
    const at = this.#at;
    this.#at = at + paddedBytes(length * Type.BYTES_PER_ELEMENT);
    return new Type(this.#buffer, at, length) as InstanceType<T>;
  }
}

/** What an array of so many bytes takes. */
export function paddedBytes(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** The length of an Arrow validity bitmap, in bytes. */
export function bitmapBytes(rows: number): number {
  return (rows + 7) >> 3;
}
