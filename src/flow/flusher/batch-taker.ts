/**
 * The step "take" of a batch's way: claims the blocks that are due, copies their waiting rows, and counts the batch.
 *
 * Rows that flushers have died with are suspects. From `maxDeliveries` deaths on they go alone, and half as many as
 * were in flight at the last death; a row that was alone then is poison, and the sink does not get it again.
 */
import { type FlusherMeters, metersOf } from '../../metrics/cells/meters.js';
import type { Trigger } from '../../metrics/read/flush-info.js';
import type { BlockClaims, Sighting } from '../../ring/block-claims.js';
import type { Part } from '../../schema/read/ring-blocks.js';
import type { LiveSettings } from '../shared/live-settings.js';
import { now } from '../waiting/clock.js';
import type { Dedupe } from './dedupe.js';
import type { Due } from './flush-policy.js';
import type { SchemaReaders } from './schema-readers.js';
import { type SettleTools, type TakenRows, takeRows } from './taken-rows.js';

/** Rows taken out of the ring, on their way to the sink. */
export interface TakenBatch {
  readonly rows: TakenRows;
  /** The number of their schema in the flow. */
  readonly schema: number;
  readonly trigger: Trigger;
  /** How long the first row has waited. */
  readonly waitedMs: number;
  /** How long it took to claim and copy the rows. */
  readonly assembleMs: number;
  /** The error of each row whose key cannot be found: it must not meet the sink. */
  readonly keyErrors: ReadonlyMap<number, unknown>;
  /** Undefined unless they are suspects: then they go alone. */
  readonly suspicion: Suspicion | undefined;
}

/** How many flushers have died with rows, and half of what was in flight at the last death: 0 for poison. */
export type Suspicion = ReturnType<BlockClaims['suspicion']>;

/** What batches are taken with; the same for every batch of a flusher. */
export interface TakeTools {
  /** Undefined: every row is kept. */
  readonly dedupe: Dedupe | undefined;
  readonly readers: Pick<SchemaReaders, 'of'>;
  readonly settings: LiveSettings;
  readonly maxDeliveries: number;
  /** By schema. */
  readonly meters: readonly FlusherMeters[];
  readonly settle: SettleTools;
}

export class BatchTaker {
  readonly #claims: BlockClaims;

  constructor(private readonly tools: TakeTools) {
    this.#claims = tools.settle.claims;
  }

  /** Free sealed blocks that have nothing left: to let go of one does it. */
  free(spent: readonly Sighting[]): void {
    for (const { block, ticket } of spent)
      if (this.#claims.tryClaim(block, ticket)) this.#claims.finish(block);
  }

  /** Whether what is due goes alone. */
  isSuspect(due: Due): boolean {
    const [first] = due.blocks;
    return first !== undefined && this.#isSuspect(first);
  }

  /** Claim what is due and copy it. @returns undefined when other flushers were quicker. */
  take(due: Due): TakenBatch | undefined {
    const began = now();
    const parts: Part[] = [];
    const suspicion = this.#claim(due, parts);
    if (parts.length === 0) return undefined;
    const { readers, settle, dedupe } = this.tools;
    const { schema, trigger, waitedMs } = due;
    const duplicates = dedupe?.take(schema, parts);
    const known = readers.of(schema);
    const rows = takeRows(known.schema, known.reader, parts, settle, duplicates);
    const assembleMs = now() - began;
    this.#count(due, rows, assembleMs);
    const keyErrors = duplicates?.errors ?? none;
    return { rows, schema, trigger, waitedMs, assembleMs, keyErrors, suspicion };
  }

  /** Claim blocks, and add their waiting rows to `parts`. @returns the suspicion against these rows. */
  #claim({ schema, blocks }: Due, parts: Part[]): Suspicion | undefined {
    const claims = this.#claims;
    const keys = this.tools.dedupe?.keys(schema);
    // Keys, not rows, fill a batch of rows by keys: it has all rows that were read.
    let room = keys === undefined ? this.tools.settings.flushSize : Number.POSITIVE_INFINITY;
    let suspicion: Suspicion | undefined;
    for (const seen of blocks) {
      const { block } = seen;
      // Rows that flushers died with are tried without others, and no longer all at once.
      if (room === 0 || suspicion !== undefined || (parts.length > 0 && this.#isSuspect(seen))) break;
      if (!claims.tryClaim(block, seen.ticket)) continue;
      const found = seen.deaths > 0 ? claims.suspicion(block) : undefined;
      const suspect = found !== undefined && this.#isSuspect(found) ? found : undefined;
      const { from, to: end } = claims.waiting(block, suspect ? Math.max(1, suspect.half) : room);
      const to = keys === undefined ? end : Math.min(end, keys.endOf(seen));
      if (to <= from) {
        claims.finish(block);
        // The look read no further. This block may have been out of others' sight: to let go of it notifies them.
        if (keys !== undefined && parts.length > 0) break;
        continue;
      }
      // Only now: suspicion against a block of which nothing is taken must not keep the others from going.
      suspicion = suspect;
      parts.push({ block, from, to });
      room -= to - from;
    }
    return suspicion;
  }

  #isSuspect({ deaths }: { readonly deaths: number }): boolean {
    return deaths >= this.tools.maxDeliveries;
  }

  #count({ schema, trigger, waitedMs, lateMs }: Due, rows: TakenRows, assembleMs: number): void {
    const { settle, dedupe } = this.tools;
    const meters = metersOf(this.tools.meters, schema);
    settle.counters.add(trigger, 1);
    meters.observe('assemble', assembleMs / 1000);
    meters.observe('dequeue', waitedMs / 1000);
    meters.observe('batchSize', rows.left.length);
    if (dedupe !== undefined) meters.observe('flushSize', rows.length);
    if (trigger !== 'deadline') return;
    meters.observe('lateness', lateMs / 1000);
    settle.counters.raise('lateMax', lateMs);
  }
}

const none: ReadonlyMap<number, unknown> = new Map();
