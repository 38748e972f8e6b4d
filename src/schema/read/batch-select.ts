/**
 * A batch of some of another batch's rows, in fresh arrays of their own length.
 */

import type { FieldData } from '../columns/views/field-data.js';
import { isValid } from '../columns/views/validity.js';
import type { BatchData } from './batch.js';
import { bitmapBytes } from './batch-memory.js';
import { selectIdentities } from './row-identities.js';

/** The rows `chosen` (indexes, in the order wanted) of a batch. Texts and blobs are not copied, their positions are. */
export function selectRows(data: BatchData, chosen: readonly number[]): BatchData {
  return {
    length: chosen.length,
    text: data.text,
    blob: data.blob,
    fields: data.fields.map((field) => selectField(field, chosen)),
    identities: selectIdentities(data.identities, chosen),
  };
}

/** One column's values of some rows, in fresh arrays. */
export function selectField(field: FieldData, chosen: readonly number[]): FieldData {
  const selected: FieldData = {};
  if (field.validity !== undefined) {
    const bitmap = new Uint8Array(bitmapBytes(chosen.length));
    chosen.forEach((row, i) => {
      if (isValid(field.validity, row)) (bitmap[i >> 3] as number) |= 1 << (i & 7);
    });
    selected.validity = bitmap;
  }
  if (field.values !== undefined) selected.values = gather(field.values, chosen);
  if (field.dictionary !== undefined) selected.dictionary = field.dictionary;
  if (field.shapes !== undefined) selected.shapes = field.shapes;
  if (field.starts !== undefined) selected.starts = gather(field.starts, chosen);
  if (field.ends !== undefined) selected.ends = gather(field.ends, chosen);
  if (field.textStarts !== undefined) selected.textStarts = gather(field.textStarts, chosen);
  if (field.textEnds !== undefined) selected.textEnds = gather(field.textEnds, chosen);
  return selected;
}

type Elements = NonNullable<FieldData['values']>;

function gather<A extends Elements>(values: A, chosen: readonly number[]): A {
  const gathered = new (values.constructor as new (length: number) => Elements)(chosen.length);
  chosen.forEach((row, i) => {
    gathered[i] = values[row] as never;
  });
  return gathered as A;
}
