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
import { integerRanges } from './columns.js';
import { eventFault, eventTooLarge, isCollection, unknownColumn } from './event-faults.js';
import type { LabelDictionary } from './label-dictionary.js';
import { anyColumn, type Schema } from './schema.js';
import { elementIndex, viewName, viewsOf } from './shared-views.js';
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
    ...fields.map((field, k) => checkField(field, k, whole)),
    whole ? '' : countKeys(fields),
    ...(costs.length === 0 ? [] : room),
    ...fields.map((field, k) => storeField(field, k)),
    'return true;',
    '}',
    'return { base, write };',
  ];
  return lines.join('\n');
}

function readField(field: Field, k: number): string {
  const key = JSON.stringify(field.name);
  return inherited.has(field.name)
    ? `const v${k} = Object.hasOwn(e, ${key}) ? e[${key}] : undefined;`
    : `const v${k} = e[${key}];`;
}

/** Declares `s`: what the column stores, null for no value. Throws for a value that does not fit. */
function checkField(field: Field, k: number, whole: boolean): string {
  const { type, nullable } = field.column;
  const v = `v${k}`;
  const key = JSON.stringify(field.name);
  const fault = `throw eventFault(schema, ${key}, ${v});`;
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
      ` if (!(s${k} >= -8.64e15 && s${k} <= 8.64e15)) ${fault}`;
  } else if (type === 'label')
    code = `if (typeof ${v} !== 'string') ${fault} l${k} = labels.idOf(${v}); if (l${k} < 0) s${k} = labelBytes(${v});`;
  else if (type === 'string') code = check(`typeof ${v} === 'string'`);
  else if (type === 'bytes') code = check(`${v} instanceof Uint8Array`);
  else if (type === 'json') code = `s${k} = toJson(${key}, ${v});`;
  else {
    // The one type that takes undefined: only a key that is not there is missing.
    const has = inherited.has(field.name) ? `Object.hasOwn(e, ${key})` : `${key} in e`;
    code = `${whole ? '' : `if (${v} === undefined && !(${has})) ${fault}`} s${k} = toAny(${key}, ${v});`;
  }
  const declared = type === 'label' ? `let s${k} = null, l${k} = -1;` : `let s${k} = null;`;
  return nullable
    ? `${declared} if (${v} !== undefined && ${v} !== null) { ${code} }`
    : `${declared} ${code}`;
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

function storeField(field: Field, k: number): string {
  const at = `[o${k} + row]`;
  const validity = field.validity === undefined ? '' : `U8[n${k} + row] = s${k} === null ? 0 : 1; `;
  if (field.kind === 'fixed') {
    const value = field.column.nullable
      ? `s${k} ?? ${field.column.type === 'bigint64' ? '0n' : '0'}`
      : `s${k}`;
    return `${validity}${viewName(field.column.type)}${at} = ${value};`;
  }
  if (field.kind === 'text') {
    const add = `variable.pending += s${k}; variable.end += s${k}.length;`;
    return `${validity}${field.column.nullable ? `if (s${k} !== null) { ${add} }` : add} I32${at} = variable.end;`;
  }
  const record = `variable.blob(s${k})`;
  if (field.kind === 'blob')
    return `${validity}I32${at} = ${field.column.nullable ? `s${k} === null ? 0 : ${record}` : record};`;
  // -1: no value; below: a record in the blob region.
  return `I32${at} = s${k} === null ? l${k} : -1 - ${record};`;
}
