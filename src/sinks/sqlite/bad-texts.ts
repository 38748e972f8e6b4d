/**
 * Rows with halves of surrogate pairs in their texts, where the options refuse them. SQLite holds NUL characters.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { WriteResult } from '../../sink.js';
import { SentRows } from '../sql/sent-rows.js';
import { badRows, replaceBad } from '../wire/bad-text.js';

/** The rows that SQLite can hold, and the others. */
export function withoutBadTexts(batch: Batch): Pick<WriteResult, 'failed'> & { readonly batch: Batch } {
  const columns = Object.entries(batch.schema.columns)
    .filter(([, { type }]) => type === 'string' || type === 'label')
    .map(([name]) => ({ name, replaced: (text: string) => replaceBad(text, true) }));
  const bad = badRows(batch, columns);
  return {
    batch: SentRows.of(batch).without(new Set(bad.keys())).batch,
    failed: [...bad].map(([index, error]) => ({ index, error })),
  };
}
