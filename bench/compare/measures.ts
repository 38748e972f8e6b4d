/**
 * The measures that a comparison may take: pushes without a handler, flows with batches of 1000 and of 100, and a flow
 * into SQLite.
 */
import { existsSync } from 'node:fs';
import type { Measurement } from '../harness/measuring.js';
import type { LimitTask } from '../limits/measure.js';
import type { WayTask } from '../ways/measure-way.js';

export interface Measure {
  /** The name on the command line; variants share one. */
  readonly name: string;
  readonly label: string;
  /**
   * The module that measures, in the folder of a build's benches: the first of these that is there. A revision with
   * benches of its own may have it in another place.
   */
  readonly modules: readonly string[];
  /** The module's task, which benches of all revisions understand. */
  readonly task: object;
  /** The figures to compare; less is better in all of them. */
  readonly figures: readonly string[];
}

const peers = ['peers/measure.js'];
/** Before `bench/sqlite` had a module that measures, that of the peers knew its ways. */
const sqlite = ['sqlite/measure.js', ...peers];

/** @param ms the duration of a measurement, and of the warm-up before it. */
export function allMeasures(ms: number): Measure[] {
  return [
    ...(['push', 'pushMany', 'pushColumns'] as const).flatMap((way) => [
      push(way, 'numbers', ms),
      push(way, 'request', ms),
    ]),
    ...['ours-rows', 'ours-columns', 'ours-any'].map((way) => flow(way, way, peers, 1000, ms)),
    ...['ours-rows', 'ours-columns'].map((way) => flow(`${way}-100`, way, peers, 100, ms)),
    flow('sqlite-ours', 'sqlite-ours', sqlite, 1000, ms),
  ];
}

function push(way: 'push' | 'pushMany' | 'pushColumns', events: 'numbers' | 'request', ms: number): Measure {
  return {
    name: way,
    label: `${way}, ${events}`,
    modules: ['limits/measure.js'],
    task: { way, events, ms } satisfies LimitTask,
    // The mean has garbage collection in it; the chunk in the middle has least of what others do on the machine.
    figures: ['nsPerEvent', 'typicalNsPerEvent'],
  };
}

function flow(name: string, way: string, modules: readonly string[], batch: number, ms: number): Measure {
  return {
    name,
    label: name,
    modules,
    task: { way, batch, producers: 1, intervalMs: 100, inFlight: 8, ms } satisfies WayTask,
    figures: ['nsPerEvent', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent'],
  };
}

/**
 * A measure as a measurement of one build.
 *
 * @param benches the folder of the build's benches.
 * @throws Error when the build has no module for it.
 */
export function measurementOf({ name, modules, task }: Measure, benches: URL): Measurement {
  const module = modules.map((path) => new URL(path, benches)).find((url) => existsSync(url));
  if (module === undefined) throw new Error(`${name}: ${benches.pathname} has no ${modules.join(' or ')}`);
  return { module, task };
}
