/**
 * Reads a schema from a JSON file, for those who run the service without writing code:
 *
 *   { "name": "requests", "columns": { "at": "timestamp", "status": "uint16", "note": "string?" } }
 *
 * A type's `?` makes the column optional.
 */
import { readFileSync } from 'node:fs';
import { describe, messageOf, SchemaError } from '../errors.js';
import { type Column, t } from '../schema/columns.js';
import { defineSchema, type Schema } from '../schema/schema.js';

/** `any` has no place in a file: JSON's values are the `json` type's. */
const { any: _, ...types } = t;

/**
 * @param file path of the JSON file.
 * @throws SchemaError that names the file and what is wrong in it.
 */
export function loadSchemaFile(file: string): Schema {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new SchemaError(`schema file ${file} ${what}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return schemaFromJson(content);
  } catch (error) {
    throw new SchemaError(`schema file ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * @param content what `JSON.parse` made of a schema file.
 * @throws SchemaError
 */
export function schemaFromJson(content: unknown): Schema {
  if (!isObject(content))
    throw new SchemaError(`got ${describe(content)}; expected { "name": …, "columns": { … } }`);
  const { name, columns, ...others } = content;
  const other = Object.keys(others)[0];
  if (other !== undefined) throw new SchemaError(`unknown key "${other}"; expected "name" and "columns"`);
  if (typeof name !== 'string') throw new SchemaError(`"name": got ${describe(name)}; expected a text`);
  if (!isObject(columns))
    throw new SchemaError(`"columns": got ${describe(columns)}; expected { "column": "type", … }`);
  // fromEntries defines properties, so that a column named "__proto__" is a column like any other.
  return defineSchema(
    name,
    Object.fromEntries(Object.entries(columns).map(([key, type]) => [key, columnOf(key, type)])),
  );
}

function columnOf(key: string, type: unknown): Column {
  const optional = typeof type === 'string' && type.endsWith('?');
  const base = optional ? type.slice(0, -1) : type;
  if (typeof base !== 'string' || !Object.hasOwn(types, base)) {
    const known = Object.keys(types).join(', ');
    throw new SchemaError(
      `column "${key}": got ${describe(type)}; expected one of ${known}, with "?" behind it if optional`,
    );
  }
  const column = types[base as keyof typeof types]();
  return optional ? column.optional() : column;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
