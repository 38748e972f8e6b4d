/**
 * The keys of rows, by which `dedupe` knows duplicates: values of a column, or what a function returns for a row.
 */
import { messageOf } from '../../describe.js';
import { functionOf } from '../../function-source.js';
import type { Column } from '../../schema/columns/columns.js';
import { specOf } from '../../schema/columns/types/table.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { Batch } from '../../schema/read/batch.js';
import type { DedupeSpec } from '../config/dedupe.js';

/**
 * From a batch to its keys: from a row's number to its key. Equal keys are equal for a Map; null and undefined are no
 * keys. A function of the user may throw.
 */
export type KeysOf = (batch: Batch) => (row: number) => unknown;

/** Make what finds the keys of a flow's rows. */
export function compileKeys({ by }: DedupeSpec): KeysOf {
  return 'source' in by ? rowKeys(functionOf(by.source)) : columnKeys(by.column);
}

function rowKeys(key: (row: unknown) => unknown): KeysOf {
  return (batch) => (i) => keyOfRow(key, batch.row(i));
}

/** @throws Error that says where the function runs: what it misses there it had where it was written. */
function keyOfRow(key: (row: unknown) => unknown, row: unknown): unknown {
  try {
    return key(row);
  } catch (cause) {
    throw new Error(`dedupe.by, which runs in the flusher from its source text: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** The values of a column as keys: equal values are equal keys. */
function columnKeys(column: string): KeysOf {
  return (batch) => {
    const { keyAt } = specOf((batch.schema.columns[column] as Column).type);
    const view: unknown = batch.columns[column];
    const validity = batch.validity[column];
    return (i) => (isValid(validity, i) ? keyAt(view, i) : null);
  };
}
