/**
 * The texts or blobs of a batch: byte ranges of the ring that become one region of the batch.
 */

/** Bytes `[start, end)` of the ring that go to a batch's text or blob at `at`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
  readonly at: number;
}

/** The texts or blobs of a batch, as they lie in the ring: a range for each part. */
export interface ByteRegion {
  readonly ranges: readonly ByteRange[];
  readonly bytes: number;
}

/** Copy a region out of the ring. @param into as many bytes as the region has. */
export function copyRegion({ ranges }: ByteRegion, ring: Uint8Array, into: Uint8Array): void {
  for (const { start, end, at } of ranges) into.set(ring.subarray(start, end), at);
}
