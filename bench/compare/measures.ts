/**
 * The measures that a comparison may take: pushes without a handler, flows with batches of 1000 and of 100, and a flow
 * into SQLite.
 */
import { existsSync } from 'node:fs';
import type { Measurement } from '../harness/measuring.js';
import type { LimitTask } from '../limits/measure.js';
import type { WayTask } from '../ways/measure-way.js';

export interface Measure {
  /** Name on the command line, which variants share. */
  readonly name: string;
  /** Name in the output, of one variant. */
  readonly label: string;
  /**
   * The places of the module that measures, in the folder of a build's benches; the first that exists is taken. A
   * revision built with its own benches may have the module elsewhere.
   */
  readonly modules: readonly string[];
  /** Argument of the module's `measure`. Its form must stay as it is, since benches of older revisions read it. */
  readonly task: object;
  /** Figures to compare; less is better in all of them. */
  readonly figures: readonly string[];
}

const peers = ['peers/measure.js'];
/** In revisions before `sqlite/measure.js` the module of the peers measured SQLite, too. */
const sqlite = ['sqlite/measure.js', ...peers];

/**
 * All measures, in the order of the output.
 *
 * @param ms the duration of a measurement, and of the warm-up before it.
 */
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
    // The mean includes garbage collection; the median chunk includes least of the machine's other work.
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
 * The measurement of one build for a measure.
 *
 * @param benches the folder of the build's benches.
 * @throws Error when the build has no module for it.
 */
export function measurementOf({ name, modules, task }: Measure, benches: URL): Measurement {
  const module = modules.map((path) => new URL(path, benches)).find((url) => existsSync(url));
  if (module === undefined) throw new Error(`${name}: ${benches.pathname} has no ${modules.join(' or ')}`);
  return { module, task };
}
