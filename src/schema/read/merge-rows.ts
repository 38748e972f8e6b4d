/**
 * Several rows made into one: each column's value comes from the row that its rule names.
 */
import type { FieldData } from '../columns/views/field-data.js';
import { isValid } from '../columns/views/validity.js';
import { Batch, type BatchData } from './batch.js';
import { selectField } from './batch-select.js';
import { selectIdentities } from './row-identities.js';
import type { KeyRows } from './rows-by-key.js';

/**
 * The row of a group that gives a column its value: the first one, the last one, or the last one that has a value.
 * Where none has one, the merged row has none.
 */
export type Take = 'first' | 'last' | 'last-present';

/**
 * A batch of one row for each group, in fresh arrays. Texts and blobs are not copied, their positions are. A row has
 * the identity of its group's last one.
 *
 * @param groups numbers of rows, at least one each.
 * @param takeOf the rule of each column.
 */
export function mergeRows(batch: Batch, groups: readonly KeyRows[], takeOf: (column: string) => Take): Batch {
  const { data, schema } = batch;
  const first = groups.map((rows) => rows[0] as number);
  const last = groups.map((rows) => rows.at(-1) as number);
  const chosen = (field: FieldData, take: Take): readonly number[] => {
    if (take === 'first') return first;
    const { validity } = field;
    if (take === 'last' || validity === undefined) return last;
    return groups.map((rows) => rows.findLast((row) => isValid(validity, row)) ?? (rows[0] as number));
  };
  const merged: BatchData = {
    length: groups.length,
    text: data.text,
    blob: data.blob,
    identities: selectIdentities(data.identities, last),
    fields: Object.keys(schema.columns).map((name, k) => {
      const field = data.fields[k] as FieldData;
      return selectField(field, chosen(field, takeOf(name)));
    }),
  };
  return new Batch(schema, merged);
}
