/**
 * One column of a batch as plain arrays: what the reader fills, and what a column's view reads.
 */
import type { ArrayName, ArrayNamed } from '../../codec/array-types.js';

/** One column's fresh arrays. Which are there depends on the column's type. */
export interface FieldData {
  /** Arrow's bitmap, least significant bit first; only for optional columns. */
  validity?: Uint8Array;
  /** Fixed-width values, or the label ids. */
  values?: ArrayNamed<ArrayName>;
  /** Labels: this batch's distinct texts. */
  dictionary?: string[];
  /** Any values: byte positions in `BatchData.text`, and the shapes of plain records, by label. */
  textStarts?: Int32Array<ArrayBuffer>;
  textEnds?: Int32Array<ArrayBuffer>;
  shapes?: ReadonlyMap<number, string>;
  /** Texts: byte positions in `BatchData.text`; bytes and any: in `BatchData.blob`. */
  starts?: Int32Array<ArrayBuffer>;
  ends?: Int32Array<ArrayBuffer>;
}
