/**
 * The bytes of a column's values as they lie in a batch: for encoders, which copy bytes and make no strings.
 */
import type { TextMode } from '../../codec/text-codec.js';

/**
 * Value `i` is `bytes.subarray(starts[i], ends[i])`. Columns of a batch share `bytes`, so it holds other values, too.
 * The range of a row without a value has no meaning: the batch's `validity` says which rows have one.
 */
export interface RawBytes {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The bytes of texts. NUL characters are bytes like others. */
export interface RawText extends RawBytes {
  /**
   * What the bytes of all texts are together: 0 for ASCII, 1 for UTF-8, 2 for WTF-8. In WTF-8 a lone surrogate is three
   * bytes that UTF-8 does not allow; at least one text of the batch may hold one.
   */
  readonly mode: TextMode;
}
