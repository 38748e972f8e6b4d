/**
 * `t.float32()` and `t.float64()`: any number, NaN, -0 and the infinities included.
 */
import { element } from './element.js';
import { numberText } from './number-text.js';
import type { FixedSpec } from './spec.js';

export const float32: FixedSpec<'F32'> = {
  ...element,
  array: 'F32',
  zero: '0',
  copying: 'whole',
  expected: 'a number within single precision',
  isOfKind: (value) => typeof value === 'number',
  // A finite number that single precision would make infinite is out of range.
  check: ({ value, stored, fault }) =>
    `if (typeof ${value} === 'number'` +
    ` && (Math.fround(${value}) - Math.fround(${value}) === 0 || ${value} - ${value} !== 0))` +
    ` ${stored} = ${value}; else ${fault}`,
  rowText: numberText,
  jsonInput: undefined,
  inSchemaFiles: true,
};

export const float64: FixedSpec<'F64'> = {
  ...element,
  array: 'F64',
  zero: '0',
  copying: 'whole',
  expected: 'a number',
  isOfKind: () => false,
  check: ({ value, stored, fault }) =>
    `if (typeof ${value} === 'number') ${stored} = ${value}; else ${fault}`,
  rowText: numberText,
  jsonInput: undefined,
  inSchemaFiles: true,
};
