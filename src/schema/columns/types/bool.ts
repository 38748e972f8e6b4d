/**
 * `t.bool()`: true or false; in a batch's columns a `Uint8Array` of 1 and 0.
 */
import { element } from './element.js';
import { asItIs, type FixedSpec } from './spec.js';
import { storeIf } from './store-if.js';

export const bool: FixedSpec<'U8'> = {
  ...element,
  array: 'U8',
  zero: '0',
  valueOf: (cell) => `${cell} === 1`,
  // A Uint8Array may hold what is neither 0 nor 1.
  copying: 'none',
  expected: 'true or false',
  isOfKind: () => false,
  mayFit: (value) => typeof value === 'boolean',
  check: (names) => storeIf(`typeof ${names.value} === 'boolean'`, names, `${names.value} ? 1 : 0`),
  rowText: asItIs,
  jsonInput: undefined,
  inSchemaFiles: true,
};
