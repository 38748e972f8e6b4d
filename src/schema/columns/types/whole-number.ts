/**
 * The whole number that a JSON number stands for, digit by digit: a double has only 53 bits for them.
 */

const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const zero = 0x30;
/** More digits are out of every column's range, and a client could send millions: errors need not show them. */
const maxDigits = 38;

/**
 * The value of a JSON number; `1e3` and `1000.0` are 1000.
 *
 * @param text a number, by the grammar of JSON.
 * @returns what is wrong with a number that is not whole, or has too many digits.
 */
export function wholeNumber(text: string): bigint | 'fraction' | 'range' {
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts.exec(text) as RegExpExecArray;
  const digits = whole + fraction;
  let from = 0;
  let to = digits.length;
  while (from < to && digits.charCodeAt(from) === zero) from++;
  while (from < to && digits.charCodeAt(to - 1) === zero) to--;
  if (from === to) return 0n;
  const zeros = Number(exponent) + whole.length - to;
  if (zeros < 0) return 'fraction';
  if (to - from + zeros > maxDigits) return 'range';
  return BigInt(`${sign}${digits.slice(from, to)}${'0'.repeat(zeros)}`);
}
