/**
 * The end of a flow: all threads that sleep on its ring learn of it.
 */
import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { flowState, LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
import { createShared } from '../../../dist/src/flow/shared/shared-flow.js';
import { abandon, stop } from '../../../dist/src/flow/shared/stop.js';
import { drain } from '../../../dist/src/flow/supervision/shutdown.js';
import { defineSchema, t } from '../../../dist/src/index.js';
import { createPermitMemory } from '../../../dist/src/permits/permit-memory.js';
import { Permits } from '../../../dist/src/permits/permits.js';
import { Places } from '../../../dist/src/permits/places.js';
import { RingControl } from '../../../dist/src/ring/ring-control.js';
import { wakes } from '../../fixtures/meanwhile.js';

const schema = defineSchema('events', { i: t.int32() });
const flowOf = () =>
  createShared(resolveConfig({ schema, onBatch() {}, flushSize: 3, bufferSize: 12 }), threadId);
const never = new AbortController().signal;

test.each(['room', 'done'] as const)('a close wakes threads that wait for %s', async (event) => {
  const shared = flowOf();
  const supervisor = { ended: Promise.resolve(), abort() {} };
  let drained: Promise<boolean> | undefined;
  const begin = () => {
    drained = drain([shared], { supervisor, source: undefined } as never, never);
  };
  // Before it waits for anything.
  expect(wakes(new RingControl(shared.ring)[event], begin)).toBe(true);
  expect(await drained).toBe(true);
});

test('flushers that sleep are woken to drain the ring', async () => {
  const shared = flowOf();
  const { work } = new RingControl(shared.ring);
  const epoch = work.announce();
  const states: number[] = [];
  const supervisor = {
    // As it is asked for right after the signal.
    get ended() {
      states.push(new LiveSettings(shared.settings).state, work.announce());
      return Promise.resolve();
    },
    abort() {},
  };
  await drain([shared], { supervisor, source: undefined } as never, never);
  expect(states).toEqual([flowState.draining, epoch + 1]);
});

test.each(['work', 'room', 'done'] as const)('a stop wakes threads that wait for %s', (event) => {
  const shared = flowOf();
  expect(wakes(new RingControl(shared.ring)[event], () => stop(shared))).toBe(true);
  expect(new LiveSettings(shared.settings)).toMatchObject({ state: flowState.stopped, abandoned: false });
});

test('an abandoned flow gives its permits back to the others of its limit', () => {
  const limit = createPermitMemory(1);
  const places = new Places(limit);
  const place = places.take(1, 77, () => false);
  expect(new Permits(limit, place, 1).tryTake()).toBe(true);
  abandon({ ...flowOf(), limit, threadId: 77 });
  expect(places.usage()).toEqual({ held: 0, waiting: 0 });
});
