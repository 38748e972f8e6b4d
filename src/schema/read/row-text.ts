/**
 * A row of a batch as JSON text, and back into an event that can be pushed again. Nothing of it is lost:
 * what JSON cannot say becomes a text, and the schema tells how that text is to be read.
 *
 * | column              | in the text                                                                  |
 * |---------------------|------------------------------------------------------------------------------|
 * | bigint64            | decimal text: "9223372036854775807"                                          |
 * | bytes               | base64 text, padded                                                          |
 * | any                 | base64 text of what `v8.serialize` makes of the value                        |
 * | float…, timestamp   | a number; "NaN", "Infinity", "-Infinity" and "-0" as these texts             |
 * | json                | the column's own text, with all digits of its numbers                        |
 * | every other         | as it is; a lone surrogate is escaped, so that the text is valid UTF-8       |
 *
 * The text of a row without a schema, which is one value, is that value's base64 text alone.
 */
import { describe, messageOf } from '../../describe.js';
import { EventError } from '../../errors.js';
import { JsonMembers } from '../codec/json-members.js';
import { JsonText } from '../codec/json-text.js';
import type { Column } from '../columns/columns.js';
import { anyColumn, type EventOf, type Schema } from '../columns/schema.js';
import { specOf } from '../columns/types/table.js';
import { JsonColumn } from '../columns/views/variable-column.js';
import type { Batch } from './batch.js';

/** The JSON text of row `i` of a batch. */
export function rowText(batch: Batch, i: number): string {
  const columns = Object.entries(batch.schema.columns);
  const row = batch.row(i);
  if (isWhole(columns)) return JSON.stringify(toJson(columns[0][1], row));
  const members = columns.map(([name, column]) => {
    const view: unknown = batch.columns[name];
    const text = view instanceof JsonColumn ? view.text.get(i) : JSON.stringify(toJson(column, row[name]));
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${members.join(',')}}`;
}

/**
 * The event that a text of `rowText` stands for. What the schema's columns take is checked when it is pushed.
 *
 * @throws EventError when the text cannot be read.
 */
export function rowOfText<S extends Schema>(schema: S, text: string): EventOf<S> {
  const fault = (field: string | undefined, cause: unknown) =>
    new EventError('type', schema.name, field, messageOf(cause), { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fault(undefined, cause);
  }
  const columns = Object.entries(schema.columns);
  const jsonNames = columns.filter(([, { type }]) => type === 'json').map(([name]) => name);
  const jsonTexts = new JsonMembers(jsonNames);
  const read = (name: string, value: unknown) => {
    const column = schema.columns[name];
    try {
      // A name that is no column stays, too: it is refused when it is pushed.
      if (column === undefined) return value;
      if (column.type !== 'json' || value === null) return fromJson(column, value);
      return new JsonText(jsonTexts.textOf(text, jsonNames.indexOf(name)) as string);
    } catch (cause) {
      throw fault(name, cause);
    }
  };
  if (isWhole(columns)) return read(anyColumn, json) as EventOf<S>;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw fault(undefined, new TypeError(`got ${describe(json)}; expected an object with a row's columns`));
  }
  if (jsonNames.length > 0) jsonTexts.find(text, 0);
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, read(name, value)]),
  ) as EventOf<S>;
}

/** Whether the one column's value is the whole event. */
function isWhole(columns: readonly [string, Column][]): columns is [[string, Column]] {
  return columns.length === 1 && columns[0]?.[0] === anyColumn;
}

function toJson({ type, nullable }: Column, value: unknown): unknown {
  return nullable && value === null ? null : specOf(type).rowText.to(value);
}

function fromJson({ type, nullable }: Column, value: unknown): unknown {
  return nullable && value === null ? null : specOf(type).rowText.from(value);
}
