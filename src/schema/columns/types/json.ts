/**
 * `t.json()`: any value that `JSON.stringify` takes, stored as its text.
 */
import { JsonText } from '../../codec/json-text.js';
import { JsonColumn, TextColumn } from '../views/variable-column.js';
import { asItIs, type VariableSpec } from './spec.js';

export const json: VariableSpec<JsonColumn<unknown, null>> = {
  cell: 'text',
  array: 'I32',
  // `toJSON` and getters are code of the caller.
  byColumn: false,
  expected: 'a value that JSON can hold',
  isOfKind: () => false,
  mayFit: () => true,
  check: ({ value, stored, column }) => [`${stored} = toJson(${column}, ${value});`],
  viewOf: ({ starts, ends, validity }, texts) =>
    new JsonColumn(new TextColumn(texts, starts as Int32Array, ends as Int32Array, validity)),
  keyAt: (view, i) => view.text.get(i),
  rowText: asItIs,
  jsonInput: {
    isNeeded: (value) => `${value} != null`,
    needsText: (value) => `${value} != null`,
    // Its own text, with all digits: a number may be an id of 20 digits.
    convert: (_field, _value, _refuse, text) => new JsonText(text as string),
  },
  inSchemaFiles: true,
};
