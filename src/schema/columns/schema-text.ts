/**
 * A schema's columns as JSON, and back:
 *
 *   { "at": "timestamp", "status": "uint16", "note": "string?" }
 *
 * A type's `?` makes the column optional.
 */
import { describe, messageOf } from '../../describe.js';
import { SchemaError } from '../../errors.js';
import type { Column } from './columns.js';
import { type Columns, defineSchema, type Schema } from './schema.js';
import { type ColumnType, typeNames } from './types/table.js';

/** The columns of a schema as JSON text, in their order. */
export function columnsText(schema: Schema): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(schema.columns).map(([name, { type, nullable }]) => [
        name,
        nullable ? `${type}?` : type,
      ]),
    ),
  );
}

/**
 * The schema whose columns `columnsText` wrote.
 *
 * @throws SchemaError that says what is wrong in the text.
 */
export function schemaOfText(name: string, text: string): Schema {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SchemaError(`the columns of "${name}" are not JSON: ${messageOf(cause)}`, { cause });
  }
  return defineSchema(name, columnsOfJson(json));
}

/**
 * @param json what `JSON.parse` made of columns.
 * @param types the types that columns may have here.
 * @throws SchemaError
 */
export function columnsOfJson(json: unknown, types: readonly ColumnType[] = typeNames): Columns {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new SchemaError(`"columns": got ${describe(json)}; expected { "column": "type", … }`);
  // fromEntries defines properties, so that a column named "__proto__" is a column like any other.
  return Object.fromEntries(Object.entries(json).map(([key, type]) => [key, columnOf(key, type, types)]));
}

function columnOf(key: string, text: unknown, types: readonly ColumnType[]): Column {
  const nullable = typeof text === 'string' && text.endsWith('?');
  const base = nullable ? text.slice(0, -1) : text;
  const type = types.find((known) => known === base);
  if (type !== undefined) return { type, nullable };
  throw new SchemaError(
    `column "${key}": got ${describe(text)}; expected one of ${types.join(', ')}, with "?" behind it if optional`,
  );
}
