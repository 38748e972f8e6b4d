/**
 * Numbers of JSON as whole numbers, digit by digit: decimal arithmetic by bigint is the oracle.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wholeNumber } from '../../../dist/src/schema/columns/types/whole-number.js';

it.each([
  ['0', 0n],
  ['-0', 0n],
  ['0.000e999999999999', 0n],
  ['9007199254740993', 9007199254740993n],
  ['-9223372036854775808', -9223372036854775808n],
  ['9.223372036854775807e18', 9223372036854775807n],
  ['1e3', 1000n],
  ['1E+3', 1000n],
  ['1000.0', 1000n],
  ['12300e-2', 123n],
  ['0.5e1', 5n],
  ['1.5', 'fraction'],
  ['1e-1', 'fraction'],
  ['1e-999999999999', 'fraction'],
  ['9007199254740990.6', 'fraction'],
  ['1.00000000000000000000000001', 'fraction'],
  ['1e400', 'range'],
  ['1e999999999999', 'range'],
  ['9'.repeat(39), 'range'],
])('%s is %s', (text, expected) => {
  expect(wholeNumber(text)).toBe(expected);
});

it('is the value of every number whose digits and exponent say that it is whole', () => {
  const number = fc.tuple(
    fc.bigInt(-(10n ** 20n), 10n ** 20n),
    fc.integer({ min: 0, max: 25 }),
    fc.integer({ min: -8, max: 12 }),
  );
  fc.assert(
    fc.property(number, ([digits, point, exponent]) => {
      const sign = digits < 0n ? '-' : '';
      const plain = String(digits < 0n ? -digits : digits).padStart(point + 1, '0');
      const whole = plain.slice(0, plain.length - point);
      const text = `${sign}${whole}${point > 0 ? `.${plain.slice(-point)}` : ''}e${exponent}`;
      assert.equal(typeof JSON.parse(text), 'number');
      const shift = exponent - point;
      const scale = 10n ** BigInt(Math.abs(shift));
      const isWhole = shift >= 0 || digits % scale === 0n;
      const value = shift >= 0 ? digits * scale : digits / scale;
      assert.equal(wholeNumber(text), isWhole ? value : 'fraction');
    }),
    { numRuns: 2000 },
  );
});

it('costs no more than reading it, however many digits a client sends', () => {
  // Quadratic work on these would take minutes.
  const million = '0'.repeat(1_000_000);
  expect(wholeNumber(`1${million}`)).toBe('range');
  expect(wholeNumber(`0.${million}1`)).toBe('fraction');
  expect(wholeNumber(`1${million}1${million}.${million}1`)).toBe('fraction');
});
