/**
 * `t.bigint64()`: a bigint of 64 bits. JSON has no such integers; decimal text stands for them.
 */
import { describe } from '../../../describe.js';
import { element } from './element.js';
import type { FixedSpec } from './spec.js';
import { storeIf } from './store-if.js';

/** A whole number as decimal text; that it fits 64 bits is checked when it is pushed. */
const decimal = /^-?\d{1,19}$/;

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
    convert(field, value, refuse) {
      if (Number.isSafeInteger(value)) return BigInt(value as number);
      if (typeof value === 'string' && decimal.test(value)) return BigInt(value);
      // A larger number has lost digits when JSON.parse returns it.
      const fault = Number.isInteger(value) ? 'range' : 'type';
      throw refuse(fault, field, value, 'an integer; beyond ±(2^53 - 1) as a decimal text');
    },
  },
  inSchemaFiles: true,
};
