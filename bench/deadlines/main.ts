/**
 * `npm run bench:deadlines`: the lateness of deadline flushes while the main thread is blocked for 90 % of the time,
 * and the cost of an idle flow. For PostgreSQL a server is started, which needs Debian's postgresql, or POSTGRES_BIN.
 */
import { readOptions } from '../harness/options.js';
import { runSuite } from '../harness/run.js';
import { LocalPostgres, postgresPrograms } from '../sql/postgres-server.js';
import { urlVariable } from '../sql/requests-table.js';
import type { IdleTask } from './idle.js';
import { type DeadlineTask, deadlineWays } from './measure.js';
import { postgresWays } from './postgres-ways.js';

const settings = { sliceMs: 500, blockedMs: 450, everyMs: 5, intervalMs: 20 };
const options = readOptions(
  'bench:deadlines',
  { repeats: 7, ms: 20_000, quickMs: 2000 },
  { ways: [...[...deadlineWays, ...postgresWays].map(({ name }) => name), 'idle'] },
);
const { blockedMs, sliceMs, intervalMs } = settings;
const group = `blocked ${blockedMs} of every ${sliceMs} ms, deadline after ${intervalMs} ms`;
const slices = Math.ceil(options.ms / sliceMs);
const idle = [
  { name: 'idle-process', label: 'Node.js, no flow', own: false, flushers: 0 },
  { name: 'idle-flow', label: 'a flow with 2 flushers', own: true, flushers: 2 },
].map(({ flushers, ...key }) => ({
  key: { ...key, group: 'idle' },
  module: new URL('./idle.js', import.meta.url),
  task: { flushers, ms: Math.min(options.ms, 5000) } satisfies IdleTask,
}));

const chosen = [...deadlineWays, ...postgresWays].filter(({ name }) => options.chosen.ways.includes(name));
const withServer = chosen.filter((way) => postgresWays.includes(way));
const server =
  withServer.length === 0 || postgresPrograms === undefined
    ? undefined
    : await LocalPostgres.start(['fsync = off', 'autovacuum = off']);
if (server !== undefined) process.env[urlVariable] = server.url;

await runSuite(
  {
    suite: 'deadlines',
    settings: { ...settings, slices },
    cases: [
      ...chosen
        .filter((way) => server !== undefined || !withServer.includes(way))
        .map(({ name, label, own }) => ({
          key: { name, label, own: own === true, group },
          module: new URL('./measure.js', import.meta.url),
          task: { way: name, ...settings, slices } satisfies DeadlineTask,
        })),
      ...(options.chosen.ways.includes('idle') ? idle : []),
    ],
    notApplicable:
      server === undefined
        ? withServer.map(({ label }) => ({ group, label, reason: 'there is no PostgreSQL here' }))
        : [],
    print: ['flushes', 'lateP50Ms', 'lateP99Ms', 'lateMaxMs', 'idleCpu'],
  },
  options,
).finally(() => server?.remove());
