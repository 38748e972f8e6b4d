/**
 * Rows of a batch as objects, by a function generated once for each schema: a literal with every
 * column in its place, so that all rows share one hidden class.
 *
 * Column names reach the generated code only as quoted literals.
 */

import { literalKey } from '../codec/literal-key.js';
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
    bind = compile(batch.schema);
    compiled.set(batch.schema, bind);
  }
  const names = Object.keys(batch.schema.columns);
  return bind(
    names.map((name) => batch.columns[name]),
    names.map((name) => batch.validity[name]),
  );
}

function compile(schema: Schema): Bind {
  const entries = Object.entries(schema.columns);
  const locals = entries.map((_, k) => `const c${k} = columns[${k}], v${k} = validity[${k}];`);
  const values = entries.map(([, { type, nullable }], k) => {
    const spec = specOf(type);
    if (spec.cell !== 'fixed') return `c${k}.get(i)`;
    const value = spec.valueOf(`c${k}[i]`);
    return nullable ? `((v${k}[i >> 3] >> (i & 7)) & 1) === 1 ? ${value} : null` : value;
  });
  const literal = entries.map(([name], k) => `${literalKey(name)}: ${values[k]}`).join(', ');
  const row = entries.length === 1 && entries[0]?.[0] === anyColumn ? values[0] : `({ ${literal} })`;
  return new Function(
    'columns',
    'validity',
    `"use strict"; ${locals.join(' ')} return (i) => ${row};`,
  ) as Bind;
}
