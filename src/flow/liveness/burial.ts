/**
 * Cleans up after a producer whose thread has died: its published rows are flushed, its block and its slot are free
 * again.
 *
 * Several threads may find the same death: the creating thread, one that attaches, a producer in a full ring, a
 * flusher. One of them at a time cleans up. It may die at any step; the next one begins anew, so each step may be done
 * again. The slot is given back last: until then nothing of it is another's.
 */
import { Counters, producerCell } from '../../metrics/cells/counters.js';
import { BlockClaims } from '../../ring/block-claims.js';
import { Progress } from '../../ring/progress.js';
import { releaseClaims, sealBlocks } from '../../ring/recovery.js';
import { RingControl } from '../../ring/ring-control.js';
import { SleepNotes } from '../../ring/sleep-notes.js';
import { type HeldSlot, ProducerSlots } from '../shared/producer-slots.js';
import { evictions } from '../shared/settlements.js';
import type { SharedFlow } from '../shared/shared-flow.js';

/** A slot as it was when the death of its thread was found: another producer may have it by now. */
export type DeadSlot = Pick<HeldSlot, 'slot' | 'holder'> & Partial<Pick<HeldSlot, 'mark'>>;

/**
 * Clean up after a producer whose thread has died.
 *
 * @returns whether this call has given the slot back.
 */
export function buryProducer(shared: SharedFlow, dead: DeadSlot): boolean {
  const { slot } = dead;
  const slots = new ProducerSlots(shared.slots, shared.maxProducers);
  const buried = giveBack(slots, dead, () => {
    settleAccounts(shared, slots, slot);
    releaseClaims(shared.ring, slot + 1);
    sealBlocks(shared.ring, slot + 1);
    new SleepNotes(shared.sleeps, slot + 1).retireAll(new RingControl(shared.ring));
  });
  // The closing thread may wait for the producer.
  if (buried) new Progress(shared.ring).done.signal();
  return buried;
}

/**
 * Give the slot of a dead producer back.
 *
 * @param cleanUp what comes before that: by one thread at a time, and again where that thread dies.
 * @returns whether this call has done it; false where another producer has the slot, or another thread is at it.
 */
export function giveBack(slots: ProducerSlots, dead: DeadSlot, cleanUp: () => void): boolean {
  const { slot, holder, mark } = dead;
  if (!slots.isHeldBy(slot, holder, mark) || !slots.beginBurial(slot)) return false;
  try {
    // ORDER: a second look, with the burial begun: now no other thread gives the slot back.
    if (!slots.isHeldBy(slot, holder, mark)) return false;
    cleanUp();
    slots.free(slot);
    return true;
  } finally {
    slots.endBurial(slot);
  }
}

/**
 * The thread may have died between counting rows and publishing them, or between dropping another's rows and counting
 * that. The ring tells what it had published; the next holder of the slot numbers its rows from there.
 */
function settleAccounts(shared: SharedFlow, slots: ProducerSlots, slot: number): void {
  const counters = new Counters(shared.counters, slot, producerCell);
  const progress = new Progress(shared.ring);
  const claims = new BlockClaims(shared.ring, slot + 1);
  evictions(counters).recover((block, to) => claims.settle(block, to));
  // ORDER: SEQUENCE before the block is sealed: a second burier finds the number in one of the two.
  const published = publishedRows(progress, slots, slot);
  const counted = counters.get('accepted') - counters.get('droppedNewest');
  counters.add('accepted', published - counted);
  slots.deactivate(slot, published);
}

/** How many rows the slot's producers have published, the dead one's last group included. */
export function publishedRows(progress: Progress, slots: ProducerSlots, slot: number): number {
  return progress.publishedBy(slot + 1) ?? slots.sequence(slot);
}
