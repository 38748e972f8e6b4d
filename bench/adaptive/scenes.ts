/**
 * The sinks and loads of the simulation, and what a tuned flow comes to beside the best of fixed settings.
 */
import type { TuningRanges } from '../../src/flow/flusher/tuner.js';
import { type Load, type Outcome, type Settings, type SinkModel, simulate } from './simulation.js';

export interface Scene {
  readonly name: string;
  readonly sink: SinkModel;
  readonly load: Load;
}

export const ranges: TuningRanges = {
  targetLatencyMs: 50,
  flushSize: [100, 5000],
  flushIntervalMs: [10, 200],
};
/** Where the flow begins: the settings' defaults. */
export const begin: Settings = { flushSize: 1000, flushIntervalMs: 100 };
export const seconds = 60;

const fast: SinkModel = { fixedMs: 0.1, rowMs: 0.0005, noise: 0.2 };
const slow: SinkModel = { fixedMs: 15, rowMs: 0.01, noise: 0.3 };
const growing: SinkModel = { fixedMs: 1, rowMs: 0.002, noise: 0.1, growth: 0.002 };

/** More than any of the sinks takes. */
const all: Load = { perMs: 5000 };

export const scenes: readonly Scene[] = [
  { name: 'fast sink, all that it takes', sink: fast, load: all },
  { name: 'fast sink, 60,000 rows/s', sink: fast, load: { perMs: 60 } },
  {
    name: 'fast sink, bursts of 4000',
    sink: fast,
    load: { perMs: 0.6, burst: { rows: 4000, everyMs: 200 } },
  },
  { name: 'slow sink, all that it takes', sink: slow, load: all },
  { name: 'slow sink, 8000 rows/s', sink: slow, load: { perMs: 8 } },
  {
    name: 'slow sink, bursts of 1000',
    sink: slow,
    load: { perMs: 0.6, burst: { rows: 1000, everyMs: 200 } },
  },
  { name: 'sink that large batches slow down, all', sink: growing, load: all },
  { name: 'sink that large batches slow down, 60,000 rows/s', sink: growing, load: { perMs: 60 } },
];

const sizes = [100, 200, 400, 700, 1000, 2000, 3500, 5000];
const intervals = [10, 20, 40, 80, 150, 200];

export interface Fixed {
  /** The most rows a second that any fixed settings come to. */
  readonly rowsPerSecond: number;
  /** The least 95th percentile of a row's time. */
  readonly p95Ms: number;
}

/** The best of all fixed settings, each measure by itself. */
export function bestFixed({ sink, load }: Scene, seed: number, of = { sizes, intervals }): Fixed {
  const outcomes = of.sizes.flatMap((flushSize) =>
    of.intervals.map((flushIntervalMs) =>
      simulate(sink, load, { flushSize, flushIntervalMs }, undefined, { seconds: 10, seed }),
    ),
  );
  return {
    rowsPerSecond: Math.max(...outcomes.map(({ rowsPerSecond }) => rowsPerSecond)),
    p95Ms: Math.min(...outcomes.map(({ p95Ms }) => p95Ms)),
  };
}

export function tuned({ sink, load }: Scene, seed: number): Outcome {
  return simulate(sink, load, begin, ranges, { seconds, seed });
}

/** How often a setting moved in the second half, and how often of these the other way than before. */
export function movesOf(name: keyof Settings, { steps }: Outcome): { moves: number; turns: number } {
  const late = steps.filter(({ atMs }) => atMs > (seconds * 1000) / 2).map((step) => step[name]);
  const moves = late
    .slice(1)
    .map((value, i) => Math.sign(value - (late[i] as number)))
    .filter((sign) => sign !== 0);
  return { moves: moves.length, turns: moves.slice(1).filter((sign, i) => sign !== moves[i]).length };
}
