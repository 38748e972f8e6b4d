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
import type { ColumnType } from '../schema/columns/columns.js';
import { anyColumn, type Schema } from '../schema/columns/schema.js';
import { isoTimeMs } from './iso-time.js';

/** Changes a value that `JSON.parse` made, in place, into an event for `push`. @throws EventError */
export type FromJson = (value: unknown) => unknown;

type Convert = (field: string, value: unknown) => unknown;

/** Names that every object seems to have: only an own property of that name is a value. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

export function compileFromJson(schema: Schema): FromJson {
  if (Object.hasOwn(schema.columns, anyColumn)) return (value) => value;
  const converters = convertersFor(schema.name);
  const statements = Object.entries(schema.columns).flatMap(([name, { type }]) => {
    if (converters[type] === undefined) return [];
    const key = JSON.stringify(name);
    const own = inherited.has(name) ? `Object.hasOwn(e, ${key}) && ` : '';
    // A number is a timestamp already; the other two types always need a look.
    const wanted = type === 'timestamp' ? `typeof v !== 'number' && v != null` : 'v != null';
    return `{ const v = e[${key}]; if (${own}${wanted}) e[${key}] = ${type}(${key}, v); }`;
  });
  const body = `"use strict";
    const { notAnObject, converters: { ${Object.keys(converters).join(', ')} } } = env;
    return (e) => {
      if (typeof e !== 'object' || e === null || Array.isArray(e)) throw notAnObject(e);
      ${statements.join('\n')}
      return e;
    };`;
  return new Function('env', body)({ converters, notAnObject }) as FromJson;

  function notAnObject(value: unknown): EventError {
    return new EventError('type', schema.name, undefined, `got ${describe(value)}; expected an object`);
  }
}

function convertersFor(schema: string): Partial<Record<ColumnType, Convert>> {
  const fault = (kind: 'type' | 'range', field: string, value: unknown, expected: string) =>
    new EventError(kind, schema, field, `got ${describe(value)}; expected ${expected}`);
  return {
    timestamp(field, value) {
      const ms = typeof value === 'string' ? isoTimeMs(value) : Number.NaN;
      if (!Number.isNaN(ms)) return ms;
      throw fault(
        'type',
        field,
        value,
        'a time such as "2025-01-31T12:00:00Z", or milliseconds since the epoch',
      );
    },
    bigint64(field, value) {
      if (Number.isSafeInteger(value)) return BigInt(value as number);
      if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return BigInt(value);
      // A larger number has lost digits when JSON.parse returns it.
      const kind = Number.isInteger(value) ? 'range' : 'type';
      throw fault(kind, field, value, 'an integer; beyond ±(2^53 - 1) as a decimal text');
    },
    bytes(field, value) {
      const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
      // Buffer skips what is not base64: only a text that comes out again was base64.
      if (bytes !== undefined && bytes.toString('base64') === value) return bytes;
      throw fault('type', field, value, 'base64 text with its padding');
    },
  };
}
