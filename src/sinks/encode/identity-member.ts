/**
 * The member of a row that has its identity: which name it may have.
 */
import { SinkError } from '../../errors.js';
import { anyColumn, type Schema } from '../../schema/columns/schema.js';

/** @throws SinkError for a name that is a column's already, or where rows have no members. */
export function checkIdentityField(schema: Schema, identityField: string | undefined): void {
  if (identityField === undefined) return;
  const { name, columns } = schema;
  if (Object.hasOwn(columns, anyColumn)) {
    throw new SinkError(`identityField: rows of "${name}" are any values, and have no columns`);
  }
  if (Object.hasOwn(columns, identityField)) {
    throw new SinkError(`identityField: "${identityField}" is a column of "${name}"`);
  }
}
