/**
 * Deduplication within a batch: of the rows that share a key, one goes to the sink. The others end together with it, so
 * that no caller learns of a commit before the row that stands for its own is committed.
 */
import type { BlockClaims } from '../../ring/block-claims.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { BatchReader } from '../../schema/read/batch-reader.js';
import type { Part } from '../../schema/read/ring-blocks.js';
import type { DedupeSpec } from '../config/dedupe.js';
import { compileKeys } from './row-keys.js';
import { type KeyedRows, WaitingKeys } from './waiting-keys.js';

/** Which rows of a batch stand for which. */
export interface Duplicates {
  /** The rows that go to the sink, in order. */
  readonly kept: readonly number[];
  /** By row: the next of the rows that end with the same kept row, which begins this chain; -1 ends it. */
  readonly next: Int32Array;
  /** The error of each row whose key cannot be found. Such a row is kept, and must not meet the sink. */
  readonly errors: ReadonlyMap<number, unknown>;
}

/** The deduplication of one flusher. */
export class Dedupe {
  readonly #keep: DedupeSpec['keep'];
  /** By schema. */
  readonly #keys: readonly WaitingKeys[];

  /** @param readers by schema. */
  constructor(
    spec: DedupeSpec,
    schemas: readonly Schema[],
    readers: readonly BatchReader[],
    claims: BlockClaims,
  ) {
    const keysOf = compileKeys(spec);
    this.#keep = spec.keep;
    this.#keys = schemas.map(
      (schema, k) => new WaitingKeys(schema, readers[k] as BatchReader, claims, keysOf),
    );
  }

  /** The keys of a schema's waiting rows. */
  keys(schema: number): WaitingKeys {
    return this.#keys[schema] as WaitingKeys;
  }

  /** Whether rows may wait that other flushers did not see, since this one was reading their keys. */
  get mayHide(): boolean {
    return this.#keys.some(({ isEmpty }) => !isEmpty);
  }

  /** Choose the kept rows of a batch. @param parts of rows of the schema of which the keys were read. */
  take(schema: number, parts: readonly Part[]): Duplicates {
    return duplicatesOf(this.keys(schema).take(parts), this.#keep);
  }
}

function duplicatesOf({ groups, count, errors }: KeyedRows, keep: DedupeSpec['keep']): Duplicates {
  const next = new Int32Array(groups.length).fill(-1);
  const keptOf = new Int32Array(count).fill(-1);
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row] as number;
    const kept = keptOf[group] as number;
    if (kept < 0 || keep === 'last') {
      next[row] = kept;
      keptOf[group] = row;
    } else {
      next[row] = next[kept] as number;
      next[kept] = row;
    }
  }
  const kept: number[] = [];
  for (let row = 0; row < groups.length; row++) if (keptOf[groups[row] as number] === row) kept.push(row);
  return { kept, next, errors };
}
