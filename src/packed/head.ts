/**
 * The head of a message: its schema. Messages of one schema have the same bytes there, which are read once.
 */
import { SchemaError } from '../errors.js';
import { defineSchema, type Schema } from '../schema/columns/schema.js';
import { columnsOfJson } from '../schema/columns/schema-text.js';
import { damaged } from './message-reader.js';

/** By the head's bytes. Bounded, as they come from elsewhere. */
const known = new Map<string, Schema>();
const mostKnown = 256;

/** @throws PackedMessageError for what is no schema. */
export function schemaOfHead(bytes: Uint8Array): Schema {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  let schema = known.get(key);
  if (schema === undefined) {
    schema = read(bytes);
    if (known.size === mostKnown) known.clear();
    known.set(key, schema);
  }
  return schema;
}

function read(bytes: Uint8Array): Schema {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const { schema, columns } = JSON.parse(text) as { schema: string; columns: unknown };
    return defineSchema(schema, columnsOfJson(columns));
  } catch (cause) {
    if (cause instanceof SchemaError || cause instanceof SyntaxError || cause instanceof TypeError) {
      throw damaged('its head is no schema', { cause });
    }
    throw cause;
  }
}
