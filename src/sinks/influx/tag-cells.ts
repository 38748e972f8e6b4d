/**
 * Tags of points: `,key=value`. A tag without a value, or with an empty one, is left out.
 */
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { TextColumn } from '../../schema/columns/views/variable-column.js';
import type { Batch } from '../../schema/read/batch.js';
import { valueWriter, writeBytes } from '../encode/byte-text.js';
import { BadRowError, type RowWrite } from '../encode/row-writer.js';
import { isBadKey, keyText } from './key-text.js';
import type { InfluxSettings } from './options.js';

export type TagCell = RowWrite;

/** @param refused gets the rows whose values cannot be tags, where the options say so. */
export function tagCell(
  batch: Batch,
  name: string,
  badText: InfluxSettings['badText'],
  refused: Map<number, BadRowError>,
): TagCell {
  const view = batch.columns[name] as unknown;
  const type = batch.schema.columns[name]?.type;
  const start = `,${keyText(name)}=`;
  const tagOf = (value: string) => Buffer.from(value === '' ? '' : start + keyText(value));
  const check = (row: number, value: string) => {
    if (badText === 'refuse' && isBadKey(value)) {
      refused.set(row, new BadRowError(name, 'has characters that a tag of InfluxDB cannot have'));
    }
  };
  if (type === 'label') {
    const { ids, dictionary } = view as LabelColumn;
    // Each label is escaped once for all of its rows.
    const tag = valueWriter(ids, dictionary.map(tagOf));
    if (badText === 'refuse' && dictionary.some(isBadKey)) {
      for (const [row, id] of ids.entries()) if (id >= 0) check(row, dictionary[id] as string);
    }
    return (into, row) => {
      if ((ids[row] as number) >= 0) tag(into, row);
    };
  }
  const validity = batch.validity[name];
  const textAt = type === 'string' ? textOf(view as TextColumn) : numberText(view as ArrayLike<number>, type);
  if (type === 'string' && badText === 'refuse') {
    for (let row = 0; row < batch.length; row++) if (isValid(validity, row)) check(row, textAt(row));
  }
  return (into, row) => {
    if (isValid(validity, row)) writeBytes(into, tagOf(textAt(row)));
  };
}

function textOf(texts: TextColumn): (row: number) => string {
  return (row) => texts.get(row);
}

function numberText(values: ArrayLike<number>, type: string | undefined): (row: number) => string {
  if (type === 'bool') return (row) => String(values[row] === 1);
  return (row) => String(values[row]);
}
