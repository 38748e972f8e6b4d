/**
 * Names of columns that no document can have: the server would refuse each row for its own.
 */
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';

/** What a document is beside its fields. A request says it, or the server does. */
const metadata: ReadonlySet<string> = new Set([
  ...['_id', '_index', '_type', '_source', '_routing', '_ignored', '_field_names', '_nested_path'],
  ...['_seq_no', '_version', '_tier'],
]);

/**
 * @param identityField a further field; undefined: none.
 * @throws SinkError
 */
export function checkFieldNames({ name: schema, columns }: Schema, identityField: string | undefined): void {
  const names = [...Object.keys(columns), ...(identityField === undefined ? [] : [identityField])];
  const refuse = (name: string, why: string) => {
    throw new SinkError(
      `schema "${schema}": a document cannot have the field ${JSON.stringify(name)}: ${why}`,
    );
  };
  for (const name of names) {
    if (metadata.has(name)) refuse(name, 'the server keeps the name for itself');
    const parts = name.split('.');
    if (parts.some((part) => part.trim() === '')) refuse(name, 'a part of its path has no name');
    const objects = parts.map((_, k) => parts.slice(0, k).join('.')).filter((object) => object !== '');
    const taken = objects.find((object) => names.includes(object));
    if (taken !== undefined) refuse(name, `it is in an object "${taken}", which is a column`);
  }
}
