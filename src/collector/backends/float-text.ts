/** Numbers as Prometheus writes them, and the buckets of histograms by their bounds as such texts. */

/** JavaScript's texts, but for the infinities. */
export function floatText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

/** How many values are not above each bound, and how many there are in all. */
export function bucketsUpTo(
  bounds: readonly number[],
  counts: ArrayLike<number>,
): (readonly [le: string, values: number])[] {
  let below = 0;
  return [...bounds, Number.POSITIVE_INFINITY].map((bound, i) => {
    below += counts[i] ?? 0;
    return [floatText(bound), below];
  });
}
