/**
 * A producer and the thread that closes its flow: whatever comes between two steps of one, the rows are waited for, or
 * refused.
 */
import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { producerViews } from '../../../dist/src/flow/producer/producer-views.js';
import { flowState, LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { createShared } from '../../../dist/src/flow/shared/shared-flow.js';
import { defineSchema, FlowClosedError, t } from '../../../dist/src/index.js';
import { control, wordsOf } from '../../../dist/src/ring/layout.js';
import { RingControl } from '../../../dist/src/ring/ring-control.js';
import { SleepNotes } from '../../../dist/src/ring/sleep-notes.js';
import { meanwhile, wakes } from '../../fixtures/meanwhile.js';

const schema = defineSchema('events', { i: t.int32() });
/** The word of slot 0 that says whether its producer is active. */
const active = 3;

function scene() {
  const shared = createShared(
    resolveConfig({ schema, onBatch() {}, flushSize: 3, bufferSize: 12 }),
    threadId,
  );
  const slots = new ProducerSlots(shared.slots, shared.maxProducers);
  expect(slots.take(threadId)).toBe(0);
  const settings = new LiveSettings(shared.settings);
  const close = () => {
    settings.state = flowState.closing;
  };
  return { shared, slots, close, ...producerViews(shared, 0) };
}

test('rows are refused when the flow closes right before the slot is marked', () => {
  const { slots, slot, close } = scene();
  expect(() => meanwhile('store', active, close, () => slot.activate())).toThrow(FlowClosedError);
  expect(slots.anyActive).toBe(false);
});

test('a close that has seen the mark is woken when the rows are shown', () => {
  const { shared, slots, slot, close } = scene();
  const { done } = new RingControl(shared.ring);
  slot.activate();
  close();
  expect(slots.anyActive).toBe(true);
  expect(wakes(done, () => slot.deactivate())).toBe(true);
  expect(slots.anyActive).toBe(false);
  expect(wakes(done, () => slot.deactivate())).toBe(false);
});

test('a producer that has closed, and sleeps on, leaves nothing to be taken back to the next one', () => {
  const { shared, slot, progress } = scene();
  progress.done.announce();
  slot.free();
  new SleepNotes(shared.sleeps, 1).retireAll(new RingControl(shared.ring));
  expect(wordsOf(shared.ring)[control.DONE + 1]).toBe(1);
  expect(() => slot.assertOpen()).toThrow(FlowClosedError);
});

test('what a producer announces is noted in its slot, and taken back after its death', () => {
  const { shared, progress } = scene();
  progress.done.announce();
  progress.room.announce();
  new SleepNotes(shared.sleeps, 1).retireAll(new RingControl(shared.ring));
  const words = wordsOf(shared.ring);
  expect([words[control.DONE + 1], words[control.ROOM + 1]]).toEqual([0, 0]);
});
