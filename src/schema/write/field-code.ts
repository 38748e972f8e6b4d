/**
 * The generated code of one field: what of a value is stored, and where. Names in it, by the column's number `k`:
 *
 *     v: the value   s: what is stored   l: a label id   first: where the columns begin, see `writer.ts`
 *
 * Column names reach the code only as quoted literals.
 */
import type { Field } from '../block/block-layout.js';
import { viewName } from '../block/shared-views.js';
import { integerRanges } from '../columns/columns.js';
import { isTime } from './times.js';

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
export function checkField(field: Field, k: number, fault: string, has?: string): string {
  const { type, nullable } = field.column;
  const v = `v${k}`;
  const key = JSON.stringify(field.name);
  const check = (ok: string, stored = v) => `if (${ok}) s${k} = ${stored}; else ${fault}`;
  let code: string;
  const range = integerRanges[type];
  if (range !== undefined) {
    code = check(
      `typeof ${v} === 'number' && (${v} ${type === 'uint32' ? '>>>' : '|'} 0) === ${v}` +
        ` && ${v} >= ${range[0]} && ${v} <= ${range[1]}`,
    );
  } else if (type === 'bool') code = check(`typeof ${v} === 'boolean'`, `${v} ? 1 : 0`);
  else if (type === 'float64') code = check(`typeof ${v} === 'number'`);
  else if (type === 'float32') {
    // A finite number that single precision would make infinite is out of range.
    code = check(
      `typeof ${v} === 'number' && (Math.fround(${v}) - Math.fround(${v}) === 0 || ${v} - ${v} !== 0)`,
    );
  } else if (type === 'bigint64')
    code = check(`typeof ${v} === 'bigint' && BigInt.asIntN(64, ${v}) === ${v}`);
  else if (type === 'timestamp') {
    code =
      `s${k} = typeof ${v} === 'number' ? ${v} : ${v} instanceof Date ? ${v}.getTime() : NaN;` +
      ` if (!(${isTime(`s${k}`)})) ${fault}`;
  } else if (type === 'label')
    code = `if (typeof ${v} !== 'string') ${fault} l${k} = labels.idOf(${v}); if (l${k} < 0) s${k} = labelBytes(${v});`;
  else if (type === 'string') code = check(`typeof ${v} === 'string'`);
  else if (type === 'bytes') code = check(`${v} instanceof Uint8Array`);
  else if (type === 'json') code = `s${k} = toJson(${key}, ${v});`;
  else {
    // The one type that takes undefined: only a key that is not there is missing.
    const missing = has === undefined ? '' : `if (${v} === undefined && !(${has})) ${fault}`;
    code = `${missing} s${k} = toAny(${key}, ${v}, records[${k}]);`;
  }
  const declared = type === 'label' ? `let s${k} = null, l${k} = -1;` : `let s${k} = null;`;
  return nullable
    ? `${declared} if (${v} !== undefined && ${v} !== null) { ${code} }`
    : `${declared} ${code}`;
}

/** Stores `s` in the row's cell. */
export function storeField(field: Field, k: number): string {
  const at = cellAt(k, 0);
  const validity = field.validity === undefined ? '' : `U8${cellAt(k, 1)} = s${k} === null ? 0 : 1; `;
  if (field.kind === 'fixed') {
    const value = field.column.nullable
      ? `s${k} ?? ${field.column.type === 'bigint64' ? '0n' : '0'}`
      : `s${k}`;
    return `${validity}${viewName(field.column.type)}${at} = ${value};`;
  }
  if (field.kind === 'text') return `${validity}${storeText(k, textOf(field, k))}`;
  const record = `variable.blob(s${k})`;
  if (field.kind === 'blob') {
    const text = field.textEnds === undefined ? '' : storeText(k, textOf(field, k));
    return `${validity}I32${at} = ${field.column.nullable ? `s${k} === null ? 0 : ${record}` : record}; ${text}`;
  }
  // -1: no value; below: a record in the blob region.
  return `I32${at} = s${k} === null ? l${k} : -1 - ${record};`;
}

/** What a value of a column with texts adds to them. */
export function textOf({ kind, column }: Field, k: number): string {
  const text = kind === 'text' ? `s${k}` : `s${k}.text`;
  return column.nullable ? `(s${k} === null ? '' : ${text})` : text;
}

/** Adds a text to the group's, and stores where it ends. */
function storeText(k: number, text: string): string {
  const add = `const t${k} = ${text}; variable.texts[variable.count++] = t${k};`;
  return `${add} I32${cellAt(k, 2)} = variable.end += t${k}.length;`;
}

/** The index of a cell of the row's, by its place in `first`. The conversion spares a check of the sum. */
function cellAt(k: number, which: number): string {
  return `[(${firstOf(k, which)} + row) | 0]`;
}
