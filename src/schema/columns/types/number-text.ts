/**
 * How numbers stand in the JSON text of a row: NaN, the infinities and -0, which JSON cannot write, become texts.
 */
import type { RowText } from './spec.js';

const odd = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

export const numberText: RowText = {
  to: (value) => (!Number.isFinite(value) || Object.is(value, -0) ? oddText(value as number) : value),
  from(value) {
    // The infinities are written as texts: a number that is read as one, such as 1e400, was another number.
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
      throw new TypeError('got a number beyond double precision; expected one below 1.8e308, or "Infinity"');
    // A text that is none of these stays one: the column refuses it with the clearest words.
    return typeof value === 'string' && odd.has(value) ? odd.get(value) : value;
  },
};

function oddText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
