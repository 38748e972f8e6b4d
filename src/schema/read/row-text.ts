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
 * | every other         | as it is; a lone surrogate is escaped, so that the text is valid UTF-8       |
 *
 * The text of a row without a schema, which is one value, is that value's base64 text alone.
 */
import { describe, messageOf } from '../../describe.js';
import { EventError } from '../../errors.js';
import type { Column } from '../columns/columns.js';
import { anyColumn, type EventOf, type RowOf, type Schema } from '../columns/schema.js';
import { specOf } from '../columns/types/table.js';

/** The JSON text of a row, as `batch.row(i)` gives it. */
export function rowText<S extends Schema>(schema: S, row: RowOf<S>): string {
  const columns = Object.entries(schema.columns);
  if (isWhole(columns)) return JSON.stringify(toJson(columns[0][1], row));
  const cells = row as Record<string, unknown>;
  // fromEntries defines properties, so that a column named "__proto__" is a column like any other.
  return JSON.stringify(
    Object.fromEntries(columns.map(([name, column]) => [name, toJson(column, cells[name])])),
  );
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
  const read = (name: string, value: unknown) => {
    const column = schema.columns[name];
    try {
      // A name that is no column stays, too: it is refused when it is pushed.
      return column === undefined ? value : fromJson(column, value);
    } catch (cause) {
      throw fault(name, cause);
    }
  };
  if (isWhole(columns)) return read(anyColumn, json) as EventOf<S>;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw fault(undefined, new TypeError(`got ${describe(json)}; expected an object with a row's columns`));
  }
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
