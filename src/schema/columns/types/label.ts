/**
 * `t.label()`: a text with few distinct values, which the flow's dictionary holds once.
 */
import { ifThen } from '../../codegen/code.js';
import { LabelColumn } from '../views/label-column.js';
import { asItIs, type VariableSpec } from './spec.js';

export const label: VariableSpec<LabelColumn<null>> = {
  cell: 'label',
  array: 'I32',
  byColumn: true,
  expected: 'a text',
  isOfKind: () => false,
  mayFit: (value) => typeof value === 'string',
  // A label for which the dictionary has no place is stored as bytes.
  check: ({ value, stored, label, fault }) => [
    ...ifThen(`typeof ${value} !== 'string'`, fault),
    `${label} = labels.idOf(${value});`,
    `if (${label} < 0) ${stored} = labelBytes(${value});`,
  ],
  viewOf: ({ values, dictionary }) => new LabelColumn(values as Int32Array, dictionary as string[]),
  keyAt: (view, i) => view.get(i),
  rowText: asItIs,
  jsonInput: undefined,
  inSchemaFiles: true,
};
