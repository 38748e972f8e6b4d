/**
 * Reads a schema from a JSON file, so that the service runs without a program:
 *
 *   { "name": "requests", "columns": { "at": "timestamp", "status": "uint16", "note": "string?" } }
 *
 * A type's `?` makes the column optional.
 */
import { readFileSync } from 'node:fs';
import { describe, messageOf } from '../describe.js';
import { SchemaError } from '../errors.js';
import { defineSchema, type Schema } from '../schema/columns/schema.js';
import { columnsOfJson } from '../schema/columns/schema-text.js';
import { specOf, typeNames } from '../schema/columns/types/table.js';
import { withoutMark } from './byte-order-mark.js';

const types = typeNames.filter((type) => specOf(type).inSchemaFiles);

/**
 * @param file path of the JSON file.
 * @throws SchemaError that names the file and what is wrong in it.
 */
export function loadSchemaFile(file: string): Schema {
  let content: unknown;
  try {
    content = JSON.parse(withoutMark(readFileSync(file, 'utf8')));
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
  // Without a prototype: only what the file says counts.
  const { name, columns, ...others } = { __proto__: null, ...content } as Record<string, unknown>;
  const other = Object.keys(others)[0];
  if (other !== undefined) throw new SchemaError(`unknown key "${other}"; expected "name" and "columns"`);
  if (typeof name !== 'string') throw new SchemaError(`"name": got ${describe(name)}; expected a text`);
  return defineSchema(name, columnsOfJson(columns, types));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
