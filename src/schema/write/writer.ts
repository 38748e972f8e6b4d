/**
 * The compiled writer: stores an event's fields straight into the columns of the block being written.
 *
 * For each producer one function is generated that reads, checks and stores the fields in straight-line code. The event
 * is read and checked as a whole before a place is looked for, so a bad event leaves nothing behind, and code of the
 * caller that runs while it is read (getters, `toJSON`) may push, publish, even close. Column names reach the code only
 * as quoted literals.
 */
import { dataAt, type RingMemory } from '../../ring/layout.js';
import { blobCost, labelBytes } from '../block/blob-records.js';
import { type BlockLayout, type Field, textEndBytes } from '../block/block-layout.js';
import { cellKinds } from '../block/cell-kinds.js';
import type { LabelDictionary } from '../block/label-dictionary.js';
import { viewsOf } from '../block/shared-views.js';
import { anyColumn, type Schema } from '../columns/schema.js';
import { AnyRecord } from './any-record.js';
import { columnsCode, fitsOf } from './columns-code.js';
import { eventFault, eventTooLarge, oddEvent, unknownColumn } from './event-faults.js';
import { checkField, firstsPerField, storeField, textOf } from './field-code.js';
import { exactTextCost, textCost, VariableWriter } from './variable-writer.js';

/** Where rows go: the part of a producer that its compiled `push` works with. */
export interface RowPlace {
  /** The next row of the block that is being written. */
  row: number;
  /** Rows before this one may be written without asking. */
  end: number;
  /** `row` is `end`: find a place for a row. @returns undefined when there is one, otherwise what `push` returns. */
  find(): boolean | undefined;
  /** The block has no room left for the texts of a row: make some, or leave the block. */
  makeRoom(): void;
  /** `row` has come to `end`. */
  complete(): void;
}

export interface RowWriter {
  /** Write to this block from now on. */
  open(block: number): void;
  /**
   * Check an event and store it as the next row. Events whose reading pushes others come after them.
   * @returns true, or what `find` answered: then nothing was written.
   * @throws EventError when it does not fit the schema, or no block at all.
   */
  readonly push: (event: unknown) => boolean;
  /**
   * Store values `[from, to)` of columns, given by the schema's order, as rows from `row` on.
   * @returns how far it came; the values at that index have to go by `push`. Undefined: all have to.
   */
  readonly writeColumns:
    | ((row: number, columns: readonly ArrayLike<unknown>[], from: number, to: number) => number)
    | undefined;
  /** Complete the rows before `row`: write the texts gathered so far. Before each publish. */
  flush(row: number): void;
}

/** Names that every object seems to have: only an own property of that name is a value. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Generate the writer of one schema for one producer. */
export function compileWriter(
  schema: Schema,
  layout: BlockLayout,
  memory: RingMemory,
  labels: LabelDictionary,
  place: RowPlace,
): RowWriter {
  const views = viewsOf(memory.buffer);
  const variable = new VariableWriter(views, layout);
  // In a typed array, as generated code computes with its elements without a check.
  const first = new Int32Array(firstsPerField * layout.fields.length);
  const offsets = layout.fields.flatMap((field) => [field.values, field.validity ?? 0, field.textEnds ?? 0]);
  const shifts = layout.fields.flatMap(({ cellBytes }) => [Math.log2(cellBytes), 0, Math.log2(textEndBytes)]);
  const encoding = { underWay: false };
  const records = layout.fields.map(({ kind }) =>
    kind === 'any' ? new AnyRecord(labels, encoding) : undefined,
  );
  const env = {
    ...views,
    variable,
    labels,
    place,
    first,
    records,
    schema,
    blobCost,
    textCost,
    exactTextCost,
    labelBytes,
    toJson,
    toAny,
    eventFault,
    eventTooLarge,
    fitUntil: fitsOf(layout),
    oddEvent,
    unknownColumn,
  };
  const compiled = new Function('env', generate(layout))(env) as {
    push: RowWriter['push'];
    writeColumns: RowWriter['writeColumns'];
  };
  return {
    open(block) {
      const base = dataAt(memory, block);
      variable.open(base);
      for (let n = 0; n < first.length; n++)
        first[n] = (base + (offsets[n] as number)) >> (shifts[n] as number);
    },
    push: compiled.push,
    writeColumns: compiled.writeColumns,
    flush: (row) => variable.flush(row),
  };

  function toJson(field: string, value: unknown): string {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (cause) {
      throw eventFault(schema, field, value, cause);
    }
    if (text === undefined) throw eventFault(schema, field, value);
    return text;
  }

  function toAny(field: string, value: unknown, record: AnyRecord): AnyRecord {
    // The codec would make undefined of these, silently.
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw eventFault(schema, field, value, new TypeError(`a ${typeof value} is no data`));
    }
    try {
      record.write(value);
      return record;
    } catch (cause) {
      throw eventFault(schema, field, value, cause);
    }
  }
}

