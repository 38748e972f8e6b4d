/**
 * `npm run bench:sqlite`: rows a second into SQLite, and the cost for the main thread.
 */
import { readOptions } from '../harness/options.js';
import { runSuite } from '../harness/run.js';
import type { WayTask } from '../ways/measure-way.js';
import { sqliteWays } from './ways.js';

const settings = { batch: 1000, intervalMs: 100, inFlight: 8, producers: 1 } as const;
const options = readOptions(
  'bench:sqlite',
  { repeats: 7, ms: 2000, quickMs: 300 },
  { ways: sqliteWays.map(({ name }) => name) },
);

await runSuite(
  {
    suite: 'sqlite',
    settings: { ...settings, journalMode: 'wal', synchronous: 'normal' },
    cases: sqliteWays
      .filter(({ name }) => options.chosen.ways.includes(name))
      .map(({ name, label, own }) => ({
        key: { name, label, own: own === true, group: `full speed, batch ${settings.batch}` },
        module: new URL('./measure.js', import.meta.url),
        task: { way: name, ...settings, ms: options.ms } satisfies WayTask,
      })),
    notApplicable: [],
    print: ['eventsPerSecond', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'loopDelayP99Ms'],
  },
  options,
);
