/**
 * The generated code of one field: what of a value is stored, and where. Names in it, by the column's number:
 *
 *     value3   what was pushed                      text3    what is added to the group's texts
 *     stored3  what the column stores, or null      first    where the columns begin, see `writer.ts`
 *     label3   a label's id in the dictionary
 */
import type { Field } from '../block/block-layout.js';
import { cellKinds } from '../block/cell-kinds.js';
import type { Code } from '../codegen/code.js';
import { quoted } from '../codegen/names.js';

/** Indexes in `first` for each field: of its cell in row 0, of that cell's validity, of where its text ends. */
export const firstsPerField = 3;

/** One of a field's indexes in row 0, by its place in `first`. */
export function firstOf(k: number, which: number): string {
  return `first[${firstsPerField * k + which}]`;
}

/**
 * Declares what the column stores, null for no value.
 * @param fault what to do about a value that does not fit: a statement that does not come back.
 * @param has whether the event has such a key at all, as an expression; undefined where that makes no difference.
 */
export function checkField(field: Field, k: number, fault: string, has?: string): Code {
  const { name, spec, nullable } = field;
  const check = spec.check({
    value: `value${k}`,
    stored: `stored${k}`,
    label: `label${k}`,
    record: `records[${k}]`,
    column: quoted(name),
    fault,
    has,
  });
  return [
    spec.cell === 'label' ? `let stored${k} = null, label${k} = -1;` : `let stored${k} = null;`,
    ...(nullable ? [`if (value${k} !== undefined && value${k} !== null) {`, check, '}'] : check),
  ];
}

/** Stores it in the row's cell. */
export function storeField(field: Field, k: number): Code {
  const { spec, nullable } = field;
  const cell = `${spec.array}${cellAt(k, 0)}`;
  const validity = field.validity === undefined ? '' : `U8${cellAt(k, 1)} = stored${k} === null ? 0 : 1;`;
  const record = `variable.${spec.cell === 'any' ? 'record' : 'blob'}(stored${k})`;
  const position = nullable ? `stored${k} === null ? 0 : ${record}` : record;
  switch (spec.cell) {
    case 'fixed':
      return [validity, `${cell} = ${nullable ? `stored${k} ?? ${spec.zero}` : `stored${k}`};`];
    case 'label':
      // -1: no value; below: a record in the blob region.
      return [`${cell} = stored${k} === null ? label${k} : -1 - ${record};`];
    case 'text':
      return [validity, ...storeText(field, k)];
    case 'blob':
      return [validity, `${cell} = ${position};`];
    case 'any':
      return [validity, `${cell} = ${position};`, ...storeText(field, k)];
    default:
      return spec satisfies never;
  }
}

/** What a value of a column with texts adds to them. */
export function textOf({ kind, nullable }: Field, k: number): string {
  const text = cellKinds[kind].textEnd === 'cell' ? `stored${k}` : `stored${k}.text`;
  return nullable ? `(stored${k} === null ? '' : ${text})` : text;
}

/** Adds a text to the group's, unless there is nothing to add, and stores where it ends. */
function storeText(field: Field, k: number): Code {
  return [
    `const text${k} = ${textOf(field, k)};`,
    `if (text${k}.length > 0) variable.texts[variable.count++] = text${k};`,
    `I32${cellAt(k, 2)} = variable.end += text${k}.length;`,
  ];
}

/** The index of a cell of the row's, by its place in `first`. The conversion spares a check of the sum. */
function cellAt(k: number, which: number): string {
  return `[(${firstOf(k, which)} + row) | 0]`;
}
