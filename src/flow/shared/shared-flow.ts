/**
 * Everything of a flow that its threads share: what is posted to a flusher or to a producer's thread.
 */
import { ConfigError } from '../../errors.js';
import { type CellsOfRing, createCounterMemory } from '../../metrics/cells/counters.js';
import { createMeterMemory } from '../../metrics/cells/meters.js';
import { Refusals } from '../../metrics/cells/refusals.js';
import { createNotes, SinkCells } from '../../metrics/cells/sink-cells.js';
import { createRingMemory, newRun, type RingMemory } from '../../ring/layout.js';
import { SleepNotes } from '../../ring/sleep-notes.js';
import { createLabelMemory, type LabelMemory } from '../../schema/block/label-dictionary.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { SinkRef } from '../../sink.js';
import type { ConcurrencyLimit, OnFull } from '../api/settings.js';
import type { DedupeSpec } from '../config/dedupe.js';
import type { FlowOptions } from '../config/resolve.js';
import { ofOneRing, type RingShape, ringShape } from '../config/ring-shape.js';
import type { ClockPlaces } from '../waiting/moved-clock.js';
import { createEntries } from './entry-texts.js';
import { takePlaces } from './flow-clock.js';
import { LiveSettings } from './live-settings.js';
import { ObservedMessages } from './observed-messages.js';
import { ProducerSlots } from './producer-slots.js';
import { RowLog } from './row-log.js';
import { ownMark, unknownThread } from './thread-mark.js';

/** Which events flushers send, and how many are on their way. */
export interface ObservedSettings {
  /** As `ObservedMessages` has it. */
  readonly memory: SharedArrayBuffer;
  readonly all: boolean;
  /** Failures, retries and slow ones. */
  readonly notable: boolean;
  readonly slowMs: number;
  /** Those of so many of 1 batches. */
  readonly ratio: number | undefined;
}

/** Plain data and SharedArrayBuffers only. */
export interface SharedFlow {
  /** Unlike the name, never used twice in a process. */
  readonly id: string;
  readonly name: string;
  /** Those that the flow was created with. */
  readonly schemas: readonly Schema[];
  /** The registry of those that are added since. */
  readonly lateSchemas: SharedArrayBuffer;
  /** What rows of an added schema need, too. */
  readonly dedupe: DedupeSpec | undefined;
  readonly ring: RingMemory;
  readonly rowsPerBlock: number;
  readonly labels: LabelMemory;
  readonly counters: SharedArrayBuffer;
  readonly meters: SharedArrayBuffer;
  /** Undefined without an observer and a logger. */
  readonly observed: ObservedSettings | undefined;
  /** Events that producers refused, by reason. */
  readonly refusals: SharedArrayBuffer;
  readonly settings: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly givenUp: SharedArrayBuffer;
  /** The log of rows that the target had already; undefined where events bring no identities along. */
  readonly storedBefore: SharedArrayBuffer | undefined;
  /** Notes of a sink's cells; undefined where it has none. */
  readonly cellNotes: SharedArrayBuffer | undefined;
  /** What producers and flushers have announced before they sleep, by their ids in the ring. */
  readonly sleeps: SharedArrayBuffer;
  /** The limit on flushes at a time, perhaps of other flows, too; undefined: none. */
  readonly limit: ConcurrencyLimit | undefined;
  /** Flushers of the flow's other rings that are numbered before those of this one. */
  readonly flushersBefore: number;
  /** Slots of producers: those that may be attached at one time, and the flow's own. */
  readonly maxProducers: number;
  /** Flushers of this ring. */
  readonly flushers: number;
  readonly publishEvery: number;
  readonly onFull: OnFull;
  /** Undefined: `onFull` acts when no block is free. */
  readonly highWatermark: number | undefined;
  readonly blockTimeoutMs: number;
  readonly maxPendingWrites: number;
  /** Places of flushers on a clock that a test moves; undefined: the system's. */
  readonly clock: ClockPlaces | undefined;
  /** Where the supervisor is. */
  readonly threadId: number;
  /** The mark of that thread; the main thread never ends alone, and is not looked up. */
  readonly owner: number;
}

/** Sets of meters of a flusher: one for each schema at the start, and one for all that are added. */
export function meterSets({ schemas }: Pick<SharedFlow, 'schemas'>): number {
  return schemas.length + 1;
}

/**
 * A flusher's place among those of its ring, from 0. Flushers of a flow are numbered from 1 through all of its rings.
 */
export function placeOf({ flushersBefore }: Pick<SharedFlow, 'flushersBefore'>, flusher: number): number {
  return flusher - 1 - flushersBefore;
}

/** The writer of the ring's counters that a flusher is; producers are those before. */
export function writerOf(
  shared: Pick<SharedFlow, 'maxProducers' | 'flushersBefore'>,
  flusher: number,
): number {
  return shared.maxProducers + placeOf(shared, flusher);
}

/** Where the ring's producers and flushers count, or where they measure. */
export function cellsOf(shared: SharedFlow, memory: 'counters' | 'meters'): CellsOfRing {
  return { memory: shared[memory], producers: shared.maxProducers, flushers: shared.flushers };
}

