/**
 * What is due, where a look at the ring and other threads meet: what comes in the midst of a look waits for the next.
 */
import { expect, test } from 'vitest';
import { FlushPolicy } from '../../../dist/src/flow/flusher/flush-policy.js';
import { LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
import { elapsedSince, wrapped } from '../../../dist/src/flow/waiting/clock.js';
import { BlockClaims } from '../../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../../dist/src/ring/block-lease.js';
import { createRingMemory } from '../../../dist/src/ring/layout.js';

test('rows that were published before a flush was wanted go out together', () => {
  const memory = createRingMemory(4, 64);
  const settings = new LiveSettings();
  settings.flushSize = 10;
  settings.flushIntervalMs = 60_000;
  const publish = (producer: number) => {
    const lease = new BlockLease(memory, producer);
    expect(lease.open(0, 0)).toBe(true);
    lease.publish(3, 100);
  };
  const claims = new BlockClaims(memory, 9);
  publish(1);
  const survey = claims.survey.bind(claims);
  claims.survey = (found) => {
    const free = survey(found);
    publish(2);
    settings.wantFlush(100);
    return free;
  };
  const policy = new FlushPolicy(claims, settings);
  expect(policy.look(100).due).toBe(undefined);
  claims.survey = survey;
  const { due } = policy.look(100);
  expect(due).toMatchObject({ trigger: 'flush', waitedMs: 0 });
  expect(due?.blocks.map(({ waiting }) => waiting)).toEqual([3, 3]);
});

test.each([
  ['1 ms more than its interval', 101],
  ['25 days, when half of the clock has gone round', 25 * 86_400_000],
  ['49 days', 49 * 86_400_000],
])('a row that has waited %s is due', (_, waitedMs) => {
  const memory = createRingMemory(4, 64);
  const settings = new LiveSettings();
  settings.flushSize = 10;
  settings.flushIntervalMs = 100;
  const lease = new BlockLease(memory, 1);
  expect(lease.open(0, 0)).toBe(true);
  const now = 3_000_000_000.5;
  lease.publish(3, wrapped(now - waitedMs));
  const policy = new FlushPolicy(new BlockClaims(memory, 9), settings);
  expect(policy.look(now).due).toMatchObject({ trigger: 'deadline', lateMs: waitedMs - 99.5 });
});

test('a row of a thread whose clock is ahead has not waited yet', () => {
  expect(elapsedSince(wrapped(1000), 995)).toBe(-5);
  expect(elapsedSince(wrapped(2 ** 31 + 3), 2 ** 31 - 2)).toBe(-5);
});

test('with flushSizeOver flow, rows of all schemas fill a batch, and each schema has its own', () => {
  const memory = createRingMemory(8, 64);
  const settings = new LiveSettings();
  settings.flushSize = 10;
  settings.flushIntervalMs = 60_000;
  const publish = (schema: number, rows: number, since: number) => {
    const lease = new BlockLease(memory, schema + 1);
    expect(lease.open(schema, 0)).toBe(true);
    lease.publish(rows, since);
    return lease;
  };
  const claims = new BlockClaims(memory, 9);
  let paused: number | undefined;
  const pauseMs = (schema: number) => (schema === paused ? 50 : 0);
  const policy = new FlushPolicy(claims, settings, pauseMs, () => false, undefined, true);
  publish(0, 4, 100);
  publish(1, 3, 101);
  const alone = new FlushPolicy(claims, settings);
  expect(policy.look(102)).toMatchObject({ due: undefined, rowsToGo: 3 });
  expect(alone.look(102)).toMatchObject({ due: undefined, rowsToGo: 6 });
  publish(2, 3, 102);
  expect(alone.look(102).due).toBe(undefined);
  // Rows that may not go out fill no batch.
  paused = 2;
  expect(policy.look(102)).toMatchObject({ due: undefined, rowsToGo: 3, sleepMs: 50 });
  paused = undefined;
  const taken: number[] = [];
  for (;;) {
    const { due } = policy.look(102);
    if (due === undefined) break;
    expect(due.trigger).toBe('size');
    taken.push(due.schema);
    for (const { block, ticket } of due.blocks) {
      expect(claims.tryClaim(block, ticket)).toBe(true);
      const { to } = claims.waiting(block, 10);
      claims.taken(block, to);
      claims.settle(block, to);
      claims.finish(block);
    }
  }
  expect(taken).toEqual([0, 1, 2]);
});

test('the row that reaches the high watermark makes a batch due, and wakes a flusher', () => {
  const memory = createRingMemory(4, 64);
  const settings = new LiveSettings();
  settings.flushSize = 10;
  settings.flushIntervalMs = 60_000;
  const lease = new BlockLease(memory, 1);
  expect(lease.open(0, 0)).toBe(true);
  const claims = new BlockClaims(memory, 9);
  const policy = new FlushPolicy(
    claims,
    settings,
    () => 0,
    () => false,
    undefined,
    false,
    4,
  );
  lease.publish(3, 100);
  expect(policy.look(102)).toMatchObject({ due: undefined, rowsToGo: 1 });
  lease.publish(4, undefined);
  expect(policy.look(102).due).toMatchObject({ trigger: 'size' });
});

test('with flushSizeOver flow and dedupe, keys of all schemas fill a batch', () => {
  const memory = createRingMemory(4, 64);
  const settings = new LiveSettings();
  settings.flushSize = 10;
  settings.flushIntervalMs = 60_000;
  for (const schema of [0, 1]) {
    const lease = new BlockLease(memory, schema + 1);
    expect(lease.open(schema, 0)).toBe(true);
    lease.publish(8, 100);
  }
  const counts = [5, 4];
  const keys = (schema: number) => ({ count: counts[schema], read() {} }) as never;
  const claims = new BlockClaims(memory, 9);
  const policy = new FlushPolicy(
    claims,
    settings,
    () => 0,
    () => false,
    { keys },
    true,
  );
  expect(policy.look(102)).toMatchObject({ due: undefined, rowsToGo: 1 });
  counts[1] = 5;
  expect(policy.look(102).due).toMatchObject({ schema: 0, trigger: 'size' });
});
