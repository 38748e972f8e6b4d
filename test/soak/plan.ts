/**
 * What one round is to be: its flow's settings, its producers, its sink's moods, its deaths. All follow from a seed.
 */

import { hash, Random } from '../../bench/harness/random.js';
import type { OnFull } from '../../src/flow/api/settings.js';
import { rowsEach } from './ledger.js';

/** How a flusher's thread dies. */
export const kills = ['terminate', 'exit', 'exception', 'rejection', 'memory'] as const;
export type Kill = (typeof kills)[number];

/** What is wrong with the sink, apart from its deaths. */
export type Fault = 'none' | 'retry' | 'fatal' | 'answer' | 'unknown';

/** How long the sink takes. */
export type Pace = 'fast' | 'blocking' | 'waiting';

/** What the round's sinks get to know of it. */
export interface SinkPlan {
  readonly seed: number;
  readonly fault: Fault;
  readonly pace: Pace;
  /** Rows that end the sink's thread whenever it gets them. */
  readonly poison: readonly { readonly source: number; readonly i: number }[];
  /** Whether the sink of dead letters fails now and then. */
  readonly lettersFail: boolean;
}

/** What its producers get to know. */
export interface PushPlan {
  readonly seed: number;
  /** Rows that are pushed between two pauses, at most. */
  readonly burst: number;
  /** Whether `committed()` may find rows given up in a round without a fault of the flow. */
  readonly mayGiveUp: boolean;
  /** Whether a row that is committed is one that the sink took. */
  readonly takesAll: boolean;
}

export interface Plan {
  readonly round: number;
  readonly seed: number;
  readonly sink: SinkPlan;
  readonly push: PushPlan;
  /** Producers on threads of their own. */
  readonly threads: number;
  /** Whether the creating thread pushes, too. */
  readonly here: boolean;
  readonly flusherKills: number;
  readonly producerKills: number;
  /** The longest pause between two kills, in ms. */
  readonly killPauseMs: number;
  readonly memoryKills: boolean;
  /** `close` drains; `destroy` leaves rows behind; `limit` drains for a moment only. */
  readonly end: 'close' | 'destroy' | 'limit';
  /** Whether producers go on while the flow closes. */
  readonly pushesOn: boolean;
  readonly flushers: number;
  /** How rows are spread over shards, as many as there are flushers; undefined: one ring. */
  readonly shardsBy: 'source' | 'label' | 'round-robin' | 'least-loaded' | undefined;
  readonly concurrent: number;
  readonly onFull: OnFull;
  readonly flushSize: number;
  readonly bufferSize: number;
  readonly publishEvery: number;
  readonly maxLabels: number;
  readonly blockTextBytes: number;
  readonly maxDeliveries: number;
  readonly dedupe: 'first' | 'last' | 'merge' | undefined;
  readonly deadLetters: boolean;
  readonly circuit: boolean;
  /** Flushes at a time over all flushers. */
  readonly limit: number | undefined;
  /** Producers' threads end by themselves after so many rows, without closing, and others come; 0: they stay. */
  readonly visitRows: number;
  /** How long the creating thread is blocked now and then, at most; 0: never. */
  readonly blockedMs: number;
}

/** Poison rounds have no other deaths, so that nobody innocent is suspected for long. */
const poisonShare = 0.08;

export function planOf(soakSeed: number, round: number): Plan {
  const seed = hash(soakSeed, round);
  const random = new Random(seed);
  const poisonous = random.chance(poisonShare);
  const fault: Fault =
    poisonous || random.chance(0.6) ? 'none' : random.pick(['retry', 'fatal', 'answer', 'unknown']);
  const flushMode = random.pick(['sync', 'async', 'async']);
  const shardsBy = random.chance(0.35)
    ? random.pick(['source', 'source', 'label', 'round-robin', 'least-loaded'] as const)
    : undefined;
  const flushers = random.between(1, 3);
  const concurrent = flushMode === 'sync' || shardsBy !== undefined ? 1 : random.between(1, 4);
  const pace: Pace = random.pick(['fast', 'blocking', 'waiting']);
  const onFull = poisonous
    ? random.pick(['reject', 'block'] as const)
    : random.pick(['reject', 'block', 'drop-newest', 'drop-oldest'] as const);
  const dedupe =
    !poisonous && random.chance(0.15) ? random.pick(['first', 'last', 'merge'] as const) : undefined;
  const flushSize = random.between(2, 40);
  const maxDeliveries = poisonous ? random.between(1, 3) : random.pick([3, 1000]);
  const threads = random.between(1, 3);
  const poison = poisonous
    ? Array.from({ length: random.between(1, 3) }, () => ({
        source: random.between(0, threads),
        i: random.between(0, 300),
      }))
    : [];
  const deadLetters = poisonous || random.chance(0.8);
  const end = poisonous
    ? 'close'
    : random.pick(['close', 'close', 'close', 'close', 'destroy', 'limit'] as const);
  return {
    round,
    seed,
    sink: { seed, fault, pace, poison, lettersFail: fault !== 'none' && random.chance(0.3) },
    push: {
      seed,
      burst: random.pick([3, 20, 100]),
      mayGiveUp: poisonous || fault !== 'none' || onFull.startsWith('drop') || maxDeliveries < 1000,
      takesAll: dedupe === undefined,
    },
    threads,
    here: random.chance(0.4) || poisonous,
    flusherKills: poisonous ? 0 : random.between(4, 10),
    producerKills: !poisonous && random.chance(0.4) ? random.between(1, 3) : 0,
    killPauseMs: random.pick([5, 20, 50]),
    memoryKills: random.chance(0.03),
    end,
    pushesOn: random.chance(0.5),
    flushers,
    shardsBy,
    concurrent,
    onFull,
    flushSize,
    // A block for each producer, and one more, at least.
    bufferSize: flushSize * (threads + random.between(2, 20)) * (shardsBy === undefined ? 1 : flushers),
    publishEvery: random.pick([1, 7, 128]),
    maxLabels: random.pick([10, 1000]),
    blockTextBytes: random.pick([1000, 20_000]),
    maxDeliveries,
    dedupe,
    deadLetters,
    circuit: random.chance(0.5),
    visitRows: !poisonous && random.chance(0.3) ? random.between(1, 300) : 0,
    blockedMs: random.chance(0.4) ? random.between(2, 25) : 0,
    limit: random.chance(0.3) ? random.between(1, 4) : undefined,
  };
}

/** A plan in one line. */
export function describePlan({ sink, push, ...plan }: Plan): string {
  return JSON.stringify({ ...plan, ...sink, burst: push.burst, rowsEach });
}
