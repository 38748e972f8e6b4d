/**
 * Which rows of a batch have a value: Arrow's validity bitmaps.
 */

/** Bit `i` of an Arrow validity bitmap: whether row `i` has a value. No bitmap: every row has. */
export function isValid(validity: Uint8Array | undefined, i: number): boolean {
  return validity === undefined || (((validity[i >> 3] as number) >> (i & 7)) & 1) === 1;
}
