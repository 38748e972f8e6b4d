/**
 * From what JSON can say to what a schema's columns take: JSON has no dates, no bytes and no 64-bit integers.
 *
 * | column    | in JSON                                                                      |
 * |-----------|------------------------------------------------------------------------------|
 * | timestamp | "2025-01-31T12:00:00.5Z" (with a zone), or milliseconds since the epoch      |
 * | bigint64  | an integer up to ±(2^53 - 1), or any as decimal text: "9223372036854775807"  |
 * | bytes     | base64 text, padded                                                          |
 *
 * Every other column takes the value as it is; `push` does the checking.
 *
 * The conversion is generated for a schema and touches only the columns that need it.
 */
import { describe } from '../describe.js';
import { EventError } from '../errors.js';
import { type Code, ifThen } from '../schema/codegen/code.js';
import { compile } from '../schema/codegen/compile.js';
import { columnComment, isInherited, quoted } from '../schema/codegen/names.js';
import { anyColumn, type Schema } from '../schema/columns/schema.js';
import type { JsonInput, Refuse } from '../schema/columns/types/spec.js';
import { specOf } from '../schema/columns/types/table.js';

/** Changes a value that `JSON.parse` made, in place, into an event for `push`. @throws EventError */
export type FromJson = (value: unknown) => unknown;

/** What the generated code works with. */
interface Environment {
  /** By the column's number. */
  readonly converters: readonly (JsonInput['convert'] | undefined)[];
  readonly refuse: Refuse;
  readonly notAnObject: (value: unknown) => EventError;
}

export function compileFromJson(schema: Schema): FromJson {
  if (Object.hasOwn(schema.columns, anyColumn)) return (value) => value;
  type Bind = (environment: Environment) => FromJson;
  return compile<Bind>(
    [schema.name, 'from-json'],
    ['env'],
    fromJsonCode(schema),
  )({
    converters: Object.values(schema.columns).map(({ type }) => specOf(type).jsonInput?.convert),
    refuse: (fault, field, value, expected) =>
      new EventError(fault, schema.name, field, `got ${describe(value)}; expected ${expected}`),
    notAnObject: (value) =>
      new EventError('type', schema.name, undefined, `got ${describe(value)}; expected an object`),
  });
}

/** The body of a function of `env`. */
export function fromJsonCode(schema: Schema): Code {
  const columns = Object.entries(schema.columns).flatMap(([name, column], k) => {
    const { jsonInput } = specOf(column.type);
    return jsonInput === undefined ? [] : [{ name, column, k, jsonInput }];
  });
  return [
    'const { converters, refuse, notAnObject } = env;',
    ...columns.map(({ k }) => `const convert${k} = converters[${k}];`),
    'return function fromJson(event) {',
    [
      "if (typeof event !== 'object' || event === null || Array.isArray(event)) throw notAnObject(event);",
      ...columns.flatMap(({ name, column, k, jsonInput }) => {
        const key = quoted(name);
        const isNeeded = jsonInput.isNeeded(`value${k}`);
        return [
          columnComment(k, name, column),
          `const value${k} = event[${key}];`,
          ...ifThen(
            isInherited(name) ? `Object.hasOwn(event, ${key}) && ${isNeeded}` : isNeeded,
            `event[${key}] = convert${k}(${key}, value${k}, refuse);`,
          ),
        ];
      }),
      'return event;',
    ],
    '};',
  ];
}
