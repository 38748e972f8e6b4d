/**
 * `t.float32()` and `t.float64()`: any number, NaN, -0 and the infinities included.
 */
import { element } from './element.js';
import { numberText } from './number-text.js';
import type { FixedSpec, JsonInput } from './spec.js';
import { storeIf } from './store-if.js';

/** JSON has no infinities: the number that `JSON.parse` returns as one is too large for a double, such as 1e400. */
const jsonInput: JsonInput = {
  isNeeded: (value) => `${value} === Infinity || ${value} === -Infinity`,
  needsText: undefined,
  convert(field, value, refuse) {
    throw refuse('range', field, value, 'a number within double precision, below 1.8e308');
  },
};

export const float32: FixedSpec<'F32'> = {
  ...element,
  array: 'F32',
  zero: '0',
  copying: 'whole',
  expected: 'a number within single precision',
  isOfKind: (value) => typeof value === 'number',
  mayFit: (value) => typeof value === 'number',
  // A finite number that single precision would make infinite is out of range.
  check(names) {
    const { value } = names;
    const staysFinite = `Math.fround(${value}) - Math.fround(${value}) === 0`;
    return storeIf(`typeof ${value} === 'number' && (${staysFinite} || ${value} - ${value} !== 0)`, names);
  },
  rowText: numberText,
  jsonInput,
  inSchemaFiles: true,
};

export const float64: FixedSpec<'F64'> = {
  ...element,
  array: 'F64',
  zero: '0',
  copying: 'whole',
  expected: 'a number',
  isOfKind: () => false,
  mayFit: (value) => typeof value === 'number',
  check: (names) => storeIf(`typeof ${names.value} === 'number'`, names),
  rowText: numberText,
  jsonInput,
  inSchemaFiles: true,
};
