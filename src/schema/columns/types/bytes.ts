/**
 * `t.bytes()`: a `Uint8Array` or Buffer, whose bytes are copied. In JSON it is base64.
 */
import { describe } from '../../../describe.js';
import { fromBase64, keyOfBytes, toBase64 } from '../../codec/bytes-text.js';
import { BytesColumn } from '../views/variable-column.js';
import type { VariableSpec } from './spec.js';
import { storeIf } from './store-if.js';

const expectedText = 'base64 text with its padding';

/**
 * The bytes of a base64 text in a row's text.
 * @throws TypeError
 */
export function bytesOfText(value: unknown): Uint8Array {
  const bytes = fromBase64(value);
  if (bytes !== undefined) return bytes;
  throw new TypeError(`got ${describe(value)}; expected ${expectedText}`);
}

export const bytes: VariableSpec<BytesColumn<null>> = {
  cell: 'blob',
  array: 'I32',
  byColumn: false,
  expected: 'a Uint8Array',
  isOfKind: () => false,
  mayFit: (value) => value instanceof Uint8Array,
  check: (names) => storeIf(`${names.value} instanceof Uint8Array`, names),
  viewOf: ({ starts, ends, validity }, _texts, blob) =>
    new BytesColumn(blob, starts as Int32Array, ends as Int32Array, validity),
  keyAt: (view, i) => keyOfBytes(view.get(i) as Uint8Array),
  rowText: { to: (value) => toBase64(value as Uint8Array), from: bytesOfText },
  jsonInput: {
    isNeeded: (value) => `${value} != null`,
    needsText: undefined,
    convert(field, value, refuse) {
      const bytes = fromBase64(value);
      if (bytes !== undefined) return bytes;
      throw refuse('type', field, value, expectedText);
    },
  },
  inSchemaFiles: true,
};
