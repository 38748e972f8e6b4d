/**
 * What a flow counts, and how it is read: sums over the cells of all producers and flushers.
 */
import {
  type CellsOfRing,
  Counters,
  flusherCell,
  producerCell,
  type SourceState,
  sourceCell,
  sourceStates,
} from '../cells/counters.js';

/** Row counts, as plain numbers. accepted = committed + deadLettered + pending + the sum of dropped. */
export interface FlowStats {
  /** Rows for which `push` returned true. */
  accepted: number;
  /** Rows that found the ring full and stayed the caller's. */
  rejected: number;
  /**
   * Accepted rows that were let go, by reason: `drop-newest`, `drop-oldest`, `duplicate`; `failed` (given up where
   * there are no dead letters; each was reported by `flushError` and `errors()`); `undelivered` (left at the end).
   */
  dropped: Record<string, number>;
  committed: number;
  /** Of the committed rows, those that the target had already: it said that it skipped them. */
  duplicatesAtTarget: number;
  /** Rows given up and kept as dead letters, with their error. */
  deadLettered: number;
  /** Rows that were in flight when their flusher's thread died, and so were delivered again. */
  redelivered: number;
  /** Attempts to write after a batch's first. */
  retries: number;
  /** Rows accepted that have not come to one of the ends above; those in flight included. */
  pending: number;
  /** Rows in batches that flushers hold at this moment. */
  inFlight: number;
  /** Flushes by what set them off. */
  batches: { size: number; deadline: number; flush: number; demand: number; drain: number };
  /**
   * When the sink last stored a batch, or rows of one were given up, in any flusher: milliseconds since the epoch.
   * Undefined before the first.
   */
  lastFlushAt: number | undefined;
  /** How long ago that was. */
  sinceLastFlushMs: number | undefined;
  /** Of a flow with a source. */
  source?: SourceStats;
  /** Failures (not rows) that were not kept for `errors()`: `error_chan_full`, as nobody read them in time. */
  errorsDropped: Record<string, number>;
}

/** Counts of a source. received = acknowledged + handedBack + inFlight. */
export interface SourceStats {
  /** Units that it has begun: messages, parts of a file. */
  received: number;
  /** Units of which all rows have ended, and that it has acknowledged. */
  acknowledged: number;
  /** Units that were not acknowledged and are to come again: the flow stopped, the source failed or its thread died. */
  handedBack: number;
  /** Units under way. */
  inFlight: number;
  /** Inputs that were no rows: dead letters now, or dropped where there are none. They are not among the rows. */
  refused: number;
  /** Times that the source's `run` failed, or its thread died, and it was started again. */
  restarts: number;
  /** Whether it takes units now. */
  state: SourceState;
}

/** How full the ring is. */
export interface RingUsage {
  blocks: number;
  freeBlocks: number;
  /** Full, or let go by their producer; flushers still have to empty them. The others are being written. */
  sealedBlocks: number;
  /** Address space of one block, that of its extent included. Pages that no row has touched take no memory. */
  blockBytes: number;
  /** Rows published and not yet committed. */
  rows: number;
  /** Rows that all blocks together can hold. */
  capacity: number;
  /** Rows that wait when `onFull` acts: the capacity, where no watermark is set. */
  highWatermark: number;
}

/** From best to worst: batches go out; one is tried; flushers pause, as too many failed. */
export const circuitStates = ['closed', 'half-open', 'open'] as const;
export type CircuitState = (typeof circuitStates)[number];

/** Whether dead letters can be written, as far as rows have needed them. */
export type DeadLetterState = 'ok' | 'failing';

/** How late deadline flushes started, after the first row's interval had passed. */
export interface Lateness {
  count: number;
  meanMs: number;
  maxMs: number;
}

/** What is told of a flusher, or of all of them together. */
export interface FlusherCounts {
  readonly committed: number;
  /** Threads that died and were started again. */
  readonly restarts: number;
  /** Batches held at this moment. */
  readonly inFlightBatches: number;
  /** When the sink last stored a batch, or rows of one were given up: milliseconds since the epoch. */
  readonly lastFlushAt: number | undefined;
}

/** Reads the cells of all producers and flushers of a flow, and perhaps of its source. */
export class StatsReader {
  readonly #producers: Counters<typeof producerCell>[];
  readonly #flushers: Counters<typeof flusherCell>[];
  readonly #source: Counters<typeof sourceCell> | undefined;

