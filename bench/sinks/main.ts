/**
 * `npm run bench:sinks`: rows a second into targets that are no SQL databases, and the cost for the main thread. It
 * starts servers, which save nothing to disk; it needs Debian's redis-server, or REDIS_SERVER.
 */
import { readOptions } from '../harness/options.js';
import { runSuite } from '../harness/run.js';
import type { WayTask } from '../ways/measure-way.js';
import type { Way } from '../ways/way.js';
import { redisVariable } from './redis-rows.js';
import { LocalRedis } from './redis-server.js';
import { redisWays } from './redis-ways.js';

/** What is measured together. */
interface Group {
  readonly title: string;
  readonly ways: readonly Way[];
  /** The variable by which processes of measurements find the server. */
  readonly variable: string;
  /** Starts the server, one for all groups that name it. */
  readonly server: () => Promise<{ readonly url: string; remove(): Promise<void> }>;
}

const settings = { intervalMs: 100, inFlight: 8, producers: 1 } as const;
const batches = [1000, 5000];
const redis = { variable: redisVariable, server: () => LocalRedis.start() };
const redisOf = (kind: string) => redisWays.filter(({ name }) => name.endsWith(`-${kind}`));

/** By the name that the command line has for it. */
const groups: Readonly<Record<string, Group>> = {
  stream: { title: 'Redis, entries of a stream', ways: redisOf('stream'), ...redis },
  hash: { title: 'Redis, a hash a row', ways: redisOf('hash'), ...redis },
};

const options = readOptions(
  'bench:sinks',
  { repeats: 7, ms: 2000, quickMs: 300 },
  { targets: Object.keys(groups), batches: batches.map(String) },
);
const chosen = Object.entries(groups).filter(([key]) => options.chosen.targets.includes(key));

const servers = new Map<string, { remove(): Promise<void> }>();
try {
  for (const [, { variable, server }] of chosen) {
    if (servers.has(variable)) continue;
    const started = await server();
    servers.set(variable, started);
    process.env[variable] = started.url;
  }
  await runSuite(
    {
      suite: 'sinks',
      settings: { ...settings, server: 'on the same machine, nothing saved to disk' },
      cases: chosen.flatMap(([, { title, ways }]) =>
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
  for (const server of servers.values()) await server.remove();
}
