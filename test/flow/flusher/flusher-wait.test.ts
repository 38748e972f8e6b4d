/**
 * How a flusher goes to sleep: not when something has come meanwhile, and not with an alarm that would ring too late.
 */
import { expect, test } from 'vitest';
import type { Look } from '../../../dist/src/flow/flusher/flush-policy.js';
import { FlusherWait } from '../../../dist/src/flow/flusher/flusher-wait.js';
import { type FlowState, flowState, LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';

const nothing: Look = {
  due: undefined,
  spent: [],
  empty: false,
  rowsToGo: 8,
  sleepMs: 100,
  paused: false,
};

interface Scene {
  /** What differs at its second look. */
  second?: object;
  total?: number;
  state?: FlowState;
  /** Whether the health of the sink is asked for. */
  isDue?: boolean;
  idle?: boolean;
}

/** A flusher that had seen 10 rows, 8 fewer than make a batch. @returns what it did. */
async function calls(scene: Scene = {}) {
  const { second = {}, total = 10, state = flowState.open, isDue = false, idle = true } = scene;
  const done: string[] = [];
  const parking = {
    total,
    announce: (from: number, rows: number) => done.push(`announce ${from + rows}`),
    linger: () => done.push('linger') < 0,
    sleep: (_epoch: number, ms: number) => done.push(`sleep ${ms}`),
    sleepAsync: async (_epoch: number, ms: number) => done.push(`sleepAsync ${ms}`),
    wake: () => done.push('wake'),
  };
  const settings = new LiveSettings();
  settings.state = state;
  const policy = { look: () => ({ ...nothing, ...second }) };
  const waiting = new FlusherWait(parking as never, policy, settings, { isDue, isUnderWay: false } as never);
  await waiting.wait(10, nothing, flowState.open, idle);
  return done;
}

test('it sleeps until shortly before the next deadline, and is awake afterwards', async () => {
  expect(await calls()).toEqual(['announce 18', 'sleepAsync 99', 'wake']);
  expect(await calls({ second: { sleepMs: 2 } })).toEqual(['announce 18', 'sleep 2', 'wake']);
  expect(await calls({ second: { sleepMs: 2 }, idle: false })).toEqual([
    'announce 18',
    'sleepAsync 2',
    'wake',
  ]);
});

const awake = ['announce 18', 'wake'];

test.each([
  ['a batch is due', { second: { due: {} } }],
  ['blocks are to be freed', { second: { spent: [{}] } }],
  ['the flow has another state', { state: flowState.draining }],
  ['the health of the sink is asked for', { isDue: true }],
])('it does not sleep when %s at its second look', async (_, change) => {
  expect(await calls(change)).toEqual(awake);
});

test('it does not sleep with an alarm behind the rows that are missing at its second look', async () => {
  // Rows have come back into sight: three more are enough now, and the alarm would ring at the eighth.
  expect(await calls({ second: { rowsToGo: 3 } })).toEqual(awake);
  expect(await calls({ second: { rowsToGo: 7 }, total: 11 })).toEqual([
    'announce 18',
    'sleepAsync 99',
    'wake',
  ]);
  expect(await calls({ second: { rowsToGo: 6 }, total: 11 })).toEqual(awake);
});
