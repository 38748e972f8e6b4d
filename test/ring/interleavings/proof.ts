/**
 * What a test says of a search: that it finds nothing wrong, or that it does find what is wrong on purpose.
 * Each prints a line that says how much was walked.
 */
import { expect } from 'vitest';
import type { Bounds, Walk } from './scenario.js';
import { walk } from './simulator.js';
import type { TinyRing } from './tiny-ring.js';
import { describeFailure } from './trace.js';

/** Fails with the schedule as a trace when one goes wrong. */
export function proveSound(ring: TinyRing, bounds: Bounds): void {
  const { failure } = search(ring, bounds);
  if (failure) throw new Error(describeFailure(ring.scenario(), ring.memory.blocks, failure));
}

/**
 * Fails when no schedule goes wrong as `message` says. The ring's own assertions are not made, unless `bounds` says so:
 * the damage must be found by what becomes of rows and threads.
 */
export function findFailure(ring: TinyRing, bounds: Bounds, message: RegExp): void {
  const { failure } = search(ring, { asserting: false, ...bounds });
  expect(failure?.message ?? 'nothing failed').toMatch(message);
}

function search(ring: TinyRing, bounds: Bounds): Walk {
  const began = performance.now();
  const walked = walk(ring.scenario(), bounds);
  const seconds = (performance.now() - began) / 1000;
  const until = walked.failure ? ` until one failed, "${walked.failure.message}"` : '';
  const most = bounds.preemptions === Number.POSITIVE_INFINITY ? 'any' : `at most ${bounds.preemptions}`;
  console.log(
    `${expect.getState().currentTestName}: ${walked.schedules.toLocaleString('en')} schedules${until}` +
      ` (preemptions: ${most}; ${walked.states.toLocaleString('en')} states; ${seconds.toFixed(1)} s)`,
  );
  return walked;
}
