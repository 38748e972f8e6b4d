/**
 * Deduplication within a batch: of the rows that share a key, one goes to the sink.
 */
import { messageOf } from '../../describe.js';
import type { Column } from '../../schema/columns/columns.js';
import { specOf } from '../../schema/columns/types/table.js';
import type { Batch } from '../../schema/read/batch.js';
import type { DedupeSpec } from '../config/dedupe.js';
import { functionOf } from '../config/function-source.js';

/** Make the deduplication that a flusher applies to each batch: which rows to keep, in order; undefined for all. */
export function compileDedupe(spec: DedupeSpec): (batch: Batch) => number[] | undefined {
  const { by, keep } = spec;
  const key = 'source' in by ? functionOf(by.source) : undefined;
  const keyAt = (batch: Batch, i: number): unknown => {
    if (key !== undefined) return keyOfRow(key, batch.row(i));
    return valueAt(batch, (by as { column: string }).column, i);
  };
  return (batch) => {
    const kept = new Map<unknown, number>();
    for (let i = 0; i < batch.length; i++) {
      // A row without a key is like no other.
      const value = keyAt(batch, i) ?? Symbol();
      if (keep === 'first' && kept.has(value)) continue;
      // Deleting first puts the kept row where it stands in the batch, behind rows that came before it.
      kept.delete(value);
      kept.set(value, i);
    }
    return kept.size === batch.length ? undefined : [...kept.values()];
  };
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

/** A column's value as a key: equal values are equal keys. */
function valueAt(batch: Batch, column: string, i: number): unknown {
  if (!batch.has(column, i)) return null;
  return specOf((batch.schema.columns[column] as Column).type).keyAt(batch.columns[column], i);
}
