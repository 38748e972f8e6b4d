/**
 * Several threads find the end of one producer: they give its slot back once, and touch nothing of the next one.
 */
import { test } from 'vitest';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { addBurier, addNextProducer, addShortProducer, type Slots } from './burial-thread.js';
import { addFlusher } from './flusher-thread.js';
import { findFailure, proveSound } from './proof.js';
import { TinyRing } from './tiny-ring.js';

/**
 * A producer publishes two rows, the second of which has another high word, and dies anywhere. The next one goes on
 * with the numbers of its slot, and may die as well.
 */
function highWordChanges(wrong: { trustsSlot?: boolean } = {}): TinyRing {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  const short = addShortProducer(ring, 0, { mortal: true, rows: 2 });
  addNextProducer(ring, 1, short);
  const burier = addBurier(ring, 2, { after: short, mortal: true, ...wrong });
  addBurier(ring, 3, { after: burier, ...wrong });
  addFlusher(ring, 11);
  return ring;
}

test('no number is given twice, although the high word changes and its thread dies between the two stores', () => {
  proveSound(highWordChanges(), { preemptions: 1, deaths: 2 });
});

test('finds a burial that numbers rows by the slot alone', () => {
  findFailure(
    highWordChanges({ trustsSlot: true }),
    { preemptions: 1 },
    /is published, and was .*published|has no row/,
  );
});

/** Two threads bury, one of which may die, and a third one that comes later; another producer waits for the slot. */
function burials(mortal: boolean, slots?: Slots): TinyRing {
  const ring = new TinyRing({ blocks: 2, rowsPerBlock: 1 });
  const short = addShortProducer(ring, 0);
  const options = slots === undefined ? { after: short } : { after: short, slots };
  const first = addBurier(ring, 1, { ...options, mortal });
  const second = addBurier(ring, 2, options);
  addNextProducer(ring, 3, short);
  // Whichever of the two had the slot when it died, or found it in the other's hands: a later look finds it again.
  if (mortal) addBurier(ring, 4, { ...options, after: first });
  if (mortal) addBurier(ring, 5, { ...options, after: second });
  addFlusher(ring, 11);
  return ring;
}

test('two threads bury one producer, and the next one takes the slot', () => {
  proveSound(burials(false), { preemptions: 2 });
});

test('a burier dies, and another one takes over', () => {
  proveSound(burials(true), { preemptions: 1 });
});

test('finds a burial that two threads may begin', () => {
  class Careless extends ProducerSlots {
    override beginBurial(): boolean {
      return true;
    }
  }
  findFailure(burials(false, Careless), { preemptions: 2 }, /./);
});

test('finds a burial without a second look', () => {
  class Hasty extends ProducerSlots {
    #looked = false;
    override isHeldBy(slot: number, holder: number, mark?: number): boolean {
      const held = this.#looked || super.isHeldBy(slot, holder, mark);
      this.#looked = true;
      return held;
    }
  }
  findFailure(burials(false, Hasty), { preemptions: 2 }, /./);
});

test('finds a burial that a dead burier blocks for ever', () => {
  class Trusting extends ProducerSlots {
    override beginBurial(slot: number): boolean {
      const words = new Int32Array(this.memory);
      return Atomics.compareExchange(words, 16 * slot + 5, 0, 1000) === 0;
    }
  }
  findFailure(burials(true, Trusting), { preemptions: 1 }, /for ever/);
});
