/**
 * The tuner, in a simulation that runs the code of a flow: near the best throughput, within the target, at rest.
 */
import { describe, expect, it } from 'vitest';
import { bestFixed, movesOf, ranges, scenes, tuned } from '../../../dist/bench/adaptive/scenes.js';
import { Tuner, type TuningWindow } from '../../../dist/src/flow/flusher/tuner.js';
import { percentile95 } from '../../../dist/src/flow/flusher/tuning-window.js';
import { boundsOf } from '../../../dist/src/metrics/cells/histogram.js';

const few = { sizes: [100, 700, 5000], intervals: [10, 40] };

describe.each(scenes)('$name', (scene) => {
  const outcome = tuned(scene, 1);
  const best = bestFixed(scene, 1, few);

  it('comes within 10 % of the best fixed throughput', () => {
    expect(outcome.rowsPerSecond).toBeGreaterThan(0.9 * best.rowsPerSecond);
  });

  it('keeps the target, where fixed settings can', () => {
    if (best.p95Ms <= ranges.targetLatencyMs)
      expect(outcome.p95Ms).toBeLessThanOrEqual(ranges.targetLatencyMs);
    else expect(outcome.p95Ms).toBeLessThanOrEqual(1.1 * best.p95Ms);
  });

  it('does not oscillate, and stays in its ranges', () => {
    const { steps } = outcome;
    expect(steps.length).toBeGreaterThan(20);
    for (const name of ['flushSize', 'flushIntervalMs'] as const) {
      expect(movesOf(name, outcome).turns, name).toBeLessThanOrEqual(steps.length / 20);
      const [min, max] = ranges[name];
      for (const step of steps) {
        expect(step[name]).toBeGreaterThanOrEqual(min);
        expect(step[name]).toBeLessThanOrEqual(max);
      }
    }
  });
});

/** A window of full batches of a size, in a flow that cannot keep up. */
function full(flushSize: number, batchMs: number, more: Partial<TuningWindow> = {}): TuningWindow {
  return {
    ...{ ms: 20 * batchMs, lanes: 1, batches: 20, fullBatches: 20, rows: 20 * flushSize },
    ...{ waitMs: 500, flushMs: batchMs, busyMs: 20 * batchMs, backlog: 100_000 },
    ...{ flushSize, flushIntervalMs: 100 },
    ...more,
  };
}

describe('the tuner', () => {
  it('takes a vain step back, and rests longer after each', () => {
    const tuner = new Tuner({ ...ranges, flushSize: [1000, 2000] });
    let flushSize = 1000;
    const sizes: number[] = [];
    // A row costs the same at each size.
    for (let n = 0; n < 40; n++) {
      ({ flushSize } = tuner.decide(full(flushSize, flushSize / 20)));
      sizes.push(flushSize);
    }
    const tries = sizes.flatMap((size, n) => (size === 2000 ? [n] : []));
    expect(tries.length).toBeGreaterThan(2);
    const pauses = tries.slice(1).map((n, i) => n - (tries[i] as number));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBeGreaterThan(2 * (pauses[0] as number) - 2);
  });

  it('begins anew when the sink becomes another one', () => {
    const tuner = new Tuner({ ...ranges, flushSize: [1000, 2000] });
    let flushSize = 1000;
    for (let n = 0; n < 40; n++) ({ flushSize } = tuner.decide(full(flushSize, flushSize / 20)));
    // From now on a flush takes as long for any size.
    const sizes: number[] = [];
    for (let n = 0; n < 4; n++) {
      ({ flushSize } = tuner.decide(full(flushSize, 200)));
      sizes.push(flushSize);
    }
    // One odd window may be the machine's.
    expect(sizes).toEqual([1000, 2000, 2000, 2000]);
  });

  it('leaves a size alone that batches do not reach, and an interval of a flow that cannot keep up', () => {
    const tuner = new Tuner(ranges);
    const idle = full(1000, 5, { fullBatches: 0, rows: 2000, backlog: 0, ms: 2000, waitMs: 100 });
    expect(tuner.decide(idle).flushSize).toBe(1000);
    expect(tuner.decide(full(1000, 5)).flushIntervalMs).toBe(100);
    expect(tuner.decide({ ...idle, batches: 0 })).toEqual({ flushSize: 1000, flushIntervalMs: 100 });
  });

  it('makes batches smaller for several lanes, where long flushes miss the target', () => {
    const tuner = new Tuner(ranges);
    const late = full(1357, 45, { lanes: 4, backlog: 0, ms: 2000 });
    expect(tuner.decide(late).flushSize).toBe(707);
  });
});

describe('the 95th percentile', () => {
  const bounds = boundsOf(0.0005);
  const of = (...values: number[]) => {
    const counts = [...bounds, 0].map(() => 0);
    for (const value of values) {
      const bucket = bounds.findIndex((bound) => value <= bound);
      (counts[bucket < 0 ? bounds.length : bucket] as number)++;
    }
    const sum = values.reduce((a, b) => a + b, 0);
    return percentile95({ bounds, counts, sum, count: values.length });
  };

  it('is exact for values of one size', () => {
    expect(of(...Array(20).fill(0.017))).toBeCloseTo(0.017, 10);
  });

  it('is of the bucket of the few that are long', () => {
    const long = of(...Array(18).fill(0.001), 0.03, 0.03);
    expect(long).toBeGreaterThan(0.016);
    expect(long).toBeLessThanOrEqual(0.032);
  });

  it('is nothing without values', () => {
    expect(of()).toBe(0);
  });
});
