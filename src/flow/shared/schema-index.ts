/**
 * Finds the index of a producer's schema among those of its flow, or throws when the choice is missing or unknown.
 */
import { ConfigError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import { columnsText } from '../../schema/columns/schema-text.js';

/** The index of a producer's schema; undefined is fine where there is only one. @throws ConfigError */
export function schemaIndexOf(schemas: readonly Schema[], schema: Schema | undefined): number {
  const names = schemas.map(({ name }) => name).join(', ');
  if (schema === undefined) {
    if (schemas.length > 1)
      throw new ConfigError(
        'schema',
        undefined,
        `one of the flow's schemas (${names}): use flow.producer(schema)`,
      );
    return 0;
  }
  // A program without types may pass anything.
  const wanted: unknown = (schema as Schema | null)?.name;
  const index = schemas.findIndex(({ name }) => name === wanted);
  if (index < 0) throw new ConfigError('schema', wanted ?? schema, `one of the flow's schemas: ${names}`);
  const known = columnsText(schemas[index] as Schema);
  if (columnsText(schema) !== known)
    throw new ConfigError('schema', schema.name, `the schema of that name with the flow's columns: ${known}`);
  return index;
}
