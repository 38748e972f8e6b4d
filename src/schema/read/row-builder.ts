/**
 * Rows of a batch as objects, by a function generated once for each schema: a literal with every
 * column in its place, so that all rows share one hidden class.
 */

import type { Code } from '../codegen/code.js';
import { compile } from '../codegen/compile.js';
import { columnComment, literalKey } from '../codegen/names.js';
import { anyColumn, type Schema } from '../columns/schema.js';
import { specOf } from '../columns/types/table.js';
import type { Batch } from './batch.js';

type Bind = (
  columns: readonly unknown[],
  validity: readonly (Uint8Array | undefined)[],
) => (i: number) => unknown;

const compiled = new WeakMap<Schema, Bind>();

/** A function that builds row `i` of this batch. */
export function bindRows(batch: Batch): (i: number) => unknown {
  let bind = compiled.get(batch.schema);
  if (bind === undefined) {
    const { schema } = batch;
    bind = compile<Bind>([schema.name, 'rows'], ['columns', 'validity'], rowsCode(schema));
    compiled.set(schema, bind);
  }
  const names = Object.keys(batch.schema.columns);
  return bind(
    names.map((name) => batch.columns[name]),
    names.map((name) => batch.validity[name]),
  );
}

/** The body of a function of a batch's `columns` and their `validity`, in the schema's order. */
export function rowsCode(schema: Schema): Code {
  const fields = Object.entries(schema.columns).map(([name, column], k) => {
    const spec = specOf(column.type);
    // Every other view knows which rows have a value.
    const needsValidity = spec.cell === 'fixed' && column.nullable;
    const value = spec.cell === 'fixed' ? spec.valueOf(`column${k}[i]`) : `column${k}.get(i)`;
    return {
      name,
      declared: [
        columnComment(k, name, column),
        `const column${k} = columns[${k}]${needsValidity ? `, validity${k} = validity[${k}]` : ''};`,
      ],
      value: needsValidity ? `((validity${k}[i >> 3] >> (i & 7)) & 1) === 1 ? ${value} : null` : value,
    };
  });
  const whole = fields.length === 1 && fields[0]?.name === anyColumn;
  return [
    ...fields.flatMap(({ declared }) => declared),
    'return function row(i) {',
    whole
      ? fields.map(({ value }) => `return ${value};`)
      : ['return {', fields.map(({ name, value }) => `${literalKey(name)}: ${value},`), '};'],
    '};',
  ];
}