/** A flusher's id in the ring's claims; producers have the ids below. */
export function claimerOf(
  shared: Pick<SharedFlow, 'maxProducers' | 'flushersBefore'>,
  flusher: number,
): number {
  return writerOf(shared, flusher) + 1;
}

/** A flusher's cells of the sink; undefined where that has none. */
export function sinkCellsOf(
  { cellNotes, ring }: Pick<SharedFlow, 'cellNotes' | 'ring'>,
  sink: SinkRef | undefined,
  flusher: number,
): SinkCells | undefined {
  if (cellNotes === undefined || sink?.cells === undefined) return undefined;
  return new SinkCells(sink.cells, cellNotes, flusher, ring.blocks);
}

/** The source's place among the writers of counters; behind all others. */
export function sourceWriterOf(shared: Pick<SharedFlow, 'maxProducers'>, flushers: number): number {
  return shared.maxProducers + flushers;
}

let flows = 0;

/** A ring behind the first of its flow, which has what they share. */
interface FurtherShard {
  /** Its number, from 1. */
  readonly shard: number;
  readonly first: SharedFlow;
}

/**
 * Allocate a ring and what belongs to it, for a flow or for one of its shards.
 *
 * @throws ConfigError when the ring would be too large, or the system does not give its memory.
 */
export function createShared(options: FlowOptions, threadId: number, further?: FurtherShard): SharedFlow {
  const { sharding } = options;
  const { shard = 0 } = further ?? {};
  const shape = shapeOf(options);
  const { blocks, rowsPerBlock } = shape;
  const flushers = sharding === undefined ? options.flushers : 1;
  // Each of them may have a block open. With a block for each, one that is full comes back once it is flushed.
  const attached = options.maxProducers + (options.source === undefined ? 0 : options.schemas.length);
  const maxProducers = Math.min(attached, blocks - 1) + 1;
  // First of all: it takes the most memory.
  const run = further?.first.ring.run ?? newRun();
  const ring = allocate(shape, { run, firstProducer: shard * maxProducers });
  return {
    ...(further?.first ?? createCommon(options, threadId, blocks)),
    id: `${process.pid}-${threadId}-${++flows}`,
    ring,
    rowsPerBlock,
    counters: createCounterMemory(maxProducers + flushers + (options.source === undefined ? 0 : 1)),
    meters: createMeterMemory(maxProducers, flushers, meterSets(options)),
    slots: ProducerSlots.create(maxProducers).memory,
    givenUp: RowLog.create(maxProducers, options.maxPendingWrites).memory,
    storedBefore:
      options.identity === 'given' ? RowLog.create(maxProducers, options.maxPendingWrites).memory : undefined,
    sleeps: SleepNotes.createMemory(maxProducers + flushers),
    flushersBefore: shard,
    maxProducers,
    flushers,
  };
}

/** What all shards of a flow have in common. */
function createCommon(options: FlowOptions, threadId: number, blocks: number) {
  const settings = new LiveSettings();
  settings.flushSize = options.flushSize;
  settings.flushIntervalMs = options.flushIntervalMs;
  return {
    name: options.name,
    schemas: options.schemas,
    lateSchemas: createEntries(options.maxSchemas - options.schemas.length),
    dedupe: options.dedupe,
    labels: createLabelMemory(options.maxLabels),
    refusals: Refusals.createMemory(),
    observed: options.observed && {
      ...options.observed,
      memory: ObservedMessages.createMemory(options.flushers),
    },
    settings: settings.memory,
    cellNotes: options.sink?.cells && createNotes(options.sink.cells, options.flushers, blocks),
    limit: options.concurrencyLimit,
    publishEvery: options.publishEvery,
    onFull: options.onFull,
    highWatermark: ofOneRing(options, options.sharding?.shards ?? 1).highWatermark,
    blockTimeoutMs: options.blockTimeoutMs,
    maxPendingWrites: options.maxPendingWrites,
    clock: takePlaces(options.clock, options.flushers),
    threadId,
    owner: threadId === 0 ? unknownThread : ownMark(),
  };
}

/** @throws ConfigError that names the rows of one ring. */
function shapeOf(options: FlowOptions): RingShape {
  const { sharding, bufferSize } = options;
  if (sharding === undefined) return ringShape(options);
  try {
    return ringShape(ofOneRing(options, sharding.shards));
  } catch (error) {
    if (!(error instanceof ConfigError) || error.key !== 'bufferSize') throw error;
    throw new ConfigError(
      'bufferSize',
      bufferSize,
      `${error.expected}, in each of ${sharding.shards} shards`,
    );
  }
}

function allocate(
  { blocks, rowsPerBlock, blockBytes, extentBytes }: RingShape,
  origin: Pick<RingMemory, 'run' | 'firstProducer'>,
): RingMemory {
  try {
    return createRingMemory(blocks, blockBytes, extentBytes, origin);
  } catch {
    // V8 says no more than that it has got no memory.
    const mebibytes = Math.ceil(((blockBytes + extentBytes) * blocks) / 2 ** 20);
    throw new ConfigError(
      'bufferSize',
      blocks * rowsPerBlock,
      `less: the system does not give ${mebibytes} MiB`,
    );
  }
}
