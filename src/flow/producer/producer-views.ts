/**
 * The views of the flow's shared memory that the parts of one producer share: its slot, its lease of a block, its
 * counters.
 */
import { Counters, producerCell } from '../../metrics/cells/counters.js';
import { Refusals } from '../../metrics/cells/refusals.js';
import { BlockLease } from '../../ring/block-lease.js';
import { Progress } from '../../ring/progress.js';
import { SleepNotes } from '../../ring/sleep-notes.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { OwnSlot } from './own-slot.js';
import { Watermark } from './watermark.js';

export interface ProducerViews {
  readonly slot: OwnSlot;
  /** The block that the producer writes. */
  readonly lease: BlockLease;
  readonly counters: Counters<typeof producerCell>;
  readonly progress: Progress;
  /** Undefined: the ring is full when no block is free. */
  readonly watermark: Watermark | undefined;
  readonly refusals: Refusals;
}

/** @param slot the number of the slot that the producer has taken. */
export function producerViews(shared: SharedFlow, slot: number): ProducerViews {
  // Ids in the ring start at 1.
  const notes = new SleepNotes(shared.sleeps, slot + 1);
  const { highWatermark } = shared;
  const progress = new Progress(shared.ring, notes);
  const refusals = new Refusals(shared.refusals);
  return {
    slot: new OwnSlot(shared, slot, progress.done, notes, refusals),
    lease: new BlockLease(shared.ring, slot + 1),
    counters: new Counters(shared.counters, slot, producerCell),
    progress,
    watermark: highWatermark === undefined ? undefined : new Watermark(highWatermark, progress),
    refusals,
  };
}
