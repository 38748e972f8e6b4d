/**
 * Sorted numbers of rows in a batch: the way in which delivery, settlement and failed rows name rows.
 */

/** The numbers from 0, as many; the array of the last call, if it was for as many. */
export function numbersUpTo(length: number): readonly number[] {
  if (numbers.length !== length) numbers = Array.from({ length }, (_, i) => i);
  return numbers;
}
let numbers: readonly number[] = [];

/** The runs of neighbours among the numbers that are in `[from, to)`, as first and count. */
export function* runs(rows: readonly number[], from: number, to: number): Iterable<[number, number]> {
  let first = -1;
  let count = 0;
  for (const row of rows) {
    if (row < from || row >= to) continue;
    if (count > 0 && row === first + count) count++;
    else {
      if (count > 0) yield [first, count];
      first = row;
      count = 1;
    }
  }
  if (count > 0) yield [first, count];
}
