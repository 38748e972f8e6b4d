/**
 * The generated code of `pushColumns`: a function a column, and one for all texts, which lie row after row.
 *
 *     c0(values, from, to, row)      values [from, to) into rows from `row` on
 *     texts(columns, from, to, row)  the same for all text columns
 *
 * Each returns the index at which it stopped: `to`, or that of a value that does not fit, or that needs what only
 * `write` does. What is stored beyond it counts for nothing.
 */
import type { BlockLayout, Field } from '../block/block-layout.js';
import { viewName } from '../block/shared-views.js';
import { type FixedType, fixedTypes } from '../columns/columns.js';
import { checkField, firstOf, storeField, textOf } from './field-code.js';

const stop = 'return i;';
// What the caller's own code throws when a value is read, it throws again when the row goes alone.
const head = 'let i = from; try { for (; i < to; i++, row++) {';
const tail = '} } catch { return i; } return to; }';

/** Declares `writeColumns`; undefined where making a value may fail halfway: blobs and JSON go by rows. */
export function columnsCode({ fields }: BlockLayout): string {
  if (fields.some(({ kind, column }) => kind === 'blob' || column.type === 'json'))
    return 'const writeColumns = undefined;';
  const loops = fields.flatMap((field, k) => (field.kind === 'text' ? [] : [columnLoop(field, k)]));
  const order = [...fields.keys()]
    .filter((k) => fields[k]?.kind !== 'text')
    .sort((a, b) => rank(fields[a]) - rank(fields[b]));
  const calls = order.map((k) => `to = c${k}(columns[${k}], from, to, row);`);
  return [
    ...loops,
    textsLoop(fields),
    // Texts come last, as they cannot be taken back.
    `function writeColumns(row, columns, from, to) { ${calls.join(' ')} return texts(columns, from, to, row); }`,
  ].join('\n');
}

/** Labels come first: they may stop early, and then the others need not go further. */
function rank(field: Field | undefined): number {
  return field?.kind === 'label' ? 0 : 1;
}

function columnLoop(field: Field, k: number): string {
  const { type } = field.column;
  return [
    `function c${k}(values, from, to, row) {`,
    copy(field, k),
    type === 'bool' ? 'const flags = values instanceof Uint8Array;' : '',
    head,
    // A column of booleans may come as the Uint8Array that batches give.
    `const v${k} = ${type === 'bool' ? 'flags ? values[i] === 1 : ' : ''}values[i];`,
    checkField(field, k, stop),
    // A label that the dictionary has no place for.
    field.kind === 'label' ? `if (s${k} !== null) ${stop}` : '',
    storeField(field, k),
    tail,
  ].join('\n');
}

/** A typed array of the column's own kind needs no check, but for times, which not all numbers are. */
function copy(field: Field, k: number): string {
  const { type } = field.column;
  if (field.kind !== 'fixed' || type === 'bool') return '';
  const validity =
    field.validity === undefined
      ? ''
      : `U8.fill(1, ${firstOf(k, 1)} + row, ${firstOf(k, 1)} + row + to - from);`;
  return `if (values instanceof ${fixedTypes[type as FixedType].name}) {
${type === 'timestamp' ? 'to = endOfTimes(values, from, to);' : ''}
const part = from === 0 && to === values.length ? values : values.subarray(from, to);
${viewName(type)}.set(part, ${firstOf(k, 0)} + row); ${validity} return to; }`;
}

function textsLoop(fields: readonly Field[]): string {
  const texts = fields.flatMap((field, k) => (field.kind === 'text' ? [{ field, k }] : []));
  const units = texts.map(({ field, k }) => `${textOf(field, k)}.length`);
  if (texts.length === 0) return 'function texts(columns, from, to) { return to; }';
  return [
    'function texts(columns, from, to, row) {',
    ...texts.map(({ k }) => `const values${k} = columns[${k}];`),
    head,
    ...texts.map(({ k }) => `const v${k} = values${k}[i];`),
    ...texts.map(({ field, k }) => checkField(field, k, stop)),
    `const need = textCost(${units.join(' + ')});`,
    `if (need > variable.room) ${stop}`,
    'variable.room -= need;',
    ...texts.map(({ field, k }) => storeField(field, k)),
    tail,
  ].join('\n');
}
