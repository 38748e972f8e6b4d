/**
 * The line of calls that wait for room, on parts of a producer that a test steers.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AwaitedWrites, type WriteParts } from '../../../dist/src/flow/producer/awaited-writes.js';
import type { SharedFlow } from '../../../dist/src/flow/shared/shared-flow.js';
import { Waiter } from '../../../dist/src/flow/waiting/waiter.js';
import { WaitTimeoutError } from '../../../dist/src/index.js';

test('a line that ended and began again is served by one loop', async () => {
  const waits: AbortSignal[] = [];
  let staleWaits = 0;
  const room = {
    // There is room each time, and another thread is faster.
    wait: async (_: unknown, { signal }: { signal: AbortSignal }) => {
      if (signal.aborted) staleWaits++;
      waits.push(signal);
      if (waits.length > 1) await new Promise(() => {});
    },
  };
  const block = { offer: () => false, publish() {} };
  const refusals = { count() {} };
  const parts = { room, block, commits: { rows: 0 }, refusals } as unknown as WriteParts;
  const shared = { onFull: 'reject', name: 'test', maxPendingWrites: 9 } as SharedFlow;
  const writes = new AwaitedWrites(shared, parts);
  const gone = new AbortController();
  const first = writes.send({}, { signal: gone.signal });
  await Promise.resolve();
  await Promise.resolve();
  gone.abort(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  const second = writes.send({}, undefined);
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  expect(staleWaits).toBe(0);
  expect(waits.length).toBe(2);
  expect(new Set(waits).size).toBe(2);
  writes.close();
  await expect(second).rejects.toMatchObject({ code: 'ERR_FLOW_CLOSED' });
});

test('a call that finds the room taken by others lets the event loop turn before it tries again', async () => {
  let others = true;
  let tries = 0;
  const block = {
    offer: () => {
      if (++tries > 1000) throw new Error('it never lets the others go on');
      return !others;
    },
    publish() {},
  };
  const parts = { room: { wait: async () => {} }, block, commits: { rows: 0 }, refusals: { count() {} } };
  const shared = { onFull: 'reject', name: 'test', maxPendingWrites: 9 } as SharedFlow;
  const sent = new AwaitedWrites(shared, parts as unknown as WriteParts).send({}, undefined);
  setImmediate(() => {
    others = false;
  });
  await sent;
});

test('an abort without a reason is an error all the same, and so is one that is undefined', async () => {
  const late = (ms: number) => new WaitTimeoutError(`${ms}`);
  // As the signals of other libraries are.
  const signal = Object.assign(new EventTarget(), { aborted: false }) as AbortSignal;
  const waiter = new Waiter({ signal }, late, () => {});
  signal.dispatchEvent(new Event('abort'));
  await expect(waiter.promise).rejects.toMatchObject({ name: 'AbortError' });
  const other = new Waiter(undefined, late, () => {});
  other.fail(undefined);
  await expect(other.promise).rejects.toBeUndefined();
});

test('a waiter that another one has ended does not leave as well', async () => {
  const late = (ms: number) => new WaitTimeoutError(`${ms}`);
  const left: string[] = [];
  const gone = new AbortController();
  const first = new Waiter({ signal: gone.signal }, late, () => {
    left.push('first');
    second.succeed();
  });
  const second = new Waiter({ signal: gone.signal }, late, () => left.push('second'));
  gone.abort(new Error('gone'));
  await expect(first.promise).rejects.toThrow('gone');
  await second.promise;
  expect(left).toEqual(['first']);
});
