/**
 * A flusher of a flow with `dedupe`, and the threads about it. It is made of the shipped parts: the policy, which reads
 * the keys of waiting rows, the taker, and the settlement. Only its loop, which awaits, and the sink are of the test.
 */
import type { BatchTaker, TakenBatch } from '../../../../dist/src/flow/flusher/batch-taker.js';
import type { Dedupe } from '../../../../dist/src/flow/flusher/dedupe.js';
import { FlushPolicy, type Look } from '../../../../dist/src/flow/flusher/flush-policy.js';
import { flowState, type LiveSettings } from '../../../../dist/src/flow/shared/live-settings.js';
import { settlementOf } from '../../../../dist/src/flow/shared/settlements.js';
import { type Counters, flusherCell } from '../../../../dist/src/metrics/cells/counters.js';
import type { FlusherMeters } from '../../../../dist/src/metrics/cells/meters.js';
import { BlockClaims } from '../../../../dist/src/ring/block-claims.js';
import { before } from '../../../../dist/src/ring/layout.js';
import { Parking } from '../../../../dist/src/ring/parking.js';
import { releaseClaims } from '../../../../dist/src/ring/recovery.js';
import { t } from '../../../../dist/src/schema/columns/columns.js';
import { defineSchema } from '../../../../dist/src/schema/columns/schema.js';
import type { Batch, BatchData } from '../../../../dist/src/schema/read/batch.js';
import type { BatchReader } from '../../../../dist/src/schema/read/batch-reader.js';
import type { Part } from '../../../../dist/src/schema/read/ring-blocks.js';
import type { Plain } from '../../../ring/interleavings/scenario.js';
import { forever } from '../../../ring/interleavings/tiny-ring.js';
import { fate, nearWrap, subjectOf } from '../../../ring/interleavings/witness.js';
import { type DedupeCode, dedupeCode } from './damaged-dedupe.js';
import { type KeyedRing, producer } from './keyed-ring.js';

export interface DedupeFlusherOptions {
  readonly code?: DedupeCode;
  /** Keys that fill a batch. */
  readonly flushSize: number;
  /** Rows wait until a batch is full, the ring is, or the flow closes; without it each is due at once. */
  readonly waits?: boolean;
  /** How often its thread may die; it is started again. */
  readonly deaths?: number;
  /** The sink takes the first row of a batch at the second attempt only. */
  readonly refusesFirst?: boolean;
}

const schema = defineSchema('keyed', { key: t.int32(), place: t.int32() });
const spec = { by: { columns: ['key'] }, keep: 'last', schemas: {} } as const;
/** A schema's number is its producer's: `TinyRing` has it so. */
const meters: readonly FlusherMeters[] = [{ observe() {} } as unknown as FlusherMeters];
/** Claimers have ids behind those of producers. */
const firstClaimer = 11;

/** Add a flusher, from 0. */
export function addDedupeFlusher(ring: KeyedRing, flusher: number, options: DedupeFlusherOptions): void {
  let thread = addThread(ring, flusher, options);
  for (let left = options.deaths ?? 0; left > 0; left--) {
    const after = addSupervisor(ring, flusher, thread);
    thread = addThread(ring, flusher, { ...options, deaths: left - 1 }, after);
  }
}

/** Add the thread that closes the flow when its producer has ended. */
export function addCloser(ring: KeyedRing, after: number): void {
  ring.add({
    name: 'closer',
    after,
    run(plain) {
      plain.store(ring.stateAt, flowState.draining);
      new Parking(ring.memory).signal();
    },
  });
}

function addThread(ring: KeyedRing, flusher: number, options: DedupeFlusherOptions, after?: number): number {
  return ring.add({
    name: `flusher ${flusher}`,
    mortal: (options.deaths ?? 0) > 0,
    daemon: true,
    ...(after !== undefined && { after }),
    run: (plain) => new DedupeFlusher(ring, flusher, options, plain).run(),
  });
}

/** As `Supervisor` cleans up: what was noted is settled, what was taken is given back. */
function addSupervisor(ring: KeyedRing, flusher: number, after: number): number {
  return ring.add({
    name: 'supervisor',
    daemon: true,
    after,
    run(plain) {
      const claims = new BlockClaims(ring.memory, firstClaimer + flusher);
      settlementOf(countersOf(ring, plain, flusher)).recover((block, to) => claims.settle(block, to));
      releaseClaims(ring.memory, firstClaimer + flusher);
    },
  });
}

class DedupeFlusher {
  readonly #parking: Parking;
  readonly #dedupe: Dedupe;
  readonly #policy: FlushPolicy;
  readonly #taker: BatchTaker;
  /** The rows of the batch that was taken last. */
  #taken: readonly number[] = [];