/** In each source, so that no two are the same: V8 compiles code of one closure with its arrays as constants. */
let compilations = 0;

/** The generated function's body; names in it: `field-code.ts`. */
function generate(layout: BlockLayout): string {
  const fields = layout.fields;
  const whole = fields.length === 1 && fields[0]?.name === anyColumn;
  const texts = fields.flatMap((field, k) => (field.textEnds === undefined ? [] : [textOf(field, k)]));
  const blobs = fields.flatMap((field, k) =>
    cellKinds[field.kind].record === 'never' ? [] : [`(s${k} === null ? 0 : blobCost(s${k}.length))`],
  );
  const costs = [...texts.map((s) => `textCost(${s}.length)`), ...blobs];
  const checksOf = (wanted: (field: Field) => boolean) =>
    fields.flatMap((field, k) =>
      wanted(field) ? [checkField(field, k, faultOf(field, k), whole ? undefined : hasKey(field))] : [],
    );
  const exact = [`exactTextCost(${texts.join(', ')})`, ...blobs].join(' + ');
  const find =
    'if (place.row === place.end) { const answer = place.find(); if (answer !== undefined) return answer; }';
  const room = [
    `let need = ${costs.join(' + ')};`,
    `if (need > variable.capacity && (need = ${exact}) > variable.capacity)`,
    'throw eventTooLarge(schema, need, variable.capacity);',
    find,
    'if (need > variable.room) {',
    texts.length === 0 ? '' : `need = ${exact};`,
    `while (need > variable.room) { place.makeRoom(); ${find} }`,
    '}',
    'variable.room -= need;',
  ];
  const lines = [
    '"use strict";',
    `// ${++compilations}`,
    'const { I8, U8, I16, U16, I32, U32, F32, F64, B64, variable, labels, place, first, records, schema } = env;',
    'const { blobCost, textCost, exactTextCost, labelBytes, toJson, toAny } = env;',
    'const { eventFault, eventTooLarge, fitUntil, oddEvent, unknownColumn } = env;',
    'function push(e) {',
    // Of a literal V8 knows the constructor by its hidden class, and so that there is nothing to look at.
    whole ? '' : 'const made = e?.constructor; if (made !== Object) oddEvent(schema, e);',
    ...fields.map((field, k) => (whole ? 'const v0 = e;' : readField(field, k))),
    ...checksOf(({ kind }) => kind !== 'any'),
    whole ? '' : countKeys(fields),
    // Any values last: a push by code of the caller that runs later would overwrite what has been made of them.
    ...checksOf(({ kind }) => kind === 'any'),
    ...(costs.length === 0 ? [find] : room),
    'const row = place.row;',
    ...fields.map((field, k) => storeField(field, k)),
    'const next = (row + 1) | 0;',
    'place.row = next;',
    'if (next === place.end) place.complete();',
    'return true;',
    '}',
    columnsCode(layout),
    'return { push, writeColumns };',
  ];
  return lines.join('\n');
}

/** Only a look at the key tells a value of undefined from none. */
function hasKey({ name }: Field): string {
  const key = JSON.stringify(name);
  return inherited.has(name) ? `Object.hasOwn(e, ${key})` : `${key} in e`;
}

function faultOf({ name }: Field, k: number): string {
  return `throw eventFault(schema, ${JSON.stringify(name)}, v${k});`;
}

function readField(field: Field, k: number): string {
  const key = JSON.stringify(field.name);
  return inherited.has(field.name)
    ? `const v${k} = Object.hasOwn(e, ${key}) ? e[${key}] : undefined;`
    : `const v${k} = e[${key}];`;
}

/** Counting keys is how an unknown column is noticed at little cost; only a wrong count looks at the names. */
function countKeys(fields: readonly Field[]): string {
  const required = fields.filter(({ nullable }) => !nullable).length;
  const present = fields.flatMap(({ nullable }, k) => (nullable ? [`(v${k} !== undefined ? 1 : 0)`] : []));
  return [
    'let keys = 0; for (const _ in e) keys++;',
    // A class may have getters, which are values and are not counted.
    `if (keys !== ${[required, ...present].join(' + ')} || (made !== Object && made !== undefined))`,
    'unknownColumn(schema, e);',
  ].join(' ');
}
