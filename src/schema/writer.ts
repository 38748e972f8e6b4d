/**
 * The compiled writer: stores an event's fields straight into the columns of the block being written.
 *
 * For each schema one function is generated that reads, checks and stores the fields in straight-line
 * code. All checks stand before the first store, and the row counts only when `write` returns true, so
 * a bad event leaves nothing behind. Column names reach the code only as quoted literals.
 */
import { dataAt, type RingMemory } from '../ring/layout.js';
import { packAny } from './any-codec.js';
import type { BlockLayout, Field } from './block-layout.js';
import { columnsCode } from './columns-code.js';
import { eventFault, eventTooLarge, isCollection, unknownColumn } from './event-faults.js';
import { checkField, storeField } from './field-code.js';
import type { LabelDictionary } from './label-dictionary.js';
import { anyColumn, type Schema } from './schema.js';
import { elementIndex, viewsOf } from './shared-views.js';
import { blobCost, exactTextCost, labelBytes, textCost, VariableWriter } from './variable-writer.js';

export interface RowWriter {
  /** Write to this block from now on. */
  open(block: number): void;
  /**
   * Check an event and store it as row `row`.
   * @returns false when the block has no room left for its texts; nothing counts as written.
   * @throws EventError when it does not fit the schema, or no block at all.
   */
  write(row: number, event: unknown): boolean;
  /**
   * Store values `[from, to)` of columns, given by the schema's order, as rows from `row` on.
   * @returns how far it came; the values at that index have to go by `write`. Undefined: all have to.
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
): RowWriter {
  const views = viewsOf(memory.buffer);
  const variable = new VariableWriter(views, layout);
  const env = {
    ...views,
    variable,
    labels,
    schema,
    blobCost,
    textCost,
    exactTextCost,
    labelBytes,
    toJson,
    toAny,
    eventFault,
    eventTooLarge,
    isCollection,
    unknownColumn,
  };
  const compiled = new Function('env', generate(layout))(env) as {
    base(indexes: readonly number[]): void;
    write: RowWriter['write'];
    writeColumns: RowWriter['writeColumns'];
  };
  return {
    open(block) {
      const base = dataAt(memory, block);
      variable.open(base);
      compiled.base(
        layout.fields.flatMap((field) => [
          elementIndex(base, field.values, field.column.type),
          base + (field.validity ?? 0),
        ]),
      );
    },
    write: compiled.write,
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

  function toAny(field: string, value: unknown): Uint8Array {
    // The codec would make undefined of these, silently.
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw eventFault(schema, field, value, new TypeError(`a ${typeof value} is no data`));
    }
    try {
      return packAny(value);
    } catch (cause) {
      throw eventFault(schema, field, value, cause);
    }
  }
}

/** The generated function's body. `v`: the value, `s`: what is stored, `o`: the column's index, `n`: its validity's. */
function generate(layout: BlockLayout): string {
  const fields = layout.fields;
  const all = fields.map((_, k) => k);
  const whole = fields.length === 1 && fields[0]?.name === anyColumn;
  const texts = fields.flatMap((field, k) => (field.kind === 'text' ? [`s${k}`] : []));
  const blobs = fields.flatMap((field, k) =>
    field.kind === 'blob' || field.kind === 'label' ? [`(s${k} === null ? 0 : blobCost(s${k}.length))`] : [],
  );
  const costs = [...texts.map((s) => `textCost(${s} === null ? 0 : ${s}.length)`), ...blobs];
  const room = [
    `let need = ${costs.join(' + ')};`,
    `if (need > variable.room) {`,
    texts.length === 0 ? '' : `need = ${[`exactTextCost(${texts.join(', ')})`, ...blobs].join(' + ')};`,
    'if (need > variable.capacity) throw eventTooLarge(schema, need, variable.capacity);',
    'if (need > variable.room) return false;',
    `}`,
    `variable.room -= need;`,
  ];
  const lines = [
    '"use strict";',
    'const { I8, U8, I16, U16, I32, U32, F32, F64, B64, variable, labels, schema, blobCost, textCost } = env;',
    'const { exactTextCost, labelBytes, toJson, toAny, eventFault, eventTooLarge, isCollection, unknownColumn } = env;',
    `let ${all.flatMap((k) => [`o${k} = 0`, `n${k} = 0`]).join(', ')};`,
    `function base(at) { ${all.map((k) => `o${k} = at[${2 * k}]; n${k} = at[${2 * k + 1}];`).join(' ')} }`,
    'function write(row, e) {',
    whole ? '' : `if (typeof e !== 'object' || e === null) throw eventFault(schema, undefined, e);`,
    whole
      ? ''
      : 'const made = e.constructor; if (made !== Object && isCollection(e)) throw eventFault(schema, undefined, e);',
    ...fields.map((field, k) => (whole ? 'const v0 = e;' : readField(field, k))),
    ...fields.map((field, k) => checkField(field, k, faultOf(field, k), whole ? undefined : hasKey(field))),
    whole ? '' : countKeys(fields),
    ...(costs.length === 0 ? [] : room),
    ...fields.map((field, k) => storeField(field, k)),
    'return true;',
    '}',
    columnsCode(layout),
    'return { base, write, writeColumns };',
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
  const required = fields.filter((field) => !field.column.nullable).length;
  const present = fields.flatMap((field, k) =>
    field.column.nullable ? [`(v${k} !== undefined ? 1 : 0)`] : [],
  );
  return [
    'let keys = 0; for (const _ in e) keys++;',
    // A class may have getters, which are values and are not counted.
    `if (keys !== ${[required, ...present].join(' + ')} || (made !== Object && made !== undefined))`,
    'unknownColumn(schema, e);',
  ].join(' ');
}
