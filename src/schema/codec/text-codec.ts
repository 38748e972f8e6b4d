/**
 * Texts as bytes: ASCII where it can be, UTF-8 otherwise, WTF-8 for texts with lone surrogates.
 *
 * JavaScript strings may hold half of a surrogate pair, which UTF-8 cannot say and TextEncoder
 * replaces. WTF-8 (Sapin, https://simonsapin.github.io/wtf-8/) says it in the three bytes that UTF-8
 * would use if it were allowed, so every string comes back as it was pushed.
 */
import { Buffer } from 'node:buffer';

/** How the texts of a region may be decoded; a region's mode is the highest of its texts'. */
export const textMode = { ascii: 0, utf8: 1, wtf8: 2 } as const;
export type TextMode = (typeof textMode)[keyof typeof textMode];

const encoder = new TextEncoder();

/** Bytes that a UTF-16 unit can take at most, in UTF-8 and WTF-8 alike. */
export const maxBytesPerUnit = 3;

/** Write `text` at `offset`; the caller has made sure of `maxBytesPerUnit` × length, or of the exact size. */
export function writeText(
  text: string,
  into: Uint8Array,
  offset: number,
): { written: number; mode: TextMode } {
  if (!text.isWellFormed()) return { written: writeWtf8(text, into, offset), mode: textMode.wtf8 };
  const { written } = encoder.encodeInto(text, into.subarray(offset));
  return { written, mode: written === text.length ? textMode.ascii : textMode.utf8 };
}

/** Exactly how many bytes `writeText` will write. A lone surrogate counts 3, as U+FFFD does. */
export function textByteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** The text in `bytes[start, end)`. */
export function decodeText(bytes: Uint8Array, start: number, end: number, mode: TextMode): string {
  if (mode === textMode.wtf8) return readWtf8(bytes, start, end);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString(mode === textMode.ascii ? 'latin1' : 'utf8', start, end);
}

function writeWtf8(text: string, into: Uint8Array, offset: number): number {
  let at = offset;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point >= 0xd800 && point <= 0xdfff) {
      into[at++] = 0xe0 | (point >> 12);
      into[at++] = 0x80 | ((point >> 6) & 0x3f);
      into[at++] = 0x80 | (point & 0x3f);
    } else {
      at += encoder.encodeInto(character, into.subarray(at)).written;
    }
  }
  return at - offset;
}

function readWtf8(bytes: Uint8Array, start: number, end: number): string {
  const points: string[] = [];
  for (let at = start; at < end; ) {
    const first = bytes[at++] as number;
    const next = () => (bytes[at++] as number) & 0x3f;
    const point =
      first < 0x80
        ? first
        : first < 0xe0
          ? ((first & 0x1f) << 6) | next()
          : first < 0xf0
            ? ((first & 0x0f) << 12) | (next() << 6) | next()
            : ((first & 0x07) << 18) | (next() << 12) | (next() << 6) | next();
    points.push(String.fromCodePoint(point));
  }
  return points.join('');
}
