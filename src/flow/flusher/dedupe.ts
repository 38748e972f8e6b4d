/**
 * Deduplication within a batch: of the rows that share a key, one goes to the sink, or one that is merged of all. The
 * others end together with it: no caller learns of a commit before the row that stands for its own is committed.
 */
import type { BlockClaims } from '../../ring/block-claims.js';
import type { Part } from '../../schema/read/ring-blocks.js';
import { type DedupeRule, type DedupeSpec, dedupeOf } from '../config/dedupe.js';
import { compileKeys } from './row-keys.js';
import type { SchemaReaders } from './schema-readers.js';
import { type KeyedRows, WaitingKeys } from './waiting-keys.js';

/** Which rows of a batch stand for which. */
export interface Duplicates {
  /** The rows that go to the sink, in order. */
  readonly kept: readonly number[];
  /** By row: the next of the rows that end with the same kept row, which begins this chain; -1 ends it. */
  readonly next: Int32Array;
  /** Whether a kept row goes to the sink with values of those that end with it, from the oldest to the kept one. */
  readonly merged: boolean;
  /** The error of each row whose key cannot be found. Such a row is kept, and must not meet the sink. */
  readonly errors: ReadonlyMap<number, unknown>;
}

/** The deduplication of one schema. */
interface SchemaDedupe {
  readonly keep: DedupeRule['keep'];
  readonly keys: WaitingKeys;
}

/** The deduplication of one flusher. */
export class Dedupe {
  /** By schema, from its first row on; null where each row is kept. */
  readonly #schemas: (SchemaDedupe | null)[] = [];

  constructor(
    private readonly spec: DedupeSpec,
    private readonly readers: Pick<SchemaReaders, 'of'>,
    private readonly claims: BlockClaims,
  ) {}

  /** The keys of a schema's waiting rows; undefined where each row is kept. */
  keys(schema: number): WaitingKeys | undefined {
    return this.#of(schema)?.keys;
  }

  /** Whether rows may wait that other flushers did not see, since this one was reading their keys. */
  get mayHide(): boolean {
    return this.#schemas.some((each) => each !== null && !each.keys.isEmpty);
  }

  /**
   * Choose the kept rows of a batch.
   *
   * @param parts of rows of the schema of which the keys were read.
   * @returns undefined where each row is kept.
   */
  take(schema: number, parts: readonly Part[]): Duplicates | undefined {
    const found = this.#of(schema);
    return found === null ? undefined : duplicatesOf(found.keys.take(parts), found.keep);
  }

  #of(number: number): SchemaDedupe | null {
    const known = this.#schemas[number];
    if (known !== undefined) return known;
    const { schema, reader } = this.readers.of(number);
    const rule = dedupeOf(this.spec, schema);
    const made = rule && {
      keep: rule.keep,
      keys: new WaitingKeys(schema, reader, this.claims, compileKeys(rule)),
    };
    this.#schemas[number] = made ?? null;
    return made ?? null;
  }
}

function duplicatesOf({ groups, count, errors }: KeyedRows, keep: DedupeRule['keep']): Duplicates {
  const next = new Int32Array(groups.length).fill(-1);
  const keptOf = new Int32Array(count).fill(-1);
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row] as number;
    const kept = keptOf[group] as number;
    if (kept < 0 || keep !== 'first') {
      next[row] = kept;
      keptOf[group] = row;
    } else {
      next[row] = next[kept] as number;
      next[kept] = row;
    }
  }
  const kept: number[] = [];
  for (let row = 0; row < groups.length; row++) if (keptOf[groups[row] as number] === row) kept.push(row);
  return { kept, next, merged: keep === 'merge', errors };
}
