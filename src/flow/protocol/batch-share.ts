/**
 * Whether a batch is in a share of all batches: the same answer for the same batch in every thread and process, at each
 * delivery.
 */

/** @param batch the identity of its first row. */
export function isInShare(schema: string, batch: string, ratio: number | undefined): boolean {
  return ratio !== undefined && placeOf(`${schema}|${batch}`) < ratio;
}

/** A text's place from 0 to below 1. FNV-1a of 32 bits. */
function placeOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // Its high bits depend on all characters only after a last mixing.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 2 ** 32;
}
