/**
 * A producer's thread has died: one thread at a time cleans up, and where that one dies another does it again.
 */
import { threadId } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { buryProducer } from '../../../dist/src/flow/liveness/burial.js';
import { DeathWatch } from '../../../dist/src/flow/liveness/death-watch.js';
import { openProducer } from '../../../dist/src/flow/producer/attach.js';
import { EventProducer } from '../../../dist/src/flow/producer/event-producer.js';
import { flowState, LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { createShared, type SharedFlow } from '../../../dist/src/flow/shared/shared-flow.js';
import { defineSchema, handler, t } from '../../../dist/src/index.js';
import { Counters, producerCell } from '../../../dist/src/metrics/cells/counters.js';
import { control, wordsOf } from '../../../dist/src/ring/layout.js';
import { Progress } from '../../../dist/src/ring/progress.js';
import { RingControl } from '../../../dist/src/ring/ring-control.js';
import { SleepNotes } from '../../../dist/src/ring/sleep-notes.js';
import { LabelDictionary } from '../../../dist/src/schema/block/label-dictionary.js';
import { endBurier, endedMark, endHolder } from '../../fixtures/ended-mark.js';
import { meanwhile, wakes } from '../../fixtures/meanwhile.js';
import { dieEverywhere, Mortal } from '../../fixtures/mortal.js';

const schema = defineSchema('events', { i: t.int32() });

/** A flow of four blocks of three rows, without threads. */
function flowOf(onFull = 'reject'): SharedFlow {
  const config = {
    schema,
    sink: handler('file:///no-thread-loads-it.mjs'),
    flushSize: 3,
    bufferSize: 12,
    publishEvery: 2,
    onFull,
    blockTimeoutMs: 1,
  };
  return createShared(resolveConfig(config), threadId);
}

const slotsOf = (shared: SharedFlow) => new ProducerSlots(shared.slots, shared.maxProducers);

/** A thread takes a slot, pushes, and sleeps until its rows are committed; it may die at any step. */
function live(thread: Mortal, shared: SharedFlow, rows: number): { slot: number; lived: boolean } {
  const slot = slotsOf(shared).take(threadId);
  const lived = thread.live(() => {
    const producer = new EventProducer(shared, 0, slot, new LabelDictionary(shared.labels), () => {});
    for (let i = 0; i < rows; i++) producer.push({ i });
    new Progress(shared.ring, new SleepNotes(shared.sleeps, slot + 1)).done.announce();
  });
  endHolder(shared.slots, slot);
  return { slot, lived };
}

const sleepers = ({ ring }: SharedFlow) => wordsOf(ring)[control.DONE + 1] as number;

/** Fails unless all of a dead producer is put right. */
function expectBuried(shared: SharedFlow, slot: number): void {
  const slots = slotsOf(shared);
  expect([...slots.held()]).toEqual([]);
  expect(slots.anyActive).toBe(false);
  const counters = new Counters(shared.counters, slot, producerCell);
  const published = counters.get('accepted') - counters.get('droppedNewest');
  const progress = new Progress(shared.ring);
  const waiting = progress.remaining().reduce((sum, { from, to }) => sum + to - from, 0);
  expect(published - counters.get('droppedOldest')).toBe(waiting);
  expect(slots.sequence(slot)).toBe(published);
  const { freeBlocks, sealedBlocks } = progress.usage();
  expect(freeBlocks + sealedBlocks).toBe(shared.ring.blocks);
}

const immortal = () => new Mortal(Number.POSITIVE_INFINITY);

describe('a burial', () => {
  it.each(['reject', 'drop-newest', 'drop-oldest'])(
    'should be finished by a second thread wherever the first one dies: %s',
    async (onFull) => {
      // The producer has a block half full, or it was dropping another's rows.
      for (const rows of [4, 16]) {
        const steps = await dieEverywhere((burier) => {
          const shared = flowOf(onFull);
          const { slot } = live(immortal(), shared, rows);
          const holder = slotsOf(shared).holder(slot);
          const lived = burier.live(() => buryProducer(shared, { slot, holder }));
          endBurier(shared.slots, slot);
          new DeathWatch(shared).look();
          expectBuried(shared, slot);
          expect(sleepers(shared)).toBeGreaterThanOrEqual(0);
          expect(sleepers(shared)).toBeLessThanOrEqual(1);
          return lived;
        });
        expect(steps).toBeGreaterThan(30);
      }
    },
  );

  it('should leave a slot to one that counts on, wherever producer and burier die', async () => {
    await dieEverywhere(async (producer) => {
      let lived = true;
      await dieEverywhere((burier) => {
        const shared = flowOf();
        const first = live(new Mortal(producer.steps), shared, 3);
        lived = first.lived;
        const { slot } = first;
        const ended = burier.live(() => buryProducer(shared, { slot, holder: slotsOf(shared).holder(slot) }));
        endBurier(shared.slots, slot);
        new DeathWatch(shared).look();
        expectBuried(shared, slot);
        expect(live(immortal(), shared, 2).slot).toBe(slot);
        new DeathWatch(shared).look();
        expectBuried(shared, slot);
        return ended;
      });
      return lived;
    });
  }, 120_000);

  it.each(['work', 'room', 'done'] as const)('should wake threads that wait for %s', (event) => {
    const shared = flowOf();
    const { slot } = live(immortal(), shared, 4);
    const bury = () => buryProducer(shared, { slot, holder: slotsOf(shared).holder(slot) });
    expect(wakes(new RingControl(shared.ring)[event], () => expect(bury()).toBe(true))).toBe(true);
  });

  it('should wake a close last, when its slot is free', () => {
    const shared = flowOf();
    const { slot } = live(immortal(), shared, 4);
    const { done } = new RingControl(shared.ring);
    const epochs: number[] = [];
    meanwhile(
      'store',
      // The mark of its slot.
      slot * 16,
      () => epochs.push(done.announce()),
      () => buryProducer(shared, { slot, holder: slotsOf(shared).holder(slot) }),
    );
    epochs.push(done.announce());
    expect((epochs[1] as number) - (epochs[0] as number)).toBe(1);
  });

  it('should look again whose slot it is, when it has begun', () => {
    const shared = flowOf();
    const slots = slotsOf(shared);
    const { slot } = live(immortal(), shared, 4);
    const holder = slots.holder(slot);
    let next: EventProducer<typeof schema> | undefined;
    meanwhile(
      'compareExchange',
      // The word of its burier.
      slot * 16 + 5,
      () => {
        expect(buryProducer(shared, { slot, holder })).toBe(true);
        expect(slots.take(threadId)).toBe(slot);
        next = new EventProducer(shared, 0, slot, new LabelDictionary(shared.labels), () => {});
        next.push({ i: 1 });
      },
      () => expect(buryProducer(shared, { slot, holder })).toBe(false),
    );
    expect(slots.isHeldBy(slot, holder + 1)).toBe(true);
    expect(next?.push({ i: 2 })).toBe(true);
  });

  it('should not begin while another living thread is at it', () => {
    const shared = flowOf();
    const { slot } = live(immortal(), shared, 4);
    const slots = slotsOf(shared);
    expect(slots.beginBurial(slot)).toBe(true);
    expect(buryProducer(shared, { slot, holder: slots.holder(slot) })).toBe(false);
    expect(new DeathWatch(shared).look()).toBe(true);
    expect([...slots.held()]).toHaveLength(1);
    slots.endBurial(slot);
    expect(new DeathWatch(shared).look()).toBe(true);
    expectBuried(shared, slot);
  });

  it('should not touch a slot that another producer has by now', () => {
    const shared = flowOf();
    const slots = slotsOf(shared);
    const slot = slots.take(threadId);
    const holder = slots.holder(slot);
    slots.free(slot);
    const other = new EventProducer(
      shared,
      0,
      slots.take(threadId),
      new LabelDictionary(shared.labels),
      () => {},
    );
    other.push({ i: 1 });
    expect(buryProducer(shared, { slot, holder })).toBe(false);
    expect(other.push({ i: 2 })).toBe(true);
    expect(new Progress(shared.ring).usage()).toMatchObject({ rows: 2, sealedBlocks: 0 });
  });
});

describe('a slot that was being given back when its death was seen', () => {
  it('should not be taken from the next producer', () => {
    const shared = flowOf();
    const slots = slotsOf(shared);
    const slot = slots.take(threadId);
    // The number of the next holder is stored before the slot is free, so this is what a look in between sees.
    const seen = { slot, holder: slots.holder(slot) + 1, mark: endedMark };
    slots.free(slot);
    expect(slots.take(threadId)).toBe(slot);
    expect(slots.isHeldBy(slot, seen.holder)).toBe(true);
    expect(buryProducer(shared, seen)).toBe(false);
    expect(slots.isHeldBy(slot, seen.holder)).toBe(true);
  });
});

describe('a look for dead threads', () => {
  it('should find those that have ended, and leave the living alone', () => {
    const shared = flowOf();
    const slots = slotsOf(shared);
    const dead = live(immortal(), shared, 4).slot;
    const alive = slots.take(threadId);
    expect(new DeathWatch(shared).look()).toBe(true);
    expect([...slots.held()].map(({ slot }) => slot)).toEqual([alive]);
    expect(dead).not.toBe(alive);
    expect(new DeathWatch(shared).look()).toBe(false);
  });

  it("should be taken by one of the flow's threads in a while, not by each", () => {
    const shared = flowOf();
    const watches = [new DeathWatch(shared), new DeathWatch(shared)];
    live(immortal(), shared, 4);
    expect(watches[0]?.lookIfDue()).toBe(true);
    live(immortal(), shared, 4);
    expect(watches[0]?.lookIfDue()).toBe(false);
    expect(watches[1]?.lookIfDue()).toBe(false);
  });

  it('should stop a flow whose creating thread has ended', () => {
    const shared = { ...flowOf(), owner: endedMark };
    live(immortal(), shared, 4);
    expect(new DeathWatch(shared).look()).toBe(true);
    expect(new LiveSettings(shared.settings)).toMatchObject({ state: flowState.stopped, abandoned: true });
    expect([...slotsOf(shared).held()]).toEqual([]);
  });

  it.each(['reject', 'drop-newest', 'drop-oldest', 'block'])(
    'should come before what a full ring does: %s',
    (onFull) => {
      const shared = flowOf(onFull);
      const dead = live(immortal(), shared, 4).slot;
      const slots = slotsOf(shared);
      const slot = slots.take(threadId);
      const producer = new EventProducer(shared, 0, slot, new LabelDictionary(shared.labels), () => {});
      for (let i = 0; i < 20; i++) producer.push({ i });
      expect(new Progress(shared.ring).usage()).toMatchObject({ freeBlocks: 0 });
      expect([...slots.held()].map((held) => held.slot)).toEqual([slot]);
      expect(dead).not.toBe(slot);
    },
  );

  it('should come before an attach is refused', () => {
    const shared = flowOf();
    const slots = slotsOf(shared);
    for (let slot = slots.take(threadId); slot >= 0; slot = slots.take(threadId)) {}
    expect(() => openProducer(shared, 0)).toThrow(expect.objectContaining({ code: 'ERR_CAPACITY' }));
    endHolder(shared.slots, 1);
    openProducer(shared, 0).push({ i: 0 });
    expect(() => openProducer(shared, 0)).toThrow(expect.objectContaining({ code: 'ERR_CAPACITY' }));
  });
});
