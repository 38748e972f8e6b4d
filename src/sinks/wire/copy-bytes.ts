/**
 * Copying the bytes of values into a message.
 */
import type { WireBuffer } from './wire-buffer.js';

/** Longer values are copied by a call; for shorter ones the call costs more than a loop over words. */
const longestLoop = 160;
const word = 4;
/** Bytes that values are copied from. */
export interface ByteSource {
  readonly bytes: Buffer;
  /** The same memory. */
  readonly view: DataView;
}

export function sourceOf({ buffer, byteOffset, byteLength }: Uint8Array): ByteSource {
  return {
    bytes: Buffer.from(buffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
  };
}

export function copyBytes(
  { bytes, view }: ByteSource,
  start: number,
  length: number,
  into: WireBuffer,
  at: number,
): void {
  if (length > longestLoop) {
    bytes.copy(into.bytes, at, start, start + length);
    return;
  }
  const target = into.view;
  if (length < word) {
    for (let k = 0; k < length; k++) target.setUint8(at + k, view.getUint8(start + k));
    return;
  }
  // The last word overlaps the one before it: 35 bytes take 25 ns, and 87 byte by byte.
  const last = length - word;
  for (let k = 0; k < last; k += word) target.setUint32(at + k, view.getUint32(start + k));
  target.setUint32(at + last, view.getUint32(start + last));
}

export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Bytes that are written often, as words: the name of a field, say. */
export interface Piece {
  /** The last one is filled up with zeros. */
  readonly words: Uint32Array;
  readonly length: number;
}

export function pieceOf(content: string | Uint8Array): Piece {
  const bytes = Buffer.from(content);
  const words = new Uint32Array(Math.ceil(bytes.length / word));
  const view = new DataView(words.buffer);
  new Uint8Array(words.buffer).set(bytes);
  for (let k = 0; k < words.length; k++) words[k] = view.getUint32(k * word);
  return { words, length: bytes.length };
}

/** Room for the rest of a piece's last word, which the next write writes over. */
export const pieceSlack = word - 1;

/** Write a piece, where there is room for it and for `pieceSlack`. */
export function copyPiece({ words }: Piece, target: DataView, at: number): void {
  for (let k = 0; k < words.length; k++) target.setUint32(at + k * word, words[k] as number);
}

/**
 * Copy bytes while it is looked whether they can stand in quotes as they are.
 *
 * @returns whether none is a control character, a quote, a backslash, or the first byte of what may be half a surrogate
 *   pair. Otherwise what was copied is to be written over.
 */
export function copyPlain(
  { view }: ByteSource,
  start: number,
  length: number,
  target: DataView,
  at: number,
): boolean {
  let found = 0;
  if (length < word) {
    for (let k = 0; k < length; k++) {
      const byte = view.getUint8(start + k);
      found |= special(byte | spaces);
      target.setUint8(at + k, byte);
    }
    return (found & highBits) === 0;
  }
  const last = length - word;
  for (let k = 0; k < last; k += word) {
    const four = view.getInt32(start + k);
    found |= special(four);
    target.setInt32(at + k, four);
  }
  const four = view.getInt32(start + last);
  target.setInt32(at + last, four);
  return ((found | special(four)) & highBits) === 0;
}

const highBits = 0x80808080 | 0;
const lowBits = 0x01010101;
/** Three spaces before a byte. */
const spaces = 0x20202000;

/** The high bits of the result say whether one of four bytes is special; of several, at least one is found. */
function special(four: number): number {
  const quote = four ^ 0x22222222;
  const backslash = four ^ 0x5c5c5c5c;
  const surrogate = four ^ (0xedededed | 0);
  return (
    ((four - 0x20202020) & ~four) |
    ((quote - lowBits) & ~quote) |
    ((backslash - lowBits) & ~backslash) |
    ((surrogate - lowBits) & ~surrogate)
  );
}