  /**
   * @param shards the cells of each ring; flushers are numbered in this order.
   * @param hasSource whether the first ring's writers end with a source.
   */
  constructor(shards: readonly CellsOfRing[], hasSource = false) {
    this.#producers = shards.flatMap(({ memory, producers }) =>
      Array.from({ length: producers }, (_, i) => new Counters(memory, i, producerCell)),
    );
    this.#flushers = shards.flatMap(({ memory, producers, flushers }) =>
      Array.from({ length: flushers }, (_, i) => new Counters(memory, producers + i, flusherCell)),
    );
    const [first] = shards;
    this.#source =
      hasSource && first !== undefined
        ? new Counters(first.memory, first.producers + first.flushers, sourceCell)
        : undefined;
  }

  /**
   * @param unpublished rows accepted on this thread that no cell counts yet.
   * @param ended the flow has ended: rows still pending are undelivered, and no sink holds any.
   */
  read(unpublished: number, ended: boolean, errorsDropped: number): FlowStats {
    // What ends a row's way is read before what begins it, so that no sum exceeds what was accepted.
    const duplicatesAtTarget = sum(this.#flushers, 'skipped');
    const committed = sum(this.#flushers, 'committed');
    const deadLettered = sum(this.#flushers, 'deadLettered');
    const inFlight = sum(this.#flushers, 'inFlight');
    const handedBack = sum(this.#flushers, 'handedBack');
    const dropped: Record<string, number> = {
      'drop-newest': sum(this.#producers, 'droppedNewest'),
      'drop-oldest': sum(this.#producers, 'droppedOldest'),
      duplicate: sum(this.#flushers, 'duplicates'),
      failed: sum(this.#flushers, 'failed'),
    };
    const accepted = sum(this.#producers, 'accepted') + unpublished;
    const gone = Object.values(dropped).reduce((a, b) => a + b, 0);
    const left = accepted - committed - deadLettered - gone;
    dropped.undelivered = ended ? left : handedBack;
    const lastFlushAt = latest(this.#flushers);
    return {
      accepted,
      rejected: sum(this.#producers, 'rejected'),
      dropped: notZero(dropped),
      committed,
      duplicatesAtTarget,
      deadLettered,
      redelivered: sum(this.#flushers, 'redelivered'),
      retries: sum(this.#flushers, 'retries'),
      pending: ended ? 0 : left - handedBack,
      inFlight: ended ? 0 : inFlight,
      batches: {
        size: sum(this.#flushers, 'size'),
        deadline: sum(this.#flushers, 'deadline'),
        flush: sum(this.#flushers, 'flush'),
        demand: sum(this.#flushers, 'demand'),
        drain: sum(this.#flushers, 'drain'),
      },
      lastFlushAt,
      // The wall clock may have been set back.
      sinceLastFlushMs: lastFlushAt && Math.max(0, Date.now() - lastFlushAt),
      errorsDropped: notZero({ error_chan_full: errorsDropped }),
      ...(this.#source && { source: sourceStats(this.#source) }),
    };
  }

  /** @param flusher from 0; undefined for the sum of all. */
  flushers(flusher?: number): FlusherCounts {
    const all = this.#flushers;
    const writers = flusher === undefined ? all : [all[flusher] as Counters<typeof flusherCell>];
    return {
      committed: sum(writers, 'committed'),
      restarts: sum(writers, 'restarts'),
      inFlightBatches: sum(writers, 'inFlightBatches'),
      lastFlushAt: latest(writers),
    };
  }

  /** The worst of all flushers' circuits. */
  circuit(): CircuitState {
    const worst = Math.max(...this.#flushers.map((cells) => cells.get('circuit')));
    return circuitStates[worst] as CircuitState;
  }

  /** Whether flushes hold rows that the dead letters did not take. */
  anyUnkept(): boolean {
    return sum(this.#flushers, 'unkept') > 0;
  }

  /** The latest of all deadline flushes. */
  lateMaxMs(): number {
    return Math.max(0, ...this.#flushers.map((cells) => cells.get('lateMax')));
  }
}

function sourceStats(cells: Counters<typeof sourceCell>): SourceStats {
  // What ends a unit's way is read before what begins it.
  const acknowledged = cells.get('acknowledged');
  const handedBack = cells.get('handedBack');
  const received = cells.get('received');
  const inFlight = received - acknowledged - handedBack;
  return {
    ...{ received, acknowledged, handedBack, inFlight },
    refused: cells.get('refused'),
    restarts: cells.get('restarts'),
    state: sourceStates[cells.get('state')] as SourceState,
  };
}

function sum<Cell extends Readonly<Record<string, number>>>(
  all: readonly Counters<Cell>[],
  name: keyof Cell,
): number {
  return all.reduce((total, cells) => total + cells.get(name), 0);
}

/** When any of them last flushed; undefined when none has. */
function latest(flushers: readonly Counters<typeof flusherCell>[]): number | undefined {
  return Math.max(...flushers.map((cells) => cells.get('lastFlush'))) || undefined;
}

function notZero(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
