/**
 * What a flow counts, and how it is read: sums over the cells of all producers and flushers.
 */
import { Counters, flusherCell, producerCell } from './counters.js';

/** Row counts, as plain numbers. accepted = committed + failed + pending + the sum of dropped. */
export interface FlowStats {
  /** Rows for which `push` returned true. */
  accepted: number;
  /** Rows that found the ring full and stayed the caller's. */
  rejected: number;
  /** Accepted rows that were let go, by reason: `drop-newest`, `drop-oldest`, `duplicate`, `destroyed`. */
  dropped: Record<string, number>;
  committed: number;
  /** Rows whose flush failed; each was reported by `flushError` and `errors()`. */
  failed: number;
  /** Rows accepted and not yet committed, failed or dropped; those in flight included. */
  pending: number;
  /** Rows in batches that a sink holds at this moment. */
  inFlight: number;
  /** Flushes by what set them off. */
  batches: { size: number; deadline: number; flush: number; drain: number };
  /** Failures that `errors()` had no place for, as nobody read them. */
  errorsDropped: number;
}

/** How full the ring is. */
export interface RingUsage {
  blocks: number;
  freeBlocks: number;
  /** Rows published and not yet committed. */
  rows: number;
  /** Rows that all blocks together can hold. */
  capacity: number;
}

/** How late deadline flushes started, after the first row's interval had passed. */
export interface Lateness {
  count: number;
  meanMs: number;
  maxMs: number;
}

/** Reads the cells of `producers` producers and, behind them, `flushers` flushers. */
export class StatsReader {
  readonly #producers: Counters<typeof producerCell>[];
  readonly #flushers: Counters<typeof flusherCell>[];

  constructor(memory: SharedArrayBuffer, producers: number, flushers: number) {
    this.#producers = Array.from({ length: producers }, (_, i) => new Counters(memory, i, producerCell));
    this.#flushers = Array.from(
      { length: flushers },
      (_, i) => new Counters(memory, producers + i, flusherCell),
    );
  }

  /**
   * @param unpublished rows accepted on this thread that no cell counts yet.
   * @param ended the flow has ended: rows still pending are dropped, and no sink holds any.
   */
  read(unpublished: number, ended: boolean, errorsDropped: number): FlowStats {
    // What ends a row's way is read before what begins it, so that no sum exceeds what was accepted.
    const committed = sum(this.#flushers, 'committed');
    const failed = sum(this.#flushers, 'failed');
    const inFlight = sum(this.#flushers, 'inFlight');
    const dropped: Record<string, number> = {
      'drop-newest': sum(this.#producers, 'droppedNewest'),
      'drop-oldest': sum(this.#producers, 'droppedOldest'),
      duplicate: sum(this.#flushers, 'duplicates'),
    };
    const accepted = sum(this.#producers, 'accepted') + unpublished;
    const gone = Object.values(dropped).reduce((a, b) => a + b, 0);
    const pending = accepted - committed - failed - gone;
    if (ended) dropped.destroyed = pending;
    return {
      accepted,
      rejected: sum(this.#producers, 'rejected'),
      dropped: Object.fromEntries(Object.entries(dropped).filter(([, rows]) => rows > 0)),
      committed,
      failed,
      pending: ended ? 0 : pending,
      inFlight: ended ? 0 : inFlight,
      batches: {
        size: sum(this.#flushers, 'size'),
        deadline: sum(this.#flushers, 'deadline'),
        flush: sum(this.#flushers, 'flush'),
        drain: sum(this.#flushers, 'drain'),
      },
      errorsDropped,
    };
  }

  lateness(): Lateness {
    const count = sum(this.#flushers, 'lateCount');
    return {
      count,
      meanMs: count === 0 ? 0 : sum(this.#flushers, 'lateSum') / count,
      maxMs: Math.max(0, ...this.#flushers.map((cells) => cells.get('lateMax'))),
    };
  }
}

function sum<Cell extends Readonly<Record<string, number>>>(
  all: readonly Counters<Cell>[],
  name: keyof Cell,
): number {
  return all.reduce((total, cells) => total + cells.get(name), 0);
}
