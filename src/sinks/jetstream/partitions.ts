/**
 * The partition of a row: FNV-1a of 32 bits over the values of its key columns, one after another, modulo the number of
 * partitions. Rows with equal keys have the same one in every process, and of one text column it is the partition that
 * NATS's own subject mapping `{{partition(n,1)}}` gives.
 *
 * | column | the bytes of a value |
 * |---|---|
 * | label, string, json | the text in UTF-8 |
 * | bytes | as they are |
 * | bool | `true` or `false` |
 * | numbers, timestamp | as JavaScript writes the number; of a time its milliseconds |
 *
 * A row without a value has no bytes of that column.
 */
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import type { RawBytes } from '../../schema/columns/views/raw-bytes.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../../schema/columns/views/variable-column.js';
import type { Batch } from '../../schema/read/batch.js';

const start = 0x811c9dc5 | 0;
const prime = 0x01000193;

/** Adds the value of a row to a hash. */
type AddValue = (hash: number, row: number) => number;

/** @throws SinkError for columns that a schema does not have, or whose values have no bytes that stay the same. */
export function checkKeys(schema: Schema, keys: readonly string[]): void {
  for (const key of keys) {
    const column = Object.hasOwn(schema.columns, key) ? schema.columns[key] : undefined;
    if (column === undefined) throw new SinkError(`partitionBy: "${schema.name}" has no column "${key}"`);
    if (column.type === 'any') {
      throw new SinkError(`partitionBy: column "${key}" of "${schema.name}" is of type any, which is no key`);
    }
  }
}

/** The rows of each partition that has some, in their order. */
export function rowsByPartition(
  batch: Batch,
  keys: readonly string[],
  partitions: number,
): ReadonlyMap<number, readonly number[]> {
  const adders = keys.map((key) => adderOf(batch, key));
  const rows = new Map<number, number[]>();
  for (let row = 0; row < batch.length; row++) {
    let hash = start;
    for (let k = 0; k < adders.length; k++) hash = (adders[k] as AddValue)(hash, row);
    const partition = (hash >>> 0) % partitions;
    const known = rows.get(partition);
    if (known === undefined) rows.set(partition, [row]);
    else known.push(row);
  }
  return rows;
}

function adderOf(batch: Batch, key: string): AddValue {
  const view: unknown = batch.columns[key];
  const validity = batch.validity[key];
  const type = batch.schema.columns[key]?.type ?? 'any';
  switch (type) {
    case 'label': {
      const { ids, raw } = view as LabelColumn;
      return (hash, row) => ((ids[row] as number) < 0 ? hash : addRange(hash, raw, ids[row] as number));
    }
    case 'string':
    case 'bytes': {
      const { raw } = view as TextColumn | BytesColumn;
      return (hash, row) => (isValid(validity, row) ? addRange(hash, raw, row) : hash);
    }
    case 'json': {
      const { raw } = (view as JsonColumn).text;
      return (hash, row) => (isValid(validity, row) ? addRange(hash, raw, row) : hash);
    }
    default: {
      const values = view as ArrayLike<number | bigint>;
      const textOf =
        type === 'bool'
          ? (value: number | bigint) => (value === 1 ? 'true' : 'false')
          : (value: number | bigint) => `${value}`;
      return (hash, row) =>
        isValid(validity, row) ? addAscii(hash, textOf(values[row] as number | bigint)) : hash;
    }
  }
}

function addRange(hash: number, { bytes, starts, ends }: RawBytes, i: number): number {
  const end = ends[i] as number;
  let sum = hash;
  for (let at = starts[i] as number; at < end; at++) sum = Math.imul(sum ^ (bytes[at] as number), prime);
  return sum;
}

function addAscii(hash: number, text: string): number {
  let sum = hash;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), prime);
  return sum;
}
