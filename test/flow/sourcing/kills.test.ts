/**
 * The threads of a source and of flushers are killed at random moments, with an oracle: no unit is acknowledged before
 * each of its rows is stored or a dead letter, and none is lost. `BATCHFLOW_SOURCE_KILLS`: how many rounds.
 */
import { expect, it } from 'vitest';
import { createBatchFlow, handler } from '../../../dist/src/index.js';
import { Event, Script } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

const rounds = Number(process.env.BATCHFLOW_SOURCE_KILLS ?? 3);
const count = 400;
const rowsOf = 10;
const messages = 16;

const storeOrDie = ({
  rows,
  store,
  words,
}: {
  rows: { i: number; text: string }[];
  store(rows: unknown[]): void;
  words: Int32Array;
}) => {
  // Half of the batch is stored when the thread dies.
  const dies = Atomics.compareExchange(words, 8000, 1, 0) === 1;
  store(dies ? rows.slice(0, rows.length >> 1) : rows);
  if (dies) process.exit(1);
};

async function round(random: () => number): Promise<void> {
  const sink = new Script(storeOrDie as never);
  const words = new Int32Array(new SharedArrayBuffer(4 * (messages + count)));
  const source = handler(new URL('../../fixtures/sources/broker-source.mjs', import.meta.url), {
    ...{ words, rows: sink.words, count, rowsOf },
  });
  const letters = handler(new URL('../../fixtures/sources/noting-letters.mjs', import.meta.url), {
    ...{ words: sink.words, gate: 8001 },
  });
  const flow = await createBatchFlow({
    ...{ schema: Event, sink: sink.sink, source, deadLetters: letters },
    ...{ flushers: 2, flushSize: 16, bufferSize: 256, flushIntervalMs: 5, maxDeliveries: 1000 },
  });
  flow.on('sourceError', () => {});
  const acknowledged = () => words.subarray(messages).reduce((sum, state) => sum + (state === 2 ? 1 : 0), 0);
  try {
    for (let kill = 0; kill < 4; kill++) {
      const at = acknowledged();
      if (at > count - 60) break;
      if (random() < 0.5) Atomics.store(words, 2, at + 20 + Math.floor(random() * 30));
      else Atomics.store(sink.words, 8000, 1);
      await until(() => acknowledged() >= at + 40, 'acknowledged units after a kill');
    }
    expect(await flow.sourceEnded).toBe(true);
    expect(words[1]).toBe(0);
    expect(acknowledged()).toBe(count);
    expect(sink.stored(count * rowsOf).filter((times) => times === 0)).toEqual([]);
    const { received, acknowledged: counted, handedBack, inFlight } = flow.stats().source ?? {};
    expect(inFlight).toBe(0);
    expect(received).toBe((counted as number) + (handedBack as number));
  } finally {
    await flow.destroy();
  }
  const { accepted, committed, deadLettered, pending } = flow.stats();
  expect({ deadLettered, pending, ended: committed }).toEqual({
    deadLettered: 0,
    pending: 0,
    ended: accepted,
  });
}

it('no unit is acknowledged too early, and none is lost', async () => {
  let seed = 20_261_128;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let n = 0; n < rounds; n++) await round(random);
});