  constructor(
    readonly ring: KeyedRing,
    flusher: number,
    readonly options: DedupeFlusherOptions,
    readonly plain: Plain,
  ) {
    const { code = dedupeCode, flushSize, waits = false } = options;
    const claims = new BlockClaims(ring.memory, firstClaimer + flusher);
    const settings = {
      flushSize,
      flushIntervalMs: waits ? 1000 : 0,
      flushUpTo: undefined,
      get state() {
        return plain.load(ring.stateAt);
      },
    } as unknown as LiveSettings;
    const readers = { of: () => ({ schema, reader: this.#reader() }) };
    const dedupe = new code.Dedupe(spec, readers, claims);
    const take = dedupe.take.bind(dedupe);
    dedupe.take = (number, parts) => {
      this.#taken = this.#placesOf(parts);
      return take(number, parts);
    };
    const counters = countersOf(ring, plain, flusher);
    this.#dedupe = dedupe;
    this.#parking = new Parking(ring.memory);
    this.#policy = new FlushPolicy(claims, settings, undefined, undefined, dedupe);
    this.#taker = new code.BatchTaker({
      dedupe,
      readers,
      settings,
      maxDeliveries: forever,
      meters,
      settle: {
        claims,
        counters,
        settlement: settlementOf(counters),
        cells: undefined,
        listened: () => false,
        log: undefined as never,
        storedBefore: { isKept: false } as never,
      },
    });
  }

  /** As `Flusher.run`. */
  run(): void {
    for (;;) {
      if (!this.#dedupe.mayHide) this.plain.forget();
      const state = this.#state;
      const { total } = this.#parking;
      const look = this.#look();
      this.#taker.free(look.spent);
      if (look.due !== undefined) {
        const batch = this.#taker.take(look.due);
        if (this.#dedupe.mayHide) this.#parking.signal();
        if (batch !== undefined) this.#flush(batch);
      } else if (look.empty && state === flowState.draining) return;
      else this.#sleep(total, look, state);
    }
  }

  get #state(): number {
    return this.plain.load(this.ring.stateAt);
  }

  #look(): Look {
    return this.#policy.look(nearWrap);
  }

  /** As `FlusherWait`. */
  #sleep(total: number, { rowsToGo }: Look, state: number): void {
    const epoch = this.#parking.announce(total, rowsToGo);
    const now = this.#parking.total;
    const look = this.#look();
    const late = before((now + look.rowsToGo) | 0, (total + rowsToGo) | 0);
    const came = look.due !== undefined || look.spent.length > 0 || this.#state !== state;
    if (!came && !late) this.#parking.sleep(epoch, forever);
    this.#parking.wake();
  }

  /** As `Flush`, with a sink that stores row by row. */
  #flush({ rows }: TakenBatch): void {
    const { left } = rows;
    const attempts = this.options.refusesFirst ? [left.slice(1), left.slice(0, 1)] : [left];
    for (const attempt of attempts) {
      if (attempt.length === 0) continue;
      this.#store(rows.copy(attempt) as Batch as Batch<typeof schema>);
      rows.committed(attempt, 0);
    }
    rows.release();
  }

  /** A stored row stands for those of the batch that have its key and are not newer. */
  #store({ columns }: Batch<typeof schema>): void {
    for (const place of columns.place) {
      this.ring.store(this.plain, place);
      for (const other of this.#taken) {
        if (other <= place && this.ring.keyOf(other) === this.ring.keyOf(place))
          this.plain.tell(subjectOf(producer, other), fate.delivered);
      }
    }
  }

  #placesOf(parts: readonly Part[]): number[] {
    const places: number[] = [];
    for (const { block, from, to } of parts) {
      const first = this.ring.firstPlace(this.plain, block);
      for (let row = from; row < to; row++) places.push(first + row);
    }
    return places;
  }

  /** As `BatchReader`, whose plain loads no log would have. The rows of a claimed block never change. */
  #reader(): BatchReader {
    const read = (parts: readonly Part[]): BatchData => {
      const places = Int32Array.from(this.#placesOf(parts));
      const keys = places.map((place) => this.ring.keyOf(place));
      return {
        length: places.length,
        fields: [{ values: keys }, { values: places }],
        text: { bytes: new Uint8Array(), mode: 0 as never },
        blob: new Uint8Array(),
        identities: { run: [0, 0, 0, 0], ranges: [], given: undefined },
      };
    };
    return { read } as unknown as BatchReader;
  }
}

function countersOf(ring: KeyedRing, plain: Plain, flusher: number): Counters<typeof flusherCell> {
  const cells = ring.cells(plain, flusher);
  // Other counts than those of settlements are the flusher's alone.
  return { cells, names: flusherCell, add() {}, raise() {} } as unknown as Counters<typeof flusherCell>;
}
