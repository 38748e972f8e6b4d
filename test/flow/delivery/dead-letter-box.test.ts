/**
 * The sink of the dead letters: how long others wait for it to open.
 */
import { expect, test } from 'vitest';
import { defaultRetry } from '../../../dist/src/flow/config/delivery.js';
import { DeadLetterBox } from '../../../dist/src/flow/delivery/dead-letter-box.js';
import { handler } from '../../../dist/src/index.js';
import { events, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

/** A sink that hangs when it opens again, while words[0] is 0. */
function reopening() {
  const words = new Int32Array(new SharedArrayBuffer(16));
  const module = new URL('../../fixtures/sinks/reopening-sink.mjs', import.meta.url);
  return { words, ref: handler(module, { words }) };
}

test('a flusher that starts again does not wait for them, and rows that are given up do', async () => {
  const { words, ref } = reopening();
  const { sink, flow } = await scriptedFlow(
    ({ rows, store, words }) => {
      if (Atomics.compareExchange(words, 8000, 0, 1) === 0) process.exit(1);
      const failed = rows.flatMap(({ i }, index) => (i === 8 ? [{ index, error: new Error('no') }] : []));
      store(rows.filter(({ i }) => i !== 8));
      return { failed };
    },
    { retry: { maxAttempts: 1, timeoutMs: 60_000 }, deadLetters: ref },
  );
  flow.on('flushError', () => {});
  flow.pushMany(events(8));
  await flow.committed();
  expect(sink.stored(8)).toEqual(events(8).map(() => 1));
  await until(() => words[1] === 2, 'the second opening');
  flow.pushMany(events(9).slice(8));
  const answer = flow.committed();
  answer.catch(() => {});
  Atomics.store(words, 0, 1);
  await expect(answer).rejects.toMatchObject({ rows: 1, deadLettered: true });
  expect([words[1], words[3]]).toEqual([2, 1]);
});

test('one that opens after its time is closed, once', async () => {
  const { words, ref } = reopening();
  const { signal } = new AbortController();
  const retry = { ...defaultRetry, timeoutMs: 5 };
  const make = () => new DeadLetterBox(ref, retry, { flusher: 1, signal }, { add() {}, changed() {} });
  await make().open();
  const late = make();
  await expect(late.open()).rejects.toMatchObject({ code: 'ERR_WAIT_TIMEOUT' });
  Atomics.store(words, 0, 1);
  await until(() => words[2] === 1, 'the closing');
  // What did not open has nothing to close.
  await late.close();
  expect([words[1], words[2]]).toEqual([2, 1]);
});
