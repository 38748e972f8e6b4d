/**
 * What is due, where a look at the ring and other threads meet: what comes in the midst of a look waits for the next.
 */
import { expect, test } from 'vitest';
import { type Due, FlushPolicy } from '../../../dist/src/flow/flusher/flush-policy.js';
import { LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
import { elapsedSince, wrapped } from '../../../dist/src/flow/waiting/clock.js';
import { BlockClaims, type Sighting } from '../../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../../dist/src/ring/block-lease.js';
import { createRingMemory } from '../../../dist/src/ring/layout.js';
import { releaseClaims } from '../../../dist/src/ring/recovery.js';

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

/** A ring in which each producer has published so many rows of its schema, and a policy that looks at it. */
function scene(
  published: readonly { schema?: number; rows: number; since: number; sealed?: boolean }[],
  blocks = 4,
) {
  const memory = createRingMemory(blocks, 64);
  const settings = new LiveSettings();
  settings.flushSize = 10;
  settings.flushIntervalMs = 100;
  published.forEach(({ schema = 0, rows, since, sealed = false }, i) => {
    const lease = new BlockLease(memory, i + 1);
    expect(lease.open(schema, 0)).toBe(true);
    lease.publish(rows, since);
    if (sealed) lease.seal();
  });
  const claims = new BlockClaims(memory, 9);
  return { memory, settings, claims };
}

test('the oldest row has its deadline, in whatever block it is', () => {
  // The block that was opened later has the older row.
  const { claims, settings } = scene([
    { rows: 1, since: 1080 },
    { rows: 1, since: 1000 },
    { rows: 1, since: 1090 },
  ]);
  const policy = new FlushPolicy(claims, settings);
  expect(policy.look(1095)).toMatchObject({ due: undefined, sleepMs: 5 });
  expect(policy.look(1101).due).toMatchObject({ trigger: 'deadline', waitedMs: 101, lateMs: 1 });
});

test('of several schemas that are due, the one with the oldest row goes first', () => {
  const { claims, settings } = scene([
    { schema: 0, rows: 1, since: 1010 },
    { schema: 1, rows: 1, since: 1000 },
    { schema: 2, rows: 1, since: 1020 },
  ]);
  expect(new FlushPolicy(claims, settings).look(1200).due).toMatchObject({ schema: 1, waitedMs: 200 });
});

test('rows of a dead flusher are due at once, with those that came later', () => {
  const { memory, claims, settings } = scene([{ rows: 2, since: 1000 }]);
  const policy = new FlushPolicy(claims, settings);
  const { block, ticket } = (policy.look(5000).due as Due).blocks[0] as Sighting;
  expect(claims.tryClaim(block, ticket)).toBe(true);
  claims.taken(block, 2);
  expect(releaseClaims(memory, 9)).toBe(2);
  expect(policy.look(1001).due).toMatchObject({ trigger: 'deadline', lateMs: 0 });
});

test('a flusher that pauses sleeps until its pause is over, and says so', () => {
  const { claims, settings } = scene([{ rows: 2, since: 1000 }]);
  const policy = new FlushPolicy(claims, settings, () => 30);
  expect(policy.look(5000)).toMatchObject({ due: undefined, paused: true, sleepMs: 30, empty: false });
});

test('full blocks go out when no other is free, and part-filled ones do not', () => {
  const sealed = scene([{ rows: 2, since: 1000, sealed: true }], 1);
  expect(new FlushPolicy(sealed.claims, sealed.settings).look(1001).due).toMatchObject({ trigger: 'size' });
  const open = scene([{ rows: 2, since: 1000 }], 1);
  expect(new FlushPolicy(open.claims, open.settings).look(1001).due).toBe(undefined);
});

test('a sealed block without waiting rows is to be freed', () => {
  const { claims, settings } = scene([{ rows: 2, since: 1000, sealed: true }]);
  const found: Sighting[] = [];
  claims.survey(found);
  const [{ block, ticket }] = found as [Sighting];
  expect(claims.tryClaim(block, ticket)).toBe(true);
  claims.settle(block, 2);
  claims.letGo(block);
  expect(new FlushPolicy(claims, settings).look(1001)).toMatchObject({ empty: true, spent: [{ block }] });
});

test('with flushSizeOver flow, what filled one batch together does not go out early again', () => {
  const filled = [
    { schema: 0, rows: 6, since: 1000 },
    { schema: 1, rows: 4, since: 1001 },
  ];
  const { memory, claims, settings } = scene(filled, 8);
  const policy = new FlushPolicy(
    claims,
    settings,
    () => 0,
    () => false,
    undefined,
    true,
  );
  const first = policy.look(1002).due;
  expect(first).toMatchObject({ schema: 0, trigger: 'size' });
  const end = ({ block, ticket }: Sighting) => {
    expect(claims.tryClaim(block, ticket)).toBe(true);
    claims.taken(block, claims.waiting(block, 10).to);
    claims.settle(block, claims.waiting(block, 10).to);
    claims.finish(block);
  };
  first?.blocks.forEach(end);
  // A row that comes after those waits for others, and the second schema has its turn.
  const later = new BlockLease(memory, 1);
  expect(later.open(0, 6)).toBe(true);
  later.publish(1, 1002);
  expect(policy.look(1002).due).toMatchObject({ schema: 1, trigger: 'size' });
  // Another flusher takes those of the second schema.
  const found: Sighting[] = [];
  claims.survey(found);
  found.filter((seen) => seen.schema === 1).forEach(end);
  expect(policy.look(1002)).toMatchObject({ due: undefined, empty: false });
  for (const schema of [0, 1]) {
    const lease = new BlockLease(memory, 3 + schema);
    expect(lease.open(schema, 0)).toBe(true);
    lease.publish(1, 1003);
  }
  expect(policy.look(1004).due).toBe(undefined);
});
