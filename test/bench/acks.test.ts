/**
 * The bench of acknowledgements measures what it says: every event is committed. How fast anything is, is not looked
 * at.
 */
import { expect, it } from 'vitest';
import { calls, measure as measureCalls } from '../../dist/bench/acks/calls.js';
import { measure as measureRequests } from '../../dist/bench/acks/requests.js';

// Both throw unless every accepted event has been committed.
it.each([
  ['/v1/events', 202],
  ['/v1/events?ack=committed', 200],
])('clients post to %s, which answers %d', async (path, status) => {
  const figures = await measureRequests({ path, status, clients: 3, ms: 100 });
  expect(Object.keys(figures).sort()).toEqual([
    ...['answerP50Ms', 'answerP99Ms', 'eventsPerFlush', 'mainCpuNsPerEvent', 'requestsPerSecond'],
  ]);
  expect(figures.requestsPerSecond).toBeGreaterThan(0);
  expect(figures.eventsPerFlush).toBeGreaterThanOrEqual(1);
});

it('an answer of another status ends the measurement', async () => {
  const wrong = measureRequests({ path: '/v1/events', status: 200, clients: 1, ms: 10 });
  await expect(wrong).rejects.toThrow('answered 202');
});

it.each(Object.keys(calls) as (keyof typeof calls)[])('%s is called until the time is up', async (call) => {
  const figures = await measureCalls({ call, underWay: 3, ms: 50 });
  expect(figures.requestsPerSecond).toBeGreaterThan(0);
});
