/**
 * Deduplication within a batch: of the rows that share a key, one goes to the sink.
 */
import { messageOf } from '../../describe.js';
import type { Column } from '../../schema/columns/columns.js';
import { specOf } from '../../schema/columns/types/table.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { Batch } from '../../schema/read/batch.js';
import type { DedupeSpec } from '../config/dedupe.js';
import { functionOf } from '../config/function-source.js';

/**
 * Finds the rows of a batch that go to the sink, in order; undefined: all of them.
 *
 * @param failed receives each row whose key cannot be found, with the error. Such a row is not kept.
 */
export type Deduplicate = (
  batch: Batch,
  failed: (row: number, error: unknown) => void,
) => number[] | undefined;

/** Make the deduplication that a flusher applies to each batch. */
export function compileDedupe(spec: DedupeSpec): Deduplicate {
  const { by, keep } = spec;
  const keysOf = 'source' in by ? rowKeys(functionOf(by.source)) : columnKeys(by.column);
  return (batch, failed) => {
    const kept = new Map<unknown, number>();
    const keyAt = keysOf(batch);
    for (let i = 0; i < batch.length; i++) {
      let value: unknown;
      try {
        value = keyAt(i);
      } catch (error) {
        failed(i, error);
        continue;
      }
      // A row without a key is like no other.
      value ??= Symbol();
      if (keep === 'first' && kept.has(value)) continue;
      // Deleting first puts the kept row where it stands in the batch, behind rows that came before it.
      kept.delete(value);
      kept.set(value, i);
    }
    return kept.size === batch.length ? undefined : [...kept.values()];
  };
}

/** From a batch to its keys: from a row's number to its key. */
type Keys = (batch: Batch) => (i: number) => unknown;

function rowKeys(key: (row: unknown) => unknown): Keys {
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
function columnKeys(column: string): Keys {
  return (batch) => {
    const { keyAt } = specOf((batch.schema.columns[column] as Column).type);
    const view: unknown = batch.columns[column];
    const validity = batch.validity[column];
    return (i) => (isValid(validity, i) ? keyAt(view, i) : null);
  };
}
