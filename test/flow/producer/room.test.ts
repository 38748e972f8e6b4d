/**
 * Who waits for room is not kept waiting until a good part of the ring is free, when that never comes.
 */
import { expect, test } from 'vitest';
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
