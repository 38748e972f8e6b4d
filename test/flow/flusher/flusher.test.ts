/**
 * The loop of a flusher, step by step, on parts that a test steers.
 */
import { expect, test } from 'vitest';
import type { Look } from '../../../dist/src/flow/flusher/flush-policy.js';
import { Flusher, type FlusherParts } from '../../../dist/src/flow/flusher/flusher.js';
import { flowState, LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';

const nothing: Look = { due: undefined, spent: [], empty: true, rowsToGo: 1, sleepMs: 100, paused: false };
const due = { ...nothing, empty: false, due: { schema: 0 } } as unknown as Look;

interface Scene {
  /** What each look finds, after which the flow stops. */
  readonly looks: readonly Look[];
  readonly draining?: boolean;
  /** How many flushes are in flight, and how many may be. */
  readonly inFlight?: number;
  readonly most?: number;
  readonly mayHide?: boolean;
  readonly isSuspect?: boolean;
  /** Whether a permit is free; undefined: there is no limit. */
  readonly permit?: boolean;
  /** Called at each look. */
  readonly looked?: () => void;
}

/** @returns what a flusher does, in order. */
async function run(scene: Scene): Promise<string[]> {
  const done: string[] = [];
  const note = (what: string) => () => void done.push(what);
  const settings = new LiveSettings();
  if (scene.draining) settings.state = flowState.draining;
  let { inFlight = 0 } = scene;
  let next = 0;
  const parts = {
    settings,
    parking: { total: 0, signal: note('signal') },
    deaths: { lookIfDue: () => false },
    policy: {
      look() {
        done.push('look');
        scene.looked?.();
        const look = scene.looks[next++];
        if (look === undefined) settings.state = flowState.stopped;
        return look ?? nothing;
      },
    },
    waiting: { wait: async () => void done.push('wait') },
    dedupe: scene.mayHide === undefined ? undefined : { mayHide: scene.mayHide },
    taker: {
      free: () => {},
      isSuspect: () => scene.isSuspect ?? false,
      take: note('take'),
    },
    inFlight: {
      get isFull() {
        return inFlight >= (scene.most ?? 2);
      },
      get isEmpty() {
        return inFlight === 0;
      },
      get nextEnd() {
        done.push('one ends');
        inFlight--;
        return Promise.resolve();
      },
      allEnded: async () => void done.push(`${inFlight} left`),
    },
    turns: scene.permit === undefined ? undefined : turns(scene.permit),
    reports: { arrived: async () => {} },
    health: { look: () => {}, end: () => {} },
  };
  function turns(isFree: boolean) {
    let ready = isFree;
    const wait = async () => {
      done.push('permit');
      ready = true;
    };
    return { ready: () => ready, wait, spare: note('spare') };
  }
  await new Flusher(parts as unknown as FlusherParts).run();
  return done;
}

test('what is due is taken, and else it waits', async () => {
  expect(await run({ looks: [due, nothing] })).toEqual([
    'look',
    'take',
    'look',
    'wait',
    'look',
    'wait',
    '0 left',
  ]);
});

test('nothing is looked for while as many flushes are in flight as may be', async () => {
  expect(await run({ looks: [], inFlight: 3, most: 2 })).toEqual([
    'one ends',
    'one ends',
    'look',
    'wait',
    '1 left',
  ]);
});

test('a flow that drains ends when nothing waits and no flush is in flight', async () => {
  expect(await run({ looks: [due, nothing, nothing], draining: true, inFlight: 1 })).toEqual([
    ...['look', 'take', 'look', 'one ends', 'look', '0 left'],
  ]);
});

test('rows that have killed flushers wait until no other flush is in flight', async () => {
  expect(await run({ looks: [due, due], isSuspect: true, inFlight: 1 })).toEqual([
    ...['look', 'one ends', 'look', 'take', 'look', 'wait', '0 left'],
  ]);
});

test.each([
  ['a batch was taken', { looks: [due] }, ['look', 'take', 'signal', 'look', 'wait', '0 left']],
  [
    'it waits for the end of a flush',
    { looks: [due], isSuspect: true, inFlight: 1 },
    ['look', 'signal', 'one ends', 'look', 'wait', '0 left'],
  ],
  [
    'it waits for a permit',
    { looks: [due], permit: false },
    ['look', 'signal', 'permit', 'look', 'spare', 'wait', 'spare', '0 left'],
  ],
])('blocks that it has hidden to read their keys are shown to others when %s', async (_, scene, done) => {
  expect(await run({ ...scene, mayHide: true })).toEqual(done);
});

test('a permit is given back when nothing is taken', async () => {
  expect(await run({ looks: [due, nothing], permit: true })).toEqual([
    ...['look', 'take', 'spare', 'look', 'spare', 'wait', 'look', 'spare', 'wait', 'spare', '0 left'],
  ]);
});

test('a flusher whose sink never waits lets the event loop turn all the same', async () => {
  let turns = 0;
  const turn = () => {
    turns++;
    if (turns < 100) setImmediate(turn);
  };
  setImmediate(turn);
  const seen: number[] = [];
  const busy = () => {
    seen.push(turns);
    // Longer than a flusher goes without a turn.
    for (const began = performance.now(); performance.now() - began < 30; );
  };
  await run({ looks: [due, due, due], looked: busy });
  expect(seen.slice(1).every((turned, i) => turned > (seen[i] as number))).toBe(true);
});
