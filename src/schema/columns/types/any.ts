/**
 * `t.any()`: any structured value, the event itself in a flow without a schema.
 */
import { packClone, unpackAny } from '../../codec/any-codec.js';
import { toBase64 } from '../../codec/bytes-text.js';
import { keyOfValue } from '../../codec/value-key.js';
import { ifThen } from '../../codegen/code.js';
import { AnyColumn, type AnyPlaces } from '../views/any-column.js';
import { bytesOfText } from './bytes.js';
import type { VariableSpec } from './spec.js';

export const any: VariableSpec<AnyColumn<unknown, null>> = {
  cell: 'any',
  array: 'I32',
  byColumn: false,
  expected: 'a structured value',
  isOfKind: () => false,
  mayFit: () => true,
  // The one type that takes undefined: only a key that is not there is missing.
  check: ({ value, stored, record, column, fault, has }) => [
    ...(has === undefined ? [] : ifThen(`${value} === undefined && !(${has})`, fault)),
    `${stored} = toAny(${column}, ${value}, ${record});`,
  ],
  viewOf: (field, texts, blob) => new AnyColumn(blob, texts, field as AnyPlaces, field.validity),
  keyAt: (view, i) => keyOfValue(view.get(i)),
  rowText: { to: (value) => toBase64(packClone(value)), from: (value) => unpackAny(bytesOfText(value)) },
  jsonInput: undefined,
  // JSON's values have a type of their own.
  inSchemaFiles: false,
};
