/**
 * Producers with slots, and the threads that give back the slots of those that ended without doing so.
 *
 * The slots are the shipped code. They lie in the ring's control area, in words that the ring does not use: a slot has
 * 16 words, and of the 8 slots that fit there the odd ones are free. To the code the others look taken.
 */
import { giveBack, publishedRows } from '../../../dist/src/flow/liveness/burial.js';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { control } from '../../../dist/src/ring/layout.js';
import type { Plain } from './scenario.js';
import { schemaOf, type TinyRing } from './tiny-ring.js';
import { fate, nearHigh, nearWrap, subjectOf, takenBy } from './witness.js';

/** The slot that is used, and the id of its producers. */
const slot = 1;
export const id = slot + 1;
const slotCount = 5;
const markWord = 16 * slot;
const sequenceWord = 16 * slot + 4;

/** Of a producer that has no rows: what is told of it is told of a thread. */
const threadsOf = 4;

export type Slots = new (...parameters: ConstructorParameters<typeof ProducerSlots>) => ProducerSlots;

/** The slots, as a simulated thread sees them. */
function slotsOf(ring: TinyRing, plain: Plain, thread: number, Kind: Slots): ProducerSlots {
  plain.tell(subjectOf(threadsOf, thread), takenBy(thread));
  return new Kind(ring.memory.buffer, slotCount, {
    ownMark: () => thread + 1,
    hasEnded: (mark) => plain.told(subjectOf(threadsOf, mark - 1), fate.orphaned),
  });
}

interface ShortOptions {
  readonly mortal?: boolean;
  /** How many rows it publishes, each in a block of its own; 1 if not given. */
  readonly rows?: number;
}

/** Add a producer that takes the slot, publishes rows, and ends. @returns its number. */
export function addShortProducer(ring: TinyRing, thread: number, options: ShortOptions = {}): number {
  const { mortal = false, rows = 1 } = options;
  // As if the slot's producers had published so many before.
  ring.set(sequenceWord, nearHigh | 0);
  return ring.add({
    name: 'short producer',
    mortal,
    run: (plain) => {
      const slots = slotsOf(ring, plain, thread, ProducerSlots);
      const taken = slots.take(thread);
      if (taken !== slot) throw new Error(`slot ${taken} is taken`);
      for (let row = 0; row < rows; row++) {
        const lease = writeRow(ring, plain, slots);
        if (row + 1 < rows) lease.seal();
      }
    },
  });
}

/** Add a producer that waits until the slot is given back, takes it, publishes a row, and gives block and slot back. */
export function addNextProducer(ring: TinyRing, thread: number, after: number): number {
  return ring.add({
    name: 'next producer',
    after,
    run: (plain) => {
      const slots = slotsOf(ring, plain, thread, ProducerSlots);
      // The short producer is thread 0.
      plain.spin(markWord, 1);
      if (slots.take(thread) !== slot) throw new Error('the slot that was given back is taken');
      writeRow(ring, plain, slots).seal();
      slots.free(slot);
    },
  });
}

interface BurierOptions {
  readonly after: number;
  readonly mortal?: boolean;
  readonly slots?: Slots;
  /** Wrong on purpose: number the slot's next rows by the slot alone, whatever the ring says. */
  readonly trustsSlot?: boolean;
}

/** Add a thread that has found the short producer's end. @returns its number. */
export function addBurier(ring: TinyRing, thread: number, options: BurierOptions): number {
  return ring.add({
    name: `burier ${thread}`,
    mortal: options.mortal ?? false,
    after: options.after,
    run: (plain) => {
      const slots = slotsOf(ring, plain, thread, options.slots ?? ProducerSlots);
      const holder = slots.holder(slot);
      // The mark of the short producer, which is thread 0. As in a look: the holder first, then the mark.
      const mark = plain.load(markWord);
      if (mark !== 1) return;
      giveBack(slots, { slot, holder, mark }, () => {
        const progress = new ring.code.Progress(ring.memory);
        const published = options.trustsSlot ? slots.sequence(slot) : publishedRows(progress, slots, slot);
        slots.deactivate(slot, published);
        ring.code.releaseClaims(ring.memory, id);
        ring.code.sealBlocks(ring.memory, id);
      });
    },
  });
}

/** Open a block, and publish one row of it, as the slot's next. */
function writeRow(ring: TinyRing, plain: Plain, slots: ProducerSlots) {
  const sequence = slots.sequence(slot);
  const place = sequence - nearHigh;
  const lease = new ring.code.BlockLease(ring.memory, id);
  for (;;) {
    const freed = plain.load(control.FREED);
    if (lease.open(schemaOf(id), sequence)) break;
    plain.spin(control.FREED, freed);
  }
  ring.write(plain, lease.block, 0, id, place);
  lease.publish(1, lease.nothingWaits ? nearWrap : undefined);
  if (!plain.told(subjectOf(id, place), fate.published)) throw new Error(`row ${place} is lost`);
  slots.deactivate(slot, sequence + 1);
  return lease;
}
