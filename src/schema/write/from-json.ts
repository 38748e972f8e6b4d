/**
 * From what JSON can say to what a schema's columns take: JSON has no dates and no bytes, and `JSON.parse` rounds
 * numbers to doubles.
 *
 * | column           | in JSON                                                                                  |
 * |------------------|------------------------------------------------------------------------------------------|
 * | timestamp        | "2025-01-31T12:00:00.5Z" (with a zone), or milliseconds since the epoch                  |
 * | bigint64         | a number of whole value, digit by digit (1e3 is 1000), or decimal text                   |
 * | bytes            | base64 text, padded                                                                      |
 * | json             | any value; the column holds its text as it came, without white space around its parts    |
 * | float32, float64 | a number; one that is too large for a double, such as 1e400, is refused                  |
 *
 * Every other column takes the value as it is; `push` does the checking.
 *
 * The conversion is generated for a schema and touches only the columns that need it. The event's text is read a
 * second time only where a column needs a value's own text.
 */
import { describe } from '../../describe.js';
import { EventError } from '../../errors.js';
import { JsonMembers } from '../codec/json-members.js';
import { type Code, ifThen } from '../codegen/code.js';
import { compile } from '../codegen/compile.js';
import { columnComment, isInherited, quoted } from '../codegen/names.js';
import type { Column } from '../columns/columns.js';
import { anyColumn, type Schema } from '../columns/schema.js';
import type { JsonInput, Refuse } from '../columns/types/spec.js';
import { specOf } from '../columns/types/table.js';

/**
 * Changes a value that `JSON.parse` made, in place, into an event for `push`.
 *
 * @param text the text that holds the value, and perhaps others.
 * @param start the value's place in the text; counts only where `ReadsText` says so.
 * @throws EventError
 */
export type FromJson = (value: unknown, text: string, start: number) => unknown;

/** What the generated code works with. */
interface Environment {
  /** By the column's number. */
  readonly converters: readonly (JsonInput['convert'] | undefined)[];
  /** Finds the texts of columns that read them, in the order of those columns. */
  readonly members: JsonMembers;
  readonly refuse: Refuse;
  readonly notAnObject: (value: unknown) => EventError;
}

/** A column that takes something else than `JSON.parse` makes. */
interface Converted {
  readonly name: string;
  readonly column: Column;
  /** The column's number. */
  readonly k: number;
  readonly jsonInput: JsonInput;
}

/** Whether the conversion of an event, which `JSON.parse` made, reads its text. */
export type ReadsText = (value: unknown) => boolean;

/** @returns undefined where the conversion of no event reads its text. */
export function compileReadsText(schema: Schema): ReadsText | undefined {
  const columns = textColumns(convertedColumns(schema));
  if (columns.length === 0) return undefined;
  return compile<() => ReadsText>([schema.name, 'reads-text'], [], readsTextCode(columns))();
}

function readsTextCode(columns: readonly Converted[]): Code {
  return [
    'return function readsText(event) {',
    [
      "if (typeof event !== 'object' || event === null || Array.isArray(event)) return false;",
      ...columns.map(({ name, k }) => `const value${k} = event[${quoted(name)}];`),
      `return ${columns.map((column) => `(${needsText(column)})`).join(' || ')};`,
    ],
    '};',
  ];
}

export function compileFromJson(schema: Schema): FromJson {
  if (Object.hasOwn(schema.columns, anyColumn)) return (value) => value;
  const withText = textColumns(convertedColumns(schema));
  type Bind = (environment: Environment) => FromJson;
  return compile<Bind>(
    [schema.name, 'from-json'],
    ['env'],
    fromJsonCode(schema),
  )({
    converters: Object.values(schema.columns).map(({ type }) => specOf(type).jsonInput?.convert),
    members: new JsonMembers(withText.map(({ name }) => name)),
    refuse: (fault, field, value, expected) =>
      new EventError(fault, schema.name, field, `got ${describe(value)}; expected ${expected}`),
    notAnObject: (value) =>
      new EventError('type', schema.name, undefined, `got ${describe(value)}; expected an object`),
  });
}

/** The body of a function of `env`. */
export function fromJsonCode(schema: Schema): Code {
  const columns = convertedColumns(schema);
  const withText = textColumns(columns);
  return [
    'const { converters, members, refuse, notAnObject } = env;',
    ...columns.map(({ k }) => `const convert${k} = converters[${k}];`),
    'return function fromJson(event, text, start) {',
    [
      "if (typeof event !== 'object' || event === null || Array.isArray(event)) throw notAnObject(event);",
      ...columns.flatMap(({ name, column, k }) => [
        columnComment(k, name, column),
        `const value${k} = event[${quoted(name)}];`,
      ]),
      ...withText.map((column) => `const reads${column.k} = ${needsText(column)};`),
      ...(withText.length === 0
        ? []
        : ifThen(withText.map(({ k }) => `reads${k}`).join(' || '), 'members.find(text, start);')),
      ...columns.flatMap((column) => {
        const { name, k } = column;
        const place = withText.indexOf(column);
        const own = place < 0 ? '' : `, reads${k} ? members.textOf(text, ${place}) : undefined`;
        const key = quoted(name);
        return ifThen(isNeeded(column), `event[${key}] = convert${k}(${key}, value${k}, refuse${own});`);
      }),
      'return event;',
    ],
    '};',
  ];
}

function convertedColumns({ columns }: Schema): Converted[] {
  return Object.entries(columns).flatMap(([name, column], k) => {
    const { jsonInput } = specOf(column.type);
    return jsonInput === undefined ? [] : [{ name, column, k, jsonInput }];
  });
}

/** The columns that may need the text of a value. */
function textColumns(columns: readonly Converted[]): Converted[] {
  return columns.filter(({ jsonInput }) => jsonInput.needsText !== undefined);
}

/** Whether a column's value is to be converted, as an expression. */
function isNeeded(column: Converted): string {
  return ownValue(column, column.jsonInput.isNeeded(`value${column.k}`));
}

/** Whether that is done by its text, as an expression. */
function needsText(column: Converted): string {
  return ownValue(column, column.jsonInput.needsText?.(`value${column.k}`) ?? 'false');
}

/** A condition on a value that is the event's own: what objects inherit is no value. */
function ownValue({ name }: Converted, condition: string): string {
  return isInherited(name) ? `Object.hasOwn(event, ${quoted(name)}) && (${condition})` : condition;
}
