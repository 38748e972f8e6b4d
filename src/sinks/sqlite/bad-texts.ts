/**
 * Rows with halves of surrogate pairs in their texts, where the options refuse them. SQLite holds NUL characters.
 */
import type { Batch } from '../../schema/read/batch.js';
import { badRows, replaceBad } from '../wire/bad-text.js';

/** The rows that SQLite cannot hold, each with its error. */
export function badTexts(batch: Batch): ReadonlyMap<number, unknown> {
  const columns = Object.entries(batch.schema.columns)
    .filter(([, { type }]) => type === 'string' || type === 'label')
    .map(([name]) => ({ name, replaced: (text: string) => replaceBad(text, true) }));
  return badRows(batch, columns);
}
