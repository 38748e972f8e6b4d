/**
 * Texts of fields, in quotes: a quote and a backslash are escaped; all other characters are as they are.
 */
import { type ByteSource, copyPlain } from '../wire/copy-bytes.js';
import type { WireBuffer } from '../wire/wire-buffer.js';

const quote = 0x22;
const backslash = 0x5c;
/** The first byte of U+D000 to U+DFFF: surrogates are among them. */
const surrogateLead = 0xed;

/** Shorter texts get the room that they need at most, without a look at them. */
const shortText = 64;

/** Write a text of UTF-8 or WTF-8, with its quotes; half a surrogate pair becomes U+FFFD. */
export function writeFieldText(into: WireBuffer, source: ByteSource, start: number, end: number): void {
  const length = end - start;
  into.reserve(length + 2);
  const { bytes, at } = into;
  bytes[at] = quote;
  if (copyPlain(source, start, length, into.view, at + 1)) {
    bytes[at + 1 + length] = quote;
    into.at = at + length + 2;
  } else writeEscaped(into, source.bytes, start, end);
}

function writeEscaped(into: WireBuffer, source: Uint8Array, start: number, end: number): void {
  into.reserve(end - start + 2 + (end - start > shortText ? countEscaped(source, start, end) : end - start));
  const { bytes } = into;
  let { at } = into;
  bytes[at++] = quote;
  for (let k = start; k < end; k++) {
    const byte = source[k] as number;
    if (byte === quote || byte === backslash) bytes[at++] = backslash;
    if (byte === surrogateLead && (source[k + 1] as number) >= 0xa0) {
      bytes[at] = 0xef;
      bytes[at + 1] = 0xbf;
      bytes[at + 2] = 0xbd;
      at += 3;
      k += 2;
    } else bytes[at++] = byte;
  }
  bytes[at++] = quote;
  into.at = at;
}

function countEscaped(source: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let k = start; k < end; k++) if (source[k] === quote || source[k] === backslash) count++;
  return count;
}
