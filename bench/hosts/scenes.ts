/**
 * What is simulated: sinks, numbers of streams and of workers; and the lines that come of it.
 */
import { type Costs, type Settings, type SinkModel, times, usual } from './model.js';
import { type Fault, simulate } from './simulation.js';

export const workerCounts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;
export const streamCounts = [1, 4, 16] as const;

/** The share of what they can do that comes in, while lag and recovery are looked at. */
const load = 0.7;
const throughputMs = 10_000;
const faultMs = 10_000;
const recoveryMs = 60_000;

/** @param commitMs the time of a batch's commit that was measured. */
export function sinksOf(commitMs: number): SinkModel[] {
  const endless = 1024;
  return [
    { name: 'a database on each worker', waitMs: commitMs, databaseMs: 0, databaseLanes: endless },
    { name: 'a sink that waits 50 ms', waitMs: 50, databaseMs: 0, databaseLanes: endless },
    { name: 'the same, 1 M rows/s at most', waitMs: 50, databaseMs: 8, databaseLanes: 8 },
  ];
}

export interface Point {
  readonly workers: number;
  readonly eventsPerSecond: number;
  /** At 70 % of that: how much is not in the table, in seconds of what comes. */
  readonly lagSeconds: number;
  /** At 70 %: from the death of a worker, or of a stream's leader, until the lag is what it was. */
  readonly afterWorkerMs: number;
  readonly afterLeaderMs: number;
}

/** The line of a number of streams. */
export function sweep(costs: Costs, sink: SinkModel, streams: number, seed: number): Point[] {
  return workerCounts.map((workers) => {
    const settings: Settings = { ...usual, workers, streams };
    const plan = { costs, sink, settings, times, seed };
    const { eventsPerSecond } = simulate({ ...plan, endMs: throughputMs });
    const perSecond = load * eventsPerSecond;
    const after = (fault: Fault) =>
      simulate({ ...plan, perSecond, fault, faultMs, endMs: faultMs + recoveryMs });
    const worker = after('worker');
    return {
      ...{ workers, eventsPerSecond },
      lagSeconds: worker.usualLag / perSecond,
      afterWorkerMs: worker.recoveryMs,
      afterLeaderMs: after('leader').recoveryMs,
    };
  });
}

/** Events a second of some workers whose sink waits, from one stream. */
export function plain(costs: Costs, waitMs: number, workers: number, seed: number): number {
  const sink = { name: '', waitMs, databaseMs: 0, databaseLanes: 1 };
  const settings: Settings = { ...usual, workers, streams: 1 };
  return simulate({ costs, sink, settings, times, seed, endMs: throughputMs }).eventsPerSecond;
}

/** The least number of workers that comes to nine tenths of a line's most. */
export function limitOf(points: readonly Point[]): Point {
  const most = Math.max(...points.map(({ eventsPerSecond }) => eventsPerSecond));
  return points.find(({ eventsPerSecond }) => eventsPerSecond >= 0.9 * most) as Point;
}
