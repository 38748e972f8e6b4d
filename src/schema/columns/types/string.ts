/**
 * `t.string()`: any text, lone surrogates included.
 */
import { TextColumn } from '../views/variable-column.js';
import { asItIs, type VariableSpec } from './spec.js';
import { storeIf } from './store-if.js';

export const string: VariableSpec<TextColumn<null>> = {
  cell: 'text',
  array: 'I32',
  byColumn: true,
  expected: 'a text',
  isOfKind: () => false,
  mayFit: (value) => typeof value === 'string',
  check: (names) => storeIf(`typeof ${names.value} === 'string'`, names),
  viewOf: ({ starts, ends, validity }, texts) =>
    new TextColumn(texts, starts as Int32Array, ends as Int32Array, validity),
  keyAt: (view, i) => view.get(i),
  // JSON.stringify escapes a lone surrogate, so the text of a row is valid UTF-8.
  rowText: asItIs,
  jsonInput: undefined,
  inSchemaFiles: true,
};
