/**
 * Texts as JSON's strings: bytes are copied as they are, apart from those that JSON wants escaped.
 */
import { type ByteSource, copyPlain } from '../wire/copy-bytes.js';
import type { WireBuffer } from '../wire/wire-buffer.js';

const quote = 0x22;
const backslash = 0x5c;
/** The first byte of U+D000 to U+DFFF: surrogates are among them. */
const surrogateLead = 0xed;
const longestEscape = 6;
/** Shorter texts get the room that they need at most, without a look at them. */
const shortText = 64;

/** Bytes that may not be copied as they are. */
const isSpecial = new Uint8Array(256);
isSpecial.fill(1, 0, 0x20);
for (const byte of [quote, backslash, surrogateLead]) isSpecial[byte] = 1;

/** Characters behind a backslash, by byte. */
const shortEscapes = new Map(
  Object.entries({ '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r', '"': '"', '\\': '\\' }).map(
    ([of, letter]) => [of.charCodeAt(0), letter.charCodeAt(0)],
  ),
);
const hex = Buffer.from('0123456789abcdef');

/** Write the string of a text of UTF-8 or WTF-8, with its quotes. */
export function writeJsonString(into: WireBuffer, source: ByteSource, start: number, end: number): void {
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
  const length = end - start;
  const special = length > shortText ? countSpecial(source, start, end) : length;
  into.reserve(length + 2 + special * (longestEscape - 1));
  const { bytes } = into;
  let { at } = into;
  bytes[at++] = quote;
  for (let k = start; k < end; k++) {
    const byte = source[k] as number;
    if (isSpecial[byte] === 0) bytes[at++] = byte;
    else if (byte !== surrogateLead) at = escapeByte(bytes, at, byte);
    else {
      at = copyThree(bytes, at, source, k);
      k += 2;
    }
  }
  bytes[at++] = quote;
  into.at = at;
}

function countSpecial(source: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let k = start; k < end; k++) count += isSpecial[source[k] as number] as number;
  return count;
}

function escapeByte(bytes: Uint8Array, at: number, byte: number): number {
  bytes[at] = backslash;
  const letter = shortEscapes.get(byte);
  if (letter === undefined) return unicodeEscape(bytes, at, byte);
  bytes[at + 1] = letter;
  return at + 2;
}

/** A character of three bytes; half a surrogate pair has no UTF-8, and is escaped. */
function copyThree(bytes: Uint8Array, at: number, source: Uint8Array, from: number): number {
  const second = source[from + 1] as number;
  const third = source[from + 2] as number;
  if (second >= 0xa0) {
    return unicodeEscape(bytes, at, 0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
  }
  bytes[at] = surrogateLead;
  bytes[at + 1] = second;
  bytes[at + 2] = third;
  return at + 3;
}

function unicodeEscape(bytes: Uint8Array, at: number, unit: number): number {
  bytes[at] = backslash;
  bytes[at + 1] = 0x75;
  for (let k = 0; k < 4; k++) bytes[at + 2 + k] = hex[(unit >> (12 - 4 * k)) & 15] as number;
  return at + longestEscape;
}
