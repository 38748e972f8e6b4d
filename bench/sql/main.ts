/**
 * `npm run bench:sql`: rows a second into PostgreSQL and MariaDB, and the cost for the main thread. Servers are started
 * for it, without fsync, so that the disk is not what is measured; it needs Debian's postgresql and mariadb-server, or
 * POSTGRES_BIN and MARIADB_BIN.
 */
import { readOptions } from '../harness/options.js';
import { runSuite } from '../harness/run.js';
import type { WayTask } from '../ways/measure-way.js';
import type { Way } from '../ways/way.js';
import { LocalMariadb } from './mariadb-server.js';
import { mariadbVariable } from './mariadb-table.js';
import { mariadbWays } from './mariadb-ways.js';
import { LocalPostgres } from './postgres-server.js';
import { urlVariable } from './requests-table.js';
import { postgresWays } from './ways.js';

type Measured = Pick<Way, 'name' | 'label' | 'own'>;

const settings = { intervalMs: 100, inFlight: 8, producers: 1, probesApart: true } as const;
const batches = [1000, 5000];
const floor = (name: string): Measured => ({
  name,
  label: 'the sink alone, encoding one ready batch anew',
  own: true,
});
const ofKey = (key: string) => postgresWays.filter(({ name }) => name.endsWith(`-${key}`));

/** What is measured together, by the name that the command line has for it. */
const groups: Readonly<Record<string, { readonly title: string; readonly ways: readonly Measured[] }>> = {
  none: {
    title: 'PostgreSQL, no key',
    ways: [...ofKey('none'), ...ofKey('pool').filter(({ own }) => own), floor('pg-floor')],
  },
  ignore: { title: 'PostgreSQL, a primary key, conflicts ignored', ways: ofKey('ignore') },
  update: { title: 'PostgreSQL, a primary key, conflicts update', ways: ofKey('update') },
  identity: {
    title: 'PostgreSQL, each row once by its identity',
    ways: [...ofKey('identity'), ...ofKey('none').filter(({ own }) => own)],
  },
  pool: { title: 'PostgreSQL, no key, two connections', ways: ofKey('pool') },
  mariadb: { title: 'MariaDB, a primary key', ways: [...mariadbWays, floor('mariadb-floor')] },
};

const options = readOptions(
  'bench:sql',
  { repeats: 7, ms: 2000, quickMs: 300 },
  { keys: Object.keys(groups), batches: batches.map(String) },
);
const { keys } = options.chosen;

const servers: { remove(): Promise<void> }[] = [];
try {
  if (keys.some((key) => key !== 'mariadb')) {
    const server = await LocalPostgres.start(['fsync = off', 'max_wal_size = 8GB', 'autovacuum = off']);
    servers.push(server);
    process.env[urlVariable] = server.url;
  }
  if (keys.includes('mariadb')) {
    const server = await LocalMariadb.start(['--innodb-log-file-size=1G', '--innodb-buffer-pool-size=1G']);
    servers.push(server);
    process.env[mariadbVariable] = server.url;
  }
  await runSuite(
    {
      suite: 'sql',
      settings: { ...settings, server: 'on the same machine, fsync off' },
      cases: Object.entries(groups)
        .filter(([key]) => keys.includes(key))
        .flatMap(([, { title, ways }]) =>
          options.chosen.batches.map(Number).flatMap((batch) =>
            ways.map(({ name, label, own }) => ({
              key: { name, label, own: own === true, group: `${title}, batch ${batch}` },
              module: new URL('./measure.js', import.meta.url),
              task: { way: name, batch, ...settings, ms: options.ms } satisfies WayTask,
            })),
          ),
        ),
      notApplicable: [],
      print: ['eventsPerSecond', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'loopDelayP99Ms'],
    },
    options,
  );
} finally {
  for (const server of servers) await server.remove();
}
