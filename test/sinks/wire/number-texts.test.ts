/**
 * Numbers as texts, one behind the other: each whole, the longest ones, too.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bigintTexts, numberTexts } from '../../../dist/src/sinks/wire/number-texts.js';
import type { TextCells } from '../../../dist/src/sinks/wire/text-cells.js';

const textsOf = ({ source, starts, ends }: TextCells) =>
  Array.from(starts, (start, i) => source.bytes.toString('latin1', start, ends[i]));
const textOf = (value: number) => (Object.is(value, -0) ? '-0' : String(value));

it('has numbers that all have the longest texts', () => {
  // Below 1e-6 JavaScript shows an exponent; just above it, five zeros before 17 digits.
  const longest = [-0.0000010183420044995728, -2.2250738585072014e-308, -999_999_999_999_999_900_000];
  for (const value of longest) {
    const values = new Float64Array(3).fill(value);
    expect(textsOf(numberTexts(values))).toEqual(Array(3).fill(String(value)));
  }
  const bigints = new BigInt64Array(3).fill(-(2n ** 63n));
  expect(textsOf(bigintTexts(bigints))).toEqual(Array(3).fill('-9223372036854775808'));
});

it('has any numbers', () => {
  const small = fc.double({ min: -1e-5, max: -1e-6 });
  const values = fc.array(fc.oneof(fc.double(), small, fc.integer()), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(values, (numbers) => {
      expect(textsOf(numberTexts(new Float64Array(numbers)))).toEqual(numbers.map(textOf));
    }),
    { numRuns: 500 },
  );
});
