/**
 * What is due, where a look at the ring and other threads meet: what comes in the midst of a look waits for the next.
 */
import { expect, test } from 'vitest';
import { FlushPolicy } from '../../../dist/src/flow/flusher/flush-policy.js';
import { LiveSettings } from '../../../dist/src/flow/shared/live-settings.js';
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
