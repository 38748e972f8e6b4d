/**
 * `npm run bench:sql`: rows a second into PostgreSQL, and the cost for the main thread. The server is started for it,
 * without fsync, so that the disk is not what is measured; it needs Debian's postgresql or POSTGRES_BIN.
 */
import { readOptions } from '../harness/options.js';
import { runSuite } from '../harness/run.js';
import type { WayTask } from '../ways/measure-way.js';
import { floorName } from './floor.js';
import { LocalPostgres } from './postgres-server.js';
import { type Key, urlVariable } from './requests-table.js';
import { postgresWays } from './ways.js';

const settings = { intervalMs: 100, inFlight: 8, producers: 1 } as const;
const keys: Readonly<Record<Key, string>> = {
  none: 'no key',
  ignore: 'a primary key, conflicts ignored',
  update: 'a primary key, conflicts update',
};
const batches = [1000, 5000];

const floor = { name: floorName, label: 'the sink alone, one ready batch', own: true };
const chosenKeys = Object.keys(keys) as Key[];
const options = readOptions(
  'bench:sql',
  { repeats: 7, ms: 2000, quickMs: 300 },
  { keys: chosenKeys, batches: batches.map(String) },
);

const server = await LocalPostgres.start(['fsync = off', 'max_wal_size = 8GB', 'autovacuum = off']);
process.env[urlVariable] = server.url;
try {
  await runSuite(
    {
      suite: 'sql',
      settings: { ...settings, server: 'PostgreSQL, fsync off, on the same machine' },
      cases: chosenKeys
        .filter((key) => options.chosen.keys.includes(key))
        .flatMap((key) =>
          options.chosen.batches.map(Number).flatMap((batch) => {
            const ways = postgresWays.filter(({ name }) => name.endsWith(`-${key}`));
            return [...ways, ...(key === 'none' ? [floor] : [])].map(({ name, label, own }) => ({
              key: { name, label, own: own === true, group: `PostgreSQL, ${keys[key]}, batch ${batch}` },
              module: new URL('./measure.js', import.meta.url),
              task: { way: name, batch, ...settings, ms: options.ms } satisfies WayTask,
            }));
          }),
        ),
      notApplicable: [],
      print: ['eventsPerSecond', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'loopDelayP99Ms'],
    },
    options,
  );
} finally {
  await server.remove();
}
