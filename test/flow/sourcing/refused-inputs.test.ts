/**
 * Inputs that are no rows, beside the ring: how many may wait for the sink of their letters.
 */
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RefusedInputs } from '../../../dist/src/flow/sourcing/refused-inputs.js';
import { memorySink } from '../../../dist/src/testing/index.js';
import { ScriptedSource, type SourceScene, sourceFlow, storeAll } from '../../fixtures/scripted-source.js';
import { until } from '../../fixtures/until.js';

/** Inputs in front of a sink of letters that the test opens. */
function scene(deadLetters = true) {
  const puts: { row: string; identity: string }[][] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const box = {
    async put(letters: { row: string; identity: string }[], kept: (numbers: number[]) => void) {
      await opened;
      puts.push(letters);
      kept([...letters.keys()]);
      return [];
    },
  };
  const stop = new AbortController();
  const counts = { refused: 0 };
  const refused = new RefusedInputs({
    flow: 'test',
    deadLetters: deadLetters ? box : undefined,
    counters: { add: (_: string, amount: number) => (counts.refused += amount) },
    failed: () => {},
    pauseMs: 1,
    signal: stop.signal,
  } as never);
  const add = (input: string | Uint8Array, more: object = {}) =>
    refused.add({ input, error: new Error('no row'), ...more }, () => {});
  return { refused, add, open, puts, counts, stop };
}

it('a source waits while 1000 inputs wait, and until they are stored', async () => {
  const { refused, add, open, puts, counts } = scene();
  for (let i = 0; i < 999; i++) expect(add(`${i}`)).toBeUndefined();
  const room = add('999');
  expect(room).toBeInstanceOf(Promise);
  // The first are with their sink; as many may wait behind them.
  await room;
  let more = 0;
  while (refused.hasRoom) {
    add('more');
    more++;
  }
  expect(more).toBe(1000);
  let hasRoom = false;
  const waiting = refused.whenRoom().then(() => {
    hasRoom = true;
  });
  for (let i = 0; i < 5; i++) await setImmediate();
  expect(hasRoom).toBe(false);
  open();
  await waiting;
  await until(() => counts.refused === 2000, 'all letters');
  expect(puts.map(({ length }) => length)).toEqual([1000, 1000]);
  expect(new Set(puts.flat().map(({ identity }) => identity)).size).toBe(2000);
});

it('large inputs wait, and are stored, a few at a time', async () => {
  const { add, open, puts, counts } = scene();
  const large = 'x'.repeat(600_000);
  expect(add(large)).toBeUndefined();
  expect(add(large)).toBeInstanceOf(Promise);
  add('y'.repeat(3_000_000));
  open();
  await until(() => counts.refused === 3, 'all letters');
  expect(puts.map(({ length }) => length)).toEqual([1, 1, 1]);
});

it('a source does not wait for a flow that has stopped', async () => {
  const { refused, add, stop } = scene();
  while (refused.hasRoom) add('x');
  await setImmediate();
  while (refused.hasRoom) add('x');
  const waiting = refused.whenRoom();
  stop.abort();
  await waiting;
});

it('inputs without dead letters end later, too, and count', async () => {
  const { add, counts } = scene(false);
  add('x');
  expect(counts.refused).toBe(0);
  await until(() => counts.refused === 1, 'its end');
});

it.each([
  [{ input: 5 }, /neither a text nor bytes/],
  [{ input: 'x', schema: 5 }, /schema's name is no text/],
  [{ input: 'x', identity: new Uint8Array(24) }, /has not 25 bytes/],
])('what is no input is told at once: %o', (input, message) => {
  const { refused } = scene();
  expect(() => refused.add({ error: new Error('no row'), ...input } as never, () => {})).toThrow(message);
});

it('units do not begin while the letters of others wait', async () => {
  const source = new ScriptedSource(async ({ context, unit }: SourceScene) => {
    for (let u = 0; u < 5000; u++)
      await unit(u % 100, [], (delivery) => {
        delivery.refuse({ input: 'x', error: new Error('no row') });
      });
    await context.whenRoom(1);
  }, storeAll);
  const letters = memorySink();
  letters.hold();
  const flow = await sourceFlow(source, { deadLetters: letters.sink, retry: { timeoutMs: 60_000 } });
  flow.on('flushError', () => {});
  const received = () => flow.stats().source?.received ?? 0;
  await until(() => received() >= 2000, 'units until it waits');
  for (let i = 0; i < 20; i++) await setImmediate();
  expect(received()).toBe(2000);
  letters.release();
  expect(await flow.sourceEnded).toBe(true);
  expect(flow.stats().source).toMatchObject({ received: 5000, acknowledged: 5000, refused: 5000 });
});
