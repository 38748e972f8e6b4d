/**
 * The generated code of `pushColumns`: a function a column, and one for all texts, which lie row after row.
 *
 *     column3(values, from, to, row)  values [from, to) into rows from `row` on
 *     texts(columns, from, to, row)   the same for all text columns
 *
 * Each returns the index at which it stopped: `to`, or that of a value that does not fit, or that needs what only
 * `push` does. What is stored beyond it counts for nothing.
 */
import type { BlockLayout, Field } from '../block/block-layout.js';
import { arrayTypes } from '../codec/array-types.js';
import { type Code, sum } from '../codegen/code.js';
import { columnComment } from '../codegen/names.js';
import type { Copying } from '../columns/types/spec.js';
import { checkField, firstOf, storeField, textOf } from './field-code.js';
import { identitiesLoop } from './identity-code.js';

const stop = 'return i;';

/** Declares `writeColumns`; undefined where making a value may fail halfway: blobs, JSON go by rows. */
export function columnsCode({ fields, identity }: BlockLayout): Code {
  if (!fields.every(({ spec }) => spec.cell === 'fixed' || spec.byColumn))
    return ['const writeColumns = undefined;'];
  const loops = fields.flatMap((field, k) => (field.kind === 'text' ? [] : columnLoop(field, k)));
  const order = [...fields.keys()]
    .filter((k) => fields[k]?.kind !== 'text')
    .sort((a, b) => rank(fields[a]) - rank(fields[b]));
  return [
    ...loops,
    ...textsLoop(fields),
    ...(identity === undefined ? [] : identitiesLoop(fields.length)),
    `function writeColumns(row, columns, from, to${identity === undefined ? '' : ', given'}) {`,
    [
      ...order.map((k) => `to = column${k}(columns[${k}], from, to, row);`),
      identity === undefined ? '' : 'to = identities(given, from, to, row);',
      // Texts come last, as they cannot be taken back.
      'return texts(columns, from, to, row);',
    ],
    '}',
  ];
}

/** By the column's number: how far an array of its own class fits, for types that do not take all of it. */
export function fitsOf({ fields }: BlockLayout) {
  return fields.map(({ spec }) => {
    const copying = spec.cell === 'fixed' ? spec.copying : 'none';
    return typeof copying === 'string' ? undefined : copying.fitUntil;
  });
}

/** Labels come first: they may stop early, and then the others need not go further. */
function rank(field: Field | undefined): number {
  return field?.kind === 'label' ? 0 : 1;
}

function columnLoop(field: Field, k: number): Code {
  const { name, spec, array } = field;
  const copying = spec.cell === 'fixed' ? spec.copying : 'none';
  // An array such as batches give, of elements that may be anything.
  const elements = spec.cell === 'fixed' && copying === 'none';
  return [
    columnComment(k, name, field),
    `function column${k}(values, from, to, row) {`,
    [
      ...copy(field, k, copying),
      elements ? `const elements = values instanceof ${arrayTypes[array].name};` : '',
      ...loop([
        `const value${k} = ${elements ? `elements ? ${spec.valueOf('values[i]')} : ` : ''}values[i];`,
        ...checkField(field, k, stop),
        // A label that the dictionary has no place for.
        field.kind === 'label' ? `if (stored${k} !== null) ${stop}` : '',
        ...storeField(field, k),
      ]),
    ],
    '}',
  ];
}

/** Copies a typed array of the column's own class, as far as its values need no look. */
function copy({ array, validity }: Field, k: number, copying: Copying): Code {
  if (copying === 'none') return [];
  const first = firstOf(k, 1);
  return [
    `if (values instanceof ${arrayTypes[array].name}) {`,
    [
      copying === 'whole' ? '' : `to = fitUntil[${k}](values, from, to);`,
      'const part = from === 0 && to === values.length ? values : values.subarray(from, to);',
      `${array}.set(part, ${firstOf(k, 0)} + row);`,
      validity === undefined ? '' : `U8.fill(1, ${first} + row, ${first} + row + to - from);`,
      'return to;',
    ],
    '}',
  ];
}

function textsLoop(fields: readonly Field[]): Code {
  const texts = fields.flatMap((field, k) => (field.kind === 'text' ? [{ field, k }] : []));
  if (texts.length === 0) return ['function texts(columns, from, to) {', ['return to;'], '}'];
  const units = texts.map(({ field, k }) => `${textOf(field, k)}.length`);
  return [
    'function texts(columns, from, to, row) {',
    [
      ...texts.map(({ k }) => `const values${k} = columns[${k}];`),
      ...loop([
        ...texts.map(({ k }) => `const value${k} = values${k}[i];`),
        ...texts.flatMap(({ field, k }) => [
          columnComment(k, field.name, field),
          ...checkField(field, k, stop),
        ]),
        ...sum('const units = ', units, ';'),
        'const need = textCost(units);',
        `if (need > variable.room) ${stop}`,
        'variable.room -= need;',
        ...texts.flatMap(({ field, k }) => storeField(field, k)),
      ]),
    ],
    '}',
  ];
}

/** For each row. What the caller's own code throws when a value is read, it throws again when the row goes alone. */
function loop(body: Code): Code {
  return [
    'let i = from;',
    'try {',
    ['for (; i < to; i++, row++) {', body, '}'],
    '} catch {',
    [stop],
    '}',
    'return to;',
  ];
}
