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
 * The conversion is generated for a schema and touches only the columns that need it. Column names reach
 * the generated code only as quoted literals.
 */
import { describe } from '../describe.js';
import { EventError } from '../errors.js';
import { anyColumn, type Schema } from '../schema/columns/schema.js';
import type { Refuse } from '../schema/columns/types/spec.js';
import { specOf } from '../schema/columns/types/table.js';

/** Changes a value that `JSON.parse` made, in place, into an event for `push`. @throws EventError */
export type FromJson = (value: unknown) => unknown;

/** Names that every object seems to have: only an own property of that name is a value. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

export function compileFromJson(schema: Schema): FromJson {
  if (Object.hasOwn(schema.columns, anyColumn)) return (value) => value;
  const columns = Object.entries(schema.columns);
  const converters = columns.map(([, { type }]) => specOf(type).jsonInput?.convert);
  const statements = columns.flatMap(([name, { type }], k) => {
    const { jsonInput } = specOf(type);
    if (jsonInput === undefined) return [];
    const key = JSON.stringify(name);
    const own = inherited.has(name) ? `Object.hasOwn(e, ${key}) && ` : '';
    return [
      `const v${k} = e[${key}]; ` +
        `if (${own}${jsonInput.isNeeded(`v${k}`)}) e[${key}] = convert${k}(${key}, v${k}, refuse);`,
    ];
  });
  const names = converters.flatMap((convert, k) =>
    convert === undefined ? [] : [`const convert${k} = converters[${k}];`],
  );
  const body = `"use strict";
    const { notAnObject, refuse, converters } = env;
    ${names.join('\n')}
    return (e) => {
      if (typeof e !== 'object' || e === null || Array.isArray(e)) throw notAnObject(e);
      ${statements.join('\n')}
      return e;
    };`;
  const refuse: Refuse = (fault, field, value, expected) =>
    new EventError(fault, schema.name, field, `got ${describe(value)}; expected ${expected}`);
  return new Function('env', body)({ converters, refuse, notAnObject }) as FromJson;

  function notAnObject(value: unknown): EventError {
    return new EventError('type', schema.name, undefined, `got ${describe(value)}; expected an object`);
  }
}
