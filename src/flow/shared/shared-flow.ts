/**
 * Everything of a flow that its threads share: what is posted to a flusher or to a producer's thread.
 */
import { ConfigError } from '../../errors.js';
import { createCounterMemory } from '../../metrics/cells/counters.js';
import { createMeterMemory } from '../../metrics/cells/meters.js';
import { Refusals } from '../../metrics/cells/refusals.js';
import { createNotes, SinkCells } from '../../metrics/cells/sink-cells.js';
import { createRingMemory, type RingMemory } from '../../ring/layout.js';
import { SleepNotes } from '../../ring/sleep-notes.js';
import { createLabelMemory, type LabelMemory } from '../../schema/block/label-dictionary.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { SinkRef } from '../../sink.js';
import type { ConcurrencyLimit, OnFull } from '../api/settings.js';
import type { DedupeSpec } from '../config/dedupe.js';
import type { FlowOptions } from '../config/resolve.js';
import { type RingShape, ringShape } from '../config/ring-shape.js';
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
  /** Slots of producers: those that may be attached at one time, and the flow's own. */
  readonly maxProducers: number;
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

/** A flusher's id in the ring's claims; producers have the ids below. */
export function claimerOf(shared: Pick<SharedFlow, 'maxProducers'>, flusher: number): number {
  return shared.maxProducers + flusher;
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

let flows = 0;

/**
 * Allocate what a flow shares.
 *
 * @throws ConfigError when the ring would be too large, or the system does not give its memory.
 */
export function createShared(options: FlowOptions, threadId: number): SharedFlow {
  const { schemas, flushSize } = options;
  const shape = ringShape(options);
  const { blocks, rowsPerBlock } = shape;
  const settings = new LiveSettings();
  settings.flushSize = flushSize;
  settings.flushIntervalMs = options.flushIntervalMs;
  // Each of them may have a block open. With a block for each, one that is full comes back once it is flushed.
  const maxProducers = Math.min(options.maxProducers, blocks - 1) + 1;
  return {
    id: `${process.pid}-${threadId}-${++flows}`,
    name: options.name,
    schemas,
    lateSchemas: createEntries(options.maxSchemas - schemas.length),
    dedupe: options.dedupe,
    ring: allocate(shape),
    rowsPerBlock,
    labels: createLabelMemory(options.maxLabels),
    counters: createCounterMemory(maxProducers + options.flushers),
    meters: createMeterMemory(maxProducers, options.flushers, meterSets({ schemas })),
    refusals: Refusals.createMemory(),
    observed: options.observed && {
      ...options.observed,
      memory: ObservedMessages.createMemory(options.flushers),
    },
    settings: settings.memory,
    slots: ProducerSlots.create(maxProducers).memory,
    givenUp: RowLog.create(maxProducers, options.maxPendingWrites).memory,
    storedBefore:
      options.identity === 'given' ? RowLog.create(maxProducers, options.maxPendingWrites).memory : undefined,
    cellNotes: options.sink?.cells && createNotes(options.sink.cells, options.flushers, blocks),
    sleeps: SleepNotes.createMemory(maxProducers + options.flushers),
    limit: options.concurrencyLimit,
    maxProducers,
    flushers: options.flushers,
    publishEvery: options.publishEvery,
    onFull: options.onFull,
    // 0 is none, too.
    highWatermark: options.highWatermark || undefined,
    blockTimeoutMs: options.blockTimeoutMs,
    maxPendingWrites: options.maxPendingWrites,
    clock: takePlaces(options.clock, options.flushers),
    threadId,
    owner: threadId === 0 ? unknownThread : ownMark(),
  };
}

function allocate({ blocks, rowsPerBlock, blockBytes, extentBytes }: RingShape): RingMemory {
  try {
    return createRingMemory(blocks, blockBytes, extentBytes);
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
