/**
 * The generated code of a writer: `push`, which reads, checks and stores an event's fields in straight-line code, and
 * `writeColumns`. The names of variables: `field-code.ts`.
 */
import type { BlockLayout, Field } from '../block/block-layout.js';
import { cellKinds } from '../block/cell-kinds.js';
import { type Code, sum } from '../codegen/code.js';
import { columnComment, isInherited, quoted } from '../codegen/names.js';
import { anyColumn } from '../columns/schema.js';
import { columnsCode } from './columns-code.js';
import { checkField, storeField, textOf } from './field-code.js';
import { checkIdentity, storeIdentity } from './identity-code.js';

/** The body of a function of `env`, which has what the code works with (`writer.ts`). */
export function writerCode(layout: BlockLayout): Code {
  return [
    'const { I8, U8, I16, U16, I32, U32, F32, F64, B64, variable, labels, place, first, records, schema } = env;',
    'const { blobCost, textCost, exactTextCost, labelBytes, toJson, toAny } = env;',
    'const { eventFault, eventTooLarge, fitUntil, oddEvent, unknownColumn } = env;',
    layout.identity === undefined ? '' : 'const { rowIdentity, identityFault } = env;',
    'function push(event) {',
    pushCode(layout),
    '}',
    ...columnsCode(layout),
    'return { push, writeColumns };',
  ];
}

function pushCode(layout: BlockLayout): Code {
  const { fields, identity } = layout;
  const whole = fields.length === 1 && fields[0]?.name === anyColumn;
  const checksOf = (wanted: (field: Field) => boolean) =>
    fields.flatMap((field, k) => {
      if (!wanted(field)) return [];
      const has = whole || field.nullable ? undefined : hasKey(field);
      return [columnComment(k, field.name, field), ...checkField(field, k, faultOf(field, k), has)];
    });
  return [
    // Of a literal V8 knows the constructor by its hidden class, and so that there is nothing to look at.
    ...(whole ? [] : ['const made = event?.constructor;', 'if (made !== Object) oddEvent(schema, event);']),
    ...fields.map((field, k) => (whole ? 'const value0 = event;' : readField(field, k))),
    ...checksOf(({ kind }) => kind !== 'any'),
    ...(identity === undefined ? [] : checkIdentity()),
    ...(whole ? [] : countKeys(fields)),
    // Any values last: a push by code of the caller that runs later would overwrite what has been made of them.
    ...checksOf(({ kind }) => kind === 'any'),
    '// A place for the row.',
    ...findPlace(fields),
    '// The row.',
    'const row = place.row;',
    ...fields.flatMap((field, k) => storeField(field, k)),
    ...(identity === undefined ? [] : storeIdentity(fields.length)),
    'const next = (row + 1) | 0;',
    'place.row = next;',
    'if (next === place.end) place.complete();',
    'return true;',
  ];
}

const find: Code = [
  'if (place.row === place.end) {',
  ['const answer = place.find();', 'if (answer !== undefined) return answer;'],
  '}',
];

/** A row to write, and room for its texts and blobs. */
function findPlace(fields: readonly Field[]): Code {
  const texts = fields.flatMap((field, k) => (field.textEnds === undefined ? [] : [textOf(field, k)]));
  const blobs = fields.flatMap(({ kind }, k) =>
    cellKinds[kind].record === 'never' ? [] : [`(stored${k} === null ? 0 : blobCost(stored${k}.length))`],
  );
  const promised = [...texts.map((text) => `textCost(${text}.length)`), ...blobs];
  if (promised.length === 0) return find;
  const exact = [`exactTextCost(${texts.join(', ')})`, ...blobs];
  return [
    ...sum('let need = ', promised, ';'),
    'if (need > variable.capacity) {',
    [
      ...sum('need = ', exact, ';'),
      'if (need > variable.capacity) throw eventTooLarge(schema, need, variable.capacity);',
    ],
    '}',
    ...find,
    'if (need > variable.room) {',
    [
      ...(texts.length === 0 ? [] : sum('need = ', exact, ';')),
      'while (need > variable.room) {',
      ['place.makeRoom();', ...find],
      '}',
    ],
    '}',
    'variable.room -= need;',
  ];
}

/** Only a look at the key tells a value of undefined from none. */
function hasKey({ name }: Field): string {
  const key = quoted(name);
  return isInherited(name) ? `Object.hasOwn(event, ${key})` : `${key} in event`;
}

function faultOf({ name }: Field, k: number): string {
  return `throw eventFault(schema, ${quoted(name)}, value${k});`;
}

function readField({ name }: Field, k: number): string {
  const key = quoted(name);
  return isInherited(name)
    ? `const value${k} = Object.hasOwn(event, ${key}) ? event[${key}] : undefined;`
    : `const value${k} = event[${key}];`;
}

/** Counting keys is how an unknown column is noticed at little cost; only a wrong count looks at the names. */
function countKeys(fields: readonly Field[]): Code {
  const required = fields.filter(({ nullable }) => !nullable).length;
  const present = fields.flatMap(({ nullable }, k) =>
    nullable ? [`(value${k} !== undefined ? 1 : 0)`] : [],
  );
  return [
    '// Columns that the schema does not have.',
    'let keys = 0;',
    'for (const _ in event) keys++;',
    ...sum('const known = ', [`${required}`, ...present], ';'),
    // A class may have getters, which are values and are not counted.
    'if (keys !== known || (made !== Object && made !== undefined)) unknownColumn(schema, event);',
  ];
}
