/**
 * A batch in the shared memory of a memory sink: plain data there, a `Batch` for the test that reads it.
 */
import { type Columns, defineSchema, type Schema } from '../../schema/columns/schema.js';
import { Batch, type BatchData } from '../../schema/read/batch.js';
import { selectRows } from '../../schema/read/batch-select.js';
import type { WriteContext } from '../../sink.js';

/** A batch that a memory sink has stored. */
export interface StoredBatch {
  readonly batch: Batch;
  /** Which flusher delivered it, from 1. */
  readonly flusher: number;
  /** Which attempt it was, from 1. */
  readonly attempt: number;
}

/** A stored batch as plain data. */
export interface PostedBatch {
  readonly schema: string;
  /** As pairs: a column may have the name `__proto__`. */
  readonly columns: readonly (readonly [string, Columns[string]])[];
  readonly data: BatchData;
  readonly flusher: number;
  readonly attempt: number;
}

/** @param without rows that are left out, by their numbers. */
export function postedBatch(
  { schema, data, length }: Batch,
  { flusher, attempt }: Pick<WriteContext, 'flusher' | 'attempt'>,
  without: ReadonlySet<number>,
): PostedBatch {
  const rows = Array.from({ length }, (_, i) => i).filter((i) => !without.has(i));
  return {
    schema: schema.name,
    columns: Object.entries(schema.columns),
    data: without.size === 0 ? data : selectRows(data, rows),
    flusher,
    attempt,
  };
}

/** Reads batches back; batches of one schema share one object for it. */
export class BatchReviver {
  readonly #schemas = new Map<string, Schema>();

  revive({ schema: name, columns, data, flusher, attempt }: PostedBatch): StoredBatch {
    let schema = this.#schemas.get(name);
    if (schema === undefined) {
      schema = defineSchema(name, Object.fromEntries(columns));
      this.#schemas.set(name, schema);
    }
    // Views of wider elements lie on these bytes, and have to be aligned.
    const text = { ...data.text, bytes: new Uint8Array(data.text.bytes) };
    const aligned = { ...data, text, blob: new Uint8Array(data.blob) };
    return { batch: new Batch(schema, aligned), flusher, attempt };
  }
}
