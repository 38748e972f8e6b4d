/**
 * Kept rows with the values of their duplicates: `dedupe` with `keep: 'merge'`.
 */
import type { Batch } from '../../schema/read/batch.js';
import { mergeRows } from '../../schema/read/merge-rows.js';
import type { Duplicates } from './dedupe.js';

/**
 * A batch of one row for each kept one, with the value that the last row of its key has of each column.
 *
 * @param batch copies of the rows `all`: the kept ones and their duplicates, in order.
 */
export function mergeKept(
  batch: Batch,
  all: readonly number[],
  kept: readonly number[],
  { next }: Duplicates,
): Batch {
  const places = new Map(all.map((row, place) => [row, place]));
  const groups = kept.map((row) => {
    const group: number[] = [];
    for (let each = row; each >= 0; each = next[each] as number) group.push(places.get(each) as number);
    // A chain goes from the newest row to the oldest.
    return group.reverse();
  });
  return mergeRows(batch, groups, () => 'last-present');
}
