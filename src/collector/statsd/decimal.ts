/**
 * Numbers out of bytes. Texts of numbers are short, and most are made without a string.
 */

/** Digits that a double holds exactly. */
const exactDigits = 15;
const powers = Array.from({ length: exactDigits + 1 }, (_, i) => 10 ** i);
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** @returns the number between two places; NaN for what is none, or is not finite. */
export function decimalIn(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start];
  const isSigned = first === 0x2d || first === 0x2b;
  const from = isSigned ? start + 1 : start;
  let digits = 0;
  let value = 0;
  let pointAt = -1;
  for (let at = from; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
    } else if (digit === -2 && pointAt < 0) pointAt = at;
    else return slowly(bytes, start, end);
  }
  if (digits === 0) return Number.NaN;
  if (digits > exactDigits) return slowly(bytes, start, end);
  // Both are exact, so the quotient is the nearest double.
  if (pointAt >= 0) value /= powers[end - pointAt - 1] as number;
  return first === 0x2d ? -value : value;
}

/** For exponents and many digits. */
function slowly(bytes: Buffer, start: number, end: number): number {
  const text = bytes.toString('latin1', start, end);
  const value = number.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}
