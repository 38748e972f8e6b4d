/**
 * Copying the bytes of values into a message.
 */

/** Longer values are copied by a call; for shorter ones the call costs more than a loop. */
const longestLoop = 48;

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function copyBytes(
  source: Buffer,
  start: number,
  length: number,
  target: Uint8Array,
  at: number,
): void {
  if (length > longestLoop) {
    source.copy(target, at, start, start + length);
    return;
  }
  for (let k = 0; k < length; k++) target[at + k] = source[start + k] as number;
}
