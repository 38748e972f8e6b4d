/**
 * `t.int8()` to `t.uint32()`: whole numbers within the range of their typed array.
 */
import type { ArrayName } from '../../codec/array-types.js';
import { element } from './element.js';
import { asItIs, type FixedSpec } from './spec.js';
import { storeIf } from './store-if.js';

/** An integer type: the smallest and the largest value are both allowed. */
export interface IntegerSpec<A extends ArrayName> extends FixedSpec<A> {
  readonly min: number;
  readonly max: number;
}

function integer<A extends ArrayName>(array: A, min: number, max: number): IntegerSpec<A> {
  // The conversion that leaves all values of the type as they are.
  const toInteger = max > 2147483647 ? '>>>' : '|';
  return {
    ...element,
    array,
    min,
    max,
    zero: '0',
    copying: 'whole',
    expected: `an integer from ${min} to ${max}`,
    isOfKind: Number.isInteger,
    mayFit: (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
    check(names) {
      const { value } = names;
      const isWhole = `typeof ${value} === 'number' && (${value} ${toInteger} 0) === ${value}`;
      return storeIf(`${isWhole} && ${value} >= ${min} && ${value} <= ${max}`, names);
    },
    rowText: asItIs,
    jsonInput: undefined,
    inSchemaFiles: true,
  };
}

export const int8 = integer('I8', -128, 127);
export const int16 = integer('I16', -32768, 32767);
export const int32 = integer('I32', -2147483648, 2147483647);
export const uint8 = integer('U8', 0, 255);
export const uint16 = integer('U16', 0, 65535);
export const uint32 = integer('U32', 0, 4294967295);
