/**
 * The order of bytes in numbers: little-endian in messages, and the machine's own in arrays.
 */
import { endianness } from 'node:os';

/** Whether the machine's arrays are as they are in messages. */
export const isLittleEndian = endianness() === 'LE';

/** Turn the bytes of each number around, in place. @param width bytes a number. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else if (width === 8) buffer.swap64();
}
