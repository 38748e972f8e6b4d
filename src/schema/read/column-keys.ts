/**
 * Keys of a batch's rows: the values of one column, or of several together.
 */
import type { Column } from '../columns/columns.js';
import { specOf } from '../columns/types/table.js';
import { isValid } from '../columns/views/validity.js';
import type { Batch } from './batch.js';

/**
 * From a row's number to its key, equal for a Map where the values are equal. A row that has no value in one of the
 * columns has none: undefined.
 */
export type ColumnKeys = (i: number) => unknown;

/** @param columns names of the key's columns, at least one. */
export function columnKeys(batch: Batch, columns: readonly string[]): ColumnKeys {
  const parts = columns.map((name) => partOf(batch, name));
  if (parts.length === 1) return parts[0] as ColumnKeys;
  return (i) => {
    let key = '';
    for (const part of parts) {
      const value = part(i);
      if (value === undefined) return undefined;
      // With its length in front, a part ends where no text of another key can make it end. Zero has one sign.
      const text = String(value);
      key += `${text.length}:${text}`;
    }
    return key;
  };
}

/** The values of one column as keys: equal values are equal keys. */
function partOf(batch: Batch, name: string): ColumnKeys {
  const { keyAt } = specOf((batch.schema.columns[name] as Column).type);
  const view: unknown = batch.columns[name];
  const validity = batch.validity[name];
  // A label has its own sign of absence.
  return (i) => (isValid(validity, i) ? (keyAt(view, i) ?? undefined) : undefined);
}
