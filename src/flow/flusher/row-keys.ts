/**
 * The keys of rows, by which `dedupe` knows duplicates: values of columns, or what a function returns for a row.
 */
import { messageOf } from '../../describe.js';
import { functionOf } from '../../function-source.js';
import type { Batch } from '../../schema/read/batch.js';
import { columnKeys } from '../../schema/read/column-keys.js';
import type { DedupeRule } from '../config/dedupe.js';

/**
 * From a batch to its keys: from a row's number to its key. Equal keys are equal for a Map; null and undefined are no
 * keys. A function of the user may throw.
 */
export type KeysOf = (batch: Batch) => (row: number) => unknown;

/** Make what finds the keys of a schema's rows. */
export function compileKeys({ by }: DedupeRule): KeysOf {
  return 'source' in by ? rowKeys(functionOf(by.source)) : (batch) => columnKeys(batch, by.columns);
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
