/**
 * `t.timestamp()`: a Date, or milliseconds since the epoch with their fraction; milliseconds in a batch.
 */
import { ifThen } from '../../codegen/code.js';
import { element } from './element.js';
import { isoTimeMs } from './iso-time.js';
import { numberText } from './number-text.js';
import type { FixedSpec } from './spec.js';
import { endOfTimes, isTime } from './times.js';

export const timestamp: FixedSpec<'F64'> = {
  ...element,
  array: 'F64',
  zero: '0',
  // Not all numbers are times.
  copying: { fitUntil: endOfTimes },
  expected: 'a valid Date or milliseconds since the epoch',
  isOfKind: (value) => typeof value === 'number' || value instanceof Date,
  mayFit: (value) => typeof value === 'number' || value instanceof Date,
  check: ({ value, stored, fault }) => [
    `${stored} = typeof ${value} === 'number' ? ${value} : ${value} instanceof Date ? ${value}.getTime() : NaN;`,
    ...ifThen(`!(${isTime(stored)})`, fault),
  ],
  rowText: numberText,
  jsonInput: {
    // A number is a time already.
    isNeeded: (value) => `typeof ${value} !== 'number' && ${value} != null`,
    needsText: undefined,
    convert(field, value, refuse) {
      const ms = typeof value === 'string' ? isoTimeMs(value) : Number.NaN;
      if (!Number.isNaN(ms)) return ms;
      const expected = 'a time such as "2025-01-31T12:00:00Z", or milliseconds since the epoch';
      throw refuse('type', field, value, expected);
    },
  },
  inSchemaFiles: true,
};
