/**
 * A producer that waits for room goes on with the first free block, and not at all once the flow has stopped.
 */
import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { openProducer } from '../../../dist/src/flow/producer/attach.js';
import { Room } from '../../../dist/src/flow/producer/room.js';
import type { Watermark } from '../../../dist/src/flow/producer/watermark.js';
import { flowState, LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
import { createShared } from '../../../dist/src/flow/shared/shared-flow.js';
import { stop } from '../../../dist/src/flow/shared/stop.js';
import { defineSchema, FlowClosedError, t } from '../../../dist/src/index.js';
import { Progress } from '../../../dist/src/ring/progress.js';
import { endedMark } from '../../fixtures/ended-mark.js';
import { events, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

test('a producer goes on with the first free block when the sink takes no further batch', {
  timeout: 20_000,
}, async () => {
  const { sink, flow } = await scriptedFlow(
    async ({ n, rows, store, words }) => {
      // The first write waits for its turn in word 8000, all others for theirs, which comes at the end.
      await Atomics.waitAsync(words, n === 1 ? 8000 : 8001, 0).value;
      store(rows);
    },
    { bufferSize: 64 },
  );
  const letGo = (word: number) => {
    Atomics.store(sink.words, word, 1);
    Atomics.notify(sink.words, word);
  };
  try {
    expect(flow.pushMany(events(100))).toBe(64);
    await until(() => sink.writes === 1, 'the first write');
    expect(flow.ring().freeBlocks).toBe(0);
    const began = performance.now();
    const room = flow.writable();
    await until(() => performance.now() - began > 30, 'the moment in which half of the ring should be free');
    letGo(8000);
    await room;
    expect(flow.ring().freeBlocks).toBe(1);
    expect(flow.pushMany(events(100))).toBe(8);
  } finally {
    letGo(8001);
  }
  await flow.close();
  expect(flow.stats()).toMatchObject({ committed: 72, pending: 0 });
});

test.each(['roomy', 'room'] as const)(
  'a blocked push sees a stop that comes between its look at the flow and its announcement on %s',
  (sleeping) => {
    const schema = defineSchema('events', { i: t.int32() });
    const config = { schema, onBatch() {}, flushSize: 3, bufferSize: 12, blockTimeoutMs: 60_000 };
    const shared = createShared(resolveConfig(config), threadId);
    const settings = new LiveSettings(shared.settings);
    const progress = new Progress(shared.ring);
    const producer = openProducer<typeof schema>(shared, 0);
    while (producer.push({ i: 0 }));
    expect(progress.hasRoom).toBe(false);

    const events = progress[sleeping];
    const announce = events.announce.bind(events);
    events.announce = () => {
      stop(shared);
      return announce();
    };
    events.wait = () => {
      throw new Error('slept after the stop');
    };
    const room = new Room(shared, 0, { progress, watermark: undefined });
    const hasRoom = () => {
      if (settings.state !== flowState.open) throw new FlowClosedError(shared.name);
      return progress.hasRoom;
    };
    expect(() => room.block(hasRoom)).toThrow(FlowClosedError);
  },
);

test('a wait for room looks for dead threads: the creating one may have ended', {
  timeout: 10_000,
}, async () => {
  const schema = defineSchema('events', { i: t.int32() });
  const config = { schema, onBatch() {}, flushSize: 3, bufferSize: 12 };
  const shared = createShared(resolveConfig(config), threadId);
  const settings = new LiveSettings(shared.settings);
  const progress = new Progress(shared.ring);
  const room = new Room({ ...shared, owner: endedMark }, 0, { progress, watermark: undefined });
  const hasRoom = () => {
    if (settings.state !== flowState.open) throw new FlowClosedError(shared.name);
    return false;
  };
  await expect(room.wait(hasRoom, {})).rejects.toThrow(FlowClosedError);
});

test('a wait below the watermark ends with an error when the flow stops', { timeout: 10_000 }, async () => {
  const schema = defineSchema('events', { i: t.int32() });
  const shared = createShared(
    resolveConfig({ schema, onBatch() {}, flushSize: 3, bufferSize: 12 }),
    threadId,
  );
  const settings = new LiveSettings(shared.settings);
  const progress = new Progress(shared.ring);
  const watermark = { isReached: true, isLow: false } as Watermark;
  const hasRoom = () => {
    if (settings.state !== flowState.open) throw new FlowClosedError(shared.name);
    return false;
  };
  const waits = new Room(shared, 0, { progress, watermark }).wait(hasRoom, {});
  stop(shared);
  await expect(waits).rejects.toThrow(FlowClosedError);
});
