/**
 * The generated code of one field: what of a value is stored, and where. Names in it, by the column's number `k`:
 *
 *     v: the value   s: what is stored   l: a label id   first: where the columns begin, see `writer.ts`
 *
 * Column names reach the code only as quoted literals.
 */
import type { Field } from '../block/block-layout.js';
import { cellKinds } from '../block/cell-kinds.js';

/** Indexes in `first` for each field: of its cell in row 0, of that cell's validity, of where its text ends. */
export const firstsPerField = 3;

/** One of a field's indexes in row 0, by its place in `first`. */
export function firstOf(k: number, which: number): string {
  return `first[${firstsPerField * k + which}]`;
}

/**
 * Declares `s`: what the column stores, null for no value.
 * @param fault what to do about a value that does not fit: a statement that does not come back.
 * @param has whether the event has such a key at all, as an expression; undefined where that makes no difference.
 */
export function checkField({ name, spec, nullable }: Field, k: number, fault: string, has?: string): string {
  const code = spec.check({
    value: `v${k}`,
    stored: `s${k}`,
    label: `l${k}`,
    record: `records[${k}]`,
    column: JSON.stringify(name),
    fault,
    has,
  });
  const declared = spec.cell === 'label' ? `let s${k} = null, l${k} = -1;` : `let s${k} = null;`;
  return nullable
    ? `${declared} if (v${k} !== undefined && v${k} !== null) { ${code} }`
    : `${declared} ${code}`;
}

/** Stores `s` in the row's cell. */
export function storeField(field: Field, k: number): string {
  const { spec, nullable } = field;
  const cell = `${spec.array}${cellAt(k, 0)}`;
  const validity = field.validity === undefined ? '' : `U8${cellAt(k, 1)} = s${k} === null ? 0 : 1; `;
  const record = `variable.blob(s${k})`;
  const position = nullable ? `s${k} === null ? 0 : ${record}` : record;
  switch (spec.cell) {
    case 'fixed':
      return `${validity}${cell} = ${nullable ? `s${k} ?? ${spec.zero}` : `s${k}`};`;
    case 'label':
      // -1: no value; below: a record in the blob region.
      return `${cell} = s${k} === null ? l${k} : -1 - ${record};`;
    case 'text':
      return `${validity}${storeText(field, k)}`;
    case 'blob':
      return `${validity}${cell} = ${position};`;
    case 'any':
      return `${validity}${cell} = ${position}; ${storeText(field, k)}`;
    default:
      return spec satisfies never;
  }
}

/** What a value of a column with texts adds to them. */
export function textOf({ kind, nullable }: Field, k: number): string {
  const text = cellKinds[kind].textEnd === 'cell' ? `s${k}` : `s${k}.text`;
  return nullable ? `(s${k} === null ? '' : ${text})` : text;
}

/** Adds a text to the group's, and stores where it ends. */
function storeText(field: Field, k: number): string {
  const add = `const t${k} = ${textOf(field, k)}; variable.texts[variable.count++] = t${k};`;
  return `${add} I32${cellAt(k, 2)} = variable.end += t${k}.length;`;
}

/** The index of a cell of the row's, by its place in `first`. The conversion spares a check of the sum. */
function cellAt(k: number, which: number): string {
  return `[(${firstOf(k, which)} + row) | 0]`;
}
