/**
 * `npm run bench:shards`: rows a second through a sink that takes CPU for each, over shards and over flushers of one
 * ring, in turns; and what it costs a producer alone to spread rows by their keys, one by one and as columns.
 */
import { readOptions } from '../harness/options.js';
import type { Result } from '../harness/report/report.js';
import { repeated } from '../harness/report/statistics.js';
import { runSuite } from '../harness/run.js';
import type { LimitTask } from '../limits/measure.js';
import type { ShardsTask } from './measure.js';

const common = { batch: 1000, inFlight: 64 } as const;
const key = 'message';

const ways: Record<string, { label: string; settings: ShardsTask['settings'] }> = {
  'flushers-1': { label: '1 flusher', settings: { flushers: 1 } },
  'flushers-2': { label: '2 flushers', settings: { flushers: 2 } },
  'flushers-4': { label: '4 flushers', settings: { flushers: 4 } },
  'hash-1': { label: '1 shard, by hash', settings: { sharding: { shards: 1, key } } },
  'hash-2': { label: '2 shards, by hash', settings: { sharding: { shards: 2, key } } },
  'hash-4': { label: '4 shards, by hash', settings: { sharding: { shards: 4, key } } },
  'turns-2': { label: '2 shards, round-robin', settings: { sharding: { shards: 2, by: 'round-robin' } } },
  'least-2': { label: '2 shards, least-loaded', settings: { sharding: { shards: 2, by: 'least-loaded' } } },
};

const groups = [
  { name: 'burn', hashes: 2, title: 'hashes each text twice' },
  { name: 'count', hashes: 0, title: 'reads each text' },
];

const producing = 'produce';
const producers = (['push', 'pushMany', 'pushColumns'] as const).flatMap((way) => [
  { name: `${way}-1`, label: `${way}, one ring`, task: { way } },
  ...[2, 4].map((shards) => ({
    name: `${way}-${shards}`,
    label: `${way}, ${shards} shards by hash`,
    task: { way, sharding: { shards, key } },
  })),
]);

const options = readOptions(
  'bench:shards',
  { repeats: 5, ms: 800, quickMs: 200 },
  {
    ways: [...Object.keys(ways), ...producers.map(({ name }) => name)],
    groups: [...groups.map(({ name }) => name), producing],
  },
);

/** A producer alone, into rings that are emptied between calls. */
const producerCases = producers
  .filter(({ name }) => options.chosen.groups.includes(producing) && options.chosen.ways.includes(name))
  .map(({ name, label, task }) => ({
    key: { name, label, own: true, group: `a producer alone, calls of ${common.batch} rows` },
    module: new URL('../limits/measure.js', import.meta.url),
    task: { ...task, events: 'request', rows: common.batch, ms: options.ms } satisfies LimitTask,
  }));

/** Add the ratio of each repeat to one flusher's of the same repeat: both were measured close in time. */
function withRatios(results: readonly Result[]): Result[] {
  return results.map((result) => {
    const one = results.find(({ name, group }) => name === 'flushers-1' && group === result.group);
    const base = one?.figures.eventsPerSecond;
    const { eventsPerSecond } = result.figures;
    if (base === undefined || eventsPerSecond === undefined) return result;
    const timesOneFlusher = repeated(eventsPerSecond.all.map((rate, i) => rate / (base.all[i] as number)));
    return { ...result, figures: { ...result.figures, timesOneFlusher } };
  });
}

await runSuite(
  {
    suite: 'shards',
    settings: common,
    cases: [
      ...groups
        .filter(({ name }) => options.chosen.groups.includes(name))
        .flatMap(({ hashes, title }) =>
          Object.entries(ways)
            .filter(([name]) => options.chosen.ways.includes(name))
            .map(([name, { label, settings }]) => ({
              key: { name, label, own: true, group: `a sink that ${title}, batch ${common.batch}` },
              module: new URL('./measure.js', import.meta.url),
              task: { settings, hashes, ...common, ms: options.ms } satisfies ShardsTask,
            })),
        ),
      ...producerCases,
    ],
    notApplicable: [],
    derive: withRatios,
    print: ['eventsPerSecond', 'timesOneFlusher', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'nsPerEvent'],
  },
  options,
);
