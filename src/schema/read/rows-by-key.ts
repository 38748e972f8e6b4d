/**
 * Which rows of a batch share a key of one or several columns.
 */
import type { Batch } from './batch.js';
import { columnKeys } from './column-keys.js';

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
  const keyAt = columnKeys(batch, columns);
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
