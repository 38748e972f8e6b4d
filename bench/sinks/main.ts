/**
 * `npm run bench:sinks`: rows a second into targets that are no SQL databases, and the cost for the main thread; and
 * what a row costs the flusher to become the bytes of a request. It starts servers. Redis saves nothing to disk, and
 * JetStream keeps its stream in files. It needs Debian's redis-server and nats-server, or REDIS_SERVER and NATS_SERVER.
 */
import type { Case } from '../harness/measuring.js';
import { readOptions } from '../harness/options.js';
import { type ResultKey, runSuite } from '../harness/run.js';
import type { WayTask } from '../ways/measure-way.js';
import type { Way } from '../ways/way.js';
import { encodings } from './encoders.js';
import { oneServer, threeServers } from './jetstream-ways.js';
import type { EncoderTask } from './measure-encoder.js';
import { LocalNatsCluster } from './nats-cluster.js';
import { LocalNats } from './nats-server.js';
import { redisVariable } from './redis-rows.js';
import { LocalRedis } from './redis-server.js';
import { redisWays } from './redis-ways.js';

/** What is measured together into a server. */
interface Group {
  readonly title: string;
  readonly ways: readonly Way[];
  /** The variable by which processes of measurements find the server. */
  readonly variable: string;
  /** Starts the server, one for all groups that name it. */
  readonly server: () => Promise<{ readonly url: string; remove(): Promise<void> }>;
}

const settings = { intervalMs: 100, inFlight: 8, producers: 1 } as const;
const sizes = [1000, 5000];
const redis = { variable: redisVariable, server: () => LocalRedis.start() };
const redisOf = (kind: string) => redisWays.filter(({ name }) => name.endsWith(`-${kind}`));

/** By the name that the command line has for it. */
const groups: Readonly<Record<string, Group>> = {
  stream: { title: 'Redis, entries of a stream', ways: redisOf('stream'), ...redis },
  hash: { title: 'Redis, a hash a row', ways: redisOf('hash'), ...redis },
  jetstream: { title: 'JetStream, one server', ...oneServer, server: () => LocalNats.start() },
  cluster: {
    ...{ title: 'JetStream, three replicas on three servers', ...threeServers },
    server: () => LocalNatsCluster.start(),
  },
};

const options = readOptions(
  'bench:sinks',
  { repeats: 7, ms: 2000, quickMs: 300 },
  { targets: [...Object.keys(groups), ...Object.keys(encodings)], batches: sizes.map(String) },
);
const { targets } = options.chosen;
const batches = options.chosen.batches.map(Number);
const intoServers = Object.entries(groups).filter(([key]) => targets.includes(key));

const throughputs = intoServers.flatMap(([, { title, ways }]) =>
  batches.flatMap((batch) =>
    ways.map(
      ({ name, label, own }): Case<ResultKey> => ({
        key: { name, label, own: own === true, group: `${title}, batch ${batch}` },
        module: new URL('./measure.js', import.meta.url),
        task: { way: name, batch, ...settings, ms: options.ms } satisfies WayTask,
      }),
    ),
  ),
);

const encoders = Object.entries(encodings)
  .filter(([key]) => targets.includes(key))
  .flatMap(([encoding, { title, usual }]) =>
    batches.flatMap((batch) =>
      [false, true].map(
        (isOurs): Case<ResultKey> => ({
          key: {
            name: `${encoding}-${isOurs ? 'ours' : 'usual'}`,
            label: isOurs ? 'BatchFlow Threads, from columns' : usual,
            own: isOurs,
            group: `${title}, bytes of batches of ${batch}`,
          },
          module: new URL('./measure-encoder.js', import.meta.url),
          task: { encoding, isOurs, batch, ms: options.ms } satisfies EncoderTask,
        }),
      ),
    ),
  );

const servers = new Map<string, { remove(): Promise<void> }>();
try {
  for (const [, { variable, server }] of intoServers) {
    if (servers.has(variable)) continue;
    const started = await server();
    servers.set(variable, started);
    process.env[variable] = started.url;
  }
  await runSuite(
    {
      suite: 'sinks',
      settings: { ...settings, server: 'on the same machine' },
      cases: [...throughputs, ...encoders],
      notApplicable: [],
      print: ['eventsPerSecond', 'nsPerEvent', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'loopDelayP99Ms'],
    },
    options,
  );
} finally {
  for (const server of servers.values()) await server.remove();
}
