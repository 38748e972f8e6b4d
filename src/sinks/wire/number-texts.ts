/**
 * Numbers as texts, one behind the other. Whole numbers are written digit by digit; of others JavaScript makes the
 * text.
 */
import { sourceOf } from './copy-bytes.js';
import type { TextCells } from './text-cells.js';

/** The longest text of a number: `-0.0000010183420044995728`. Smaller ones have an exponent. */
const longestNumber = 25;
const longestBigint = 20;

/** Whole numbers below are written by 32-bit arithmetic. */
const smallBelow = 2 ** 31;

export function numberTexts(values: ArrayLike<number>): TextCells {
  const rows = values.length;
  const bytes = Buffer.allocUnsafe(rows * longestNumber);
  const starts = new Int32Array(rows);
  const ends = new Int32Array(rows);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    starts[i] = at;
    at = writeNumber(bytes, at, values[i] as number);
    ends[i] = at;
  }
  return { source: sourceOf(bytes), starts, ends };
}

export function bigintTexts(values: BigInt64Array): TextCells {
  const rows = values.length;
  const bytes = Buffer.allocUnsafe(rows * longestBigint);
  const starts = new Int32Array(rows);
  const ends = new Int32Array(rows);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    starts[i] = at;
    at = writeAscii(bytes, at, String(values[i]));
    ends[i] = at;
  }
  return { source: sourceOf(bytes), starts, ends };
}

/** Write a number, -0 included. @returns the place behind it. */
export function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  const small = value | 0;
  if (small === value && (small !== 0 || 1 / value > 0)) {
    if (small >= 0) return writeDigits(bytes, at, small);
    bytes[at] = 0x2d;
    // -2^31 has no positive partner of 32 bits.
    return small === -smallBelow ? writeAscii(bytes, at, '-2147483648') : writeDigits(bytes, at + 1, -small);
  }
  return writeAscii(bytes, at, Object.is(value, -0) ? '-0' : String(value));
}

/** Write a whole number from 0 to 2^31 - 1. @returns the place behind it. */
export function writeDigits(bytes: Uint8Array, at: number, value: number): number {
  const end = at + digitsOf(value);
  let rest = value;
  for (let k = end - 1; k >= at; k--) {
    const next = (rest / 10) | 0;
    bytes[k] = 0x30 + rest - next * 10;
    rest = next;
  }
  return end;
}

/** How many digits a whole number has. */
function digitsOf(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}

/** Write a short text of ASCII. @returns the place behind it. */
export function writeAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let k = 0; k < text.length; k++) bytes[at + k] = text.charCodeAt(k);
  return at + text.length;
}
