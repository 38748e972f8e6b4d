/**
 * `t.bigint64()`: a bigint of 64 bits. A JSON number keeps all of its digits; a row's text has decimal text.
 */
import { describe } from '../../../describe.js';
import { element } from './element.js';
import type { FixedSpec } from './spec.js';
import { storeIf } from './store-if.js';
import { wholeNumber } from './whole-number.js';

/** A whole number as decimal text; that it fits 64 bits is checked when it is pushed. */
const decimal = /^-?\d{1,19}$/;

/** Below it, a double shows any fraction of two digits; smaller ones are rounded away, as for the other integers. */
const exactBelow = 2 ** 46;

export const bigint64: FixedSpec<'B64'> = {
  ...element,
  array: 'B64',
  zero: '0n',
  copying: 'whole',
  expected: 'a bigint from -2^63 to 2^63 - 1',
  isOfKind: (value) => typeof value === 'bigint',
  mayFit: (value) => typeof value === 'bigint',
  check(names) {
    const { value } = names;
    return storeIf(`typeof ${value} === 'bigint' && BigInt.asIntN(64, ${value}) === ${value}`, names);
  },
  rowText: {
    to: String,
    from(value) {
      if (typeof value === 'string' && decimal.test(value)) return BigInt(value);
      throw new TypeError(`got ${describe(value)}; expected a whole number as decimal text`);
    },
  },
  jsonInput: {
    isNeeded: (value) => `${value} != null`,
    // A number may have lost digits when JSON.parse returns it.
    needsText: (value) =>
      `typeof ${value} === 'number' && !(Math.abs(${value}) < ${exactBelow} && ${value} % 1 === 0)`,
    convert(field, value, refuse, text) {
      if (typeof value === 'string' && decimal.test(value)) return BigInt(value);
      if (typeof value === 'number' && text === undefined) return BigInt(value);
      const whole = text === undefined ? 'type' : wholeNumber(text);
      if (typeof whole === 'bigint') return whole;
      const fault = whole === 'range' ? 'range' : 'type';
      throw refuse(fault, field, value, 'an integer from -2^63 to 2^63 - 1, or its decimal text');
    },
  },
  inSchemaFiles: true,
};
