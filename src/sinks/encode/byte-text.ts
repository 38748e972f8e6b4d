/**
 * Bytes that are written as they are, and texts that exist as strings only.
 */
import { bufferOf, copyRange } from '../wire/copy-bytes.js';
import type { WireBuffer } from '../wire/wire-buffer.js';

/** Write bytes: those of a key, say. */
export function writeBytes(into: WireBuffer, source: Buffer): void {
  into.reserve(source.length);
  copyRange(source, 0, source.length, into.bytes, into.at);
  into.at += source.length;
}

/** Write a part of bytes. */
export function writeSlice(into: WireBuffer, source: Buffer, start: number, end: number): void {
  into.reserve(end - start);
  copyRange(source, start, end - start, into.bytes, into.at);
  into.at += end - start;
}

/** Shorter texts get the room that they need at most, without a look at them. */
const shortText = 64;

/** Write a string in UTF-8; half a surrogate pair becomes U+FFFD. */
export function writeString(into: WireBuffer, text: string): void {
  into.reserve(text.length > shortText ? Buffer.byteLength(text) : text.length * 3);
  into.at += bufferOf(into.bytes).write(text, into.at);
}
