/**
 * Which rows of a batch share a key of one or several columns.
 */
import type { Column } from '../columns/columns.js';
import { specOf } from '../columns/types/table.js';
import { isValid } from '../columns/views/validity.js';
import type { Batch } from './batch.js';

/** Numbers of rows that share a key, in order. */
export type KeyRows = readonly number[];

/**
 * The rows of each key, in the order of the keys' first rows.
 *
 * A row that has no value in one of the key's columns is like no other, as in a unique index of SQL.
 *
 * @param columns names of the key's columns, at least one.
 * @returns undefined when no two rows share a key.
 */
export function rowsByKey(batch: Batch, columns: readonly string[]): readonly KeyRows[] | undefined {
  const keyAt = keysOf(batch, columns);
  const places = new Map<unknown, number>();
  const groups: number[][] = [];
  for (let i = 0; i < batch.length; i++) {
    const key = keyAt(i);
    const place = key === undefined ? undefined : places.get(key);
    if (place !== undefined) {
      (groups[place] as number[]).push(i);
      continue;
    }
    if (key !== undefined) places.set(key, groups.length);
    groups.push([i]);
  }
  return groups.length === batch.length ? undefined : groups;
}

/** From a row's number to its key; undefined when it has none. */
type Keys = (i: number) => unknown;

function keysOf(batch: Batch, columns: readonly string[]): Keys {
  const parts = columns.map((name) => partOf(batch, name));
  if (parts.length === 1) return parts[0] as Keys;
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
function partOf(batch: Batch, name: string): Keys {
  const { keyAt } = specOf((batch.schema.columns[name] as Column).type);
  const view: unknown = batch.columns[name];
  const validity = batch.validity[name];
  // A label has its own sign of absence.
  return (i) => (isValid(validity, i) ? (keyAt(view, i) ?? undefined) : undefined);
}
