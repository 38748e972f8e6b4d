/**
 * What `bench:hosts` measures, and the costs of the simulation that come of it.
 */
import type { Case } from '../harness/measuring.js';
import type { Report, Result } from '../harness/report/report.js';
import type { ResultKey } from '../harness/run.js';
import type { HostsTask } from './measure.js';
import type { Costs } from './model.js';
import type { WorkersTask } from './workers.js';

export const rows = 1000;
/** From one machine to another and back: an assumption, as all is measured on one. */
const roundTripMs = 0.5;
export const slowSinkMs = 50;

function measured(
  name: string,
  label: string,
  group: string,
  own: boolean,
  task: HostsTask,
): Case<ResultKey> {
  return { key: { name, label, group, own }, module: new URL('./measure.js', import.meta.url), task };
}

const steps = `one step, messages of ${rows} rows`;
const waiting = `workers, three replicas, a sink that waits ${slowSinkMs} ms`;
const ordering = 'one worker, three replicas, a sink that waits 5 ms';

/** @param ms of one measurement. */
export function casesOf(ms: number): Case<ResultKey>[] {
  const leader = (step: 'publish' | 'deliver', replicas: 1 | 3, underWay: number) => {
    const what = step === 'publish' ? `publish, ${underWay} under way` : 'take and acknowledge';
    const label = `${what}, ${replicas === 1 ? 'one replica' : 'three replicas'}`;
    const name = `${step}-${replicas}${underWay === 1 ? '-alone' : ''}`;
    return measured(name, label, steps, false, { step, replicas, rows, underWay, ms });
  };
  const workers = (name: string, label: string, group: string, task: Omit<WorkersTask, 'step' | 'rows'>) =>
    measured(name, label, group, true, { step: 'workers', rows, ...task });
  const unordered = { ordered: false, partitions: 16, ahead: false } as const;
  const slow = { ...unordered, waitMs: slowSinkMs, messages: Math.ceil(ms / 12) };
  const quick = { workers: 1, waitMs: 5, messages: Math.ceil(ms / 6), ahead: true } as const;
  return [
    leader('publish', 1, 8),
    leader('publish', 3, 8),
    leader('publish', 3, 1),
    leader('deliver', 1, 8),
    leader('deliver', 3, 8),
    measured('commit', 'commit in PostgreSQL, by identity', steps, true, { step: 'commit', rows, ms }),
    workers('worker', 'a worker whose sink only counts', steps, {
      ...{ ...unordered, workers: 1, waitMs: 0, messages: Math.ceil(ms / 3), ahead: true },
    }),
    workers('workers-1', 'one worker', waiting, { ...slow, workers: 1 }),
    workers('workers-2', 'two workers', waiting, { ...slow, workers: 2 }),
    workers('order-none', 'no order', ordering, { ...quick, ordered: false, partitions: 16 }),
    workers('order-1', 'in order, one partition', ordering, { ...quick, ordered: true, partitions: 1 }),
    workers('order-16', 'in order, 16 partitions', ordering, { ...quick, ordered: true, partitions: 16 }),
  ];
}

/** A figure's median. @throws Error where it was not measured. */
export function medianOf(results: readonly Result[], name: string, figure: string): number {
  const median = results.find((result) => result.name === name)?.figures[figure]?.median;
  if (median === undefined) throw new Error(`${name} was not measured`);
  return median;
}

/** The costs of the simulation. */
export function costsOf({ results }: Report): Costs & { readonly commitMs: number } {
  return {
    publishMs: medianOf(results, 'publish-3', 'messageMs'),
    deliverMs: medianOf(results, 'deliver-3', 'messageMs'),
    unpackMs: (1000 * rows) / medianOf(results, 'worker', 'eventsPerSecond'),
    commitMs: medianOf(results, 'commit', 'messageMs'),
    roundTripMs,
  };
}
