/**
 * The numbers that a timestamp column takes: those that a Date can have, in milliseconds.
 */

/** Both allowed, and their negatives (ECMA-262, 21.4.1.1). */
const maxTime = 8.64e15;
const maxSquare = maxTime * maxTime;

/** Whether an expression's value is a time, as an expression; NaN is none. */
export function isTime(ms: string): string {
  return `${ms} >= -${maxTime} && ${ms} <= ${maxTime}`;
}

/** How far `values` from `from` on are times: the index of the first one, before `to`, that is none, or `to`. */
export function endOfTimes(values: Float64Array, from: number, to: number): number {
  let i = from;
  // Eight by one comparison: if the sum of squares is small enough, so is each. NaN makes it false.
  for (; i + 8 <= to; i += 8) {
    const a = values[i] as number;
    const b = values[i + 1] as number;
    const c = values[i + 2] as number;
    const d = values[i + 3] as number;
    const e = values[i + 4] as number;
    const f = values[i + 5] as number;
    const g = values[i + 6] as number;
    const h = values[i + 7] as number;
    if (!(a * a + b * b + c * c + d * d + (e * e + f * f + g * g + h * h) <= maxSquare)) break;
  }
  while (i < to && (values[i] as number) >= -maxTime && (values[i] as number) <= maxTime) i++;
  return i;
}
