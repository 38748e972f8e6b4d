/**
 * Several threads find the end of one producer: they give its slot back once, and touch nothing of the next one.
 */
import { test } from 'vitest';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { addBurier, addNextProducer, addShortProducer, type Slots } from './burial-thread.js';
import { addFlusher } from './flusher-thread.js';
import { findFailure, proveSound } from './proof.js';
import { TinyRing } from './tiny-ring.js';

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
